// The front end of 2019 to 2022: Polymer's paper elements, and every output in a frame.

import { cellClasses, connectLabel, editor, isConnecting, resourceText } from "./parts.js";
import { el } from "./tree.js";

export const allOutputInFrame = true;

export function toolbar(state, act) {
  const button = connectButton(state, act);
  const host = state.light_dom
    ? button
    : el("colab-connect-button", { shadow: [icon(state), button] });
  const renamed =
    state.control === "renamed" && el("colab-runtime-button", { shadow: [el("button", {}, "●")] });
  return el(
    "div",
    { id: "top-toolbar", class: "layout horizontal" },
    el("colab-toolbar-button", { id: "toolbar-add-code", command: "add-code" }, "+"),
    renamed || host,
  );
}

function icon(state) {
  return (
    state.connection === "connected" &&
    state.control === "present" &&
    el("iron-icon", { id: "connect-icon", class: "icon-okay", icon: "done" })
  );
}

function connectButton(state, act) {
  const bare = state.control === "bare";
  const connected = state.connection === "connected";
  return el(
    "colab-toolbar-button",
    {
      id: "connect",
      tooltiptext: bare ? null : tooltipText(state),
      disabled: !bare && isConnecting(state),
      on: { click: () => bare || isConnecting(state) || act("connect") },
      shadow: [
        el("paper-button", { id: "button", disabled: !bare && isConnecting(state) }, el("slot")),
      ],
    },
    bare ? null : connectLabel(state),
    !bare &&
      connected &&
      el(
        "div",
        { id: "connect-button-resource-display" },
        el("div", { class: "ram" }, state.texts.ram),
        el("div", { class: "disk" }, state.texts.disk),
      ),
  );
}

function tooltipText(state) {
  if (state.connection === "connected") {
    return resourceText(state);
  }
  return isConnecting(state) ? "" : state.texts.connect_tooltip;
}

export function cell(state, one, output, act) {
  const { texts } = state;
  const running = one.state === "running" && state.control !== "bare";
  const title =
    { running: texts.executing_title, pending: texts.queued_title }[one.state] ?? texts.run_cell;
  const status = ["cell-execution", running && "animating", one.state === "failed" && "error"];
  return el(
    "div",
    { id: `cell-${one.id}`, class: cellClasses(state, one, output) },
    el(
      "div",
      { class: "codecell-input-output" },
      el(
        "div",
        { class: "inputarea horizontal layout code" },
        el("colab-run-button", {
          title,
          on: { click: () => act("run", { index: one.index }) },
          shadow: [
            el(
              "div",
              { class: status.filter(Boolean).join(" ") },
              el("div", { id: "run-button" }, `[${running ? "*" : (one.count ?? " ")}]`),
            ),
          ],
        }),
        editor(one),
      ),
      el(
        "div",
        { class: "output" },
        el("div", { class: "output-header" }),
        el(
          "div",
          { class: "output-content", hidden: output.empty },
          el("div", { class: "output-info" }, !output.empty && clearIcon(texts, one, running, act)),
          el(
            "div",
            { class: "output-iframe-container" },
            el("div", { class: "output-iframe-sizer" }, output.nodes()),
          ),
        ),
      ),
    ),
  );
}

function clearIcon(texts, one, running, act) {
  const title = `${texts.clear_output}\n${running ? texts.executing_title : texts.executed_title}`;
  return el(
    "div",
    {
      class: `output-icon clear_outputs_enabled${running ? " output-icon-selected" : ""}`,
      title,
    },
    el("iron-icon", {
      command: "clear-focused-or-selected-outputs",
      icon: "clear",
      on: { click: () => act("clear", { index: one.index }) },
    }),
  );
}

export function statusBar(state) {
  const bare = state.control === "bare";
  return el("colab-status-bar", {
    shadow: [el("div", { class: "connect-status" }, bare ? null : statusText(state))],
  });
}

function statusText({ cells, connection, texts }) {
  if (cells.some((one) => one.state === "running")) {
    return texts.executing;
  }
  if (cells.some((one) => one.state === "pending") && connection === "connected") {
    return texts.waiting;
  }
  return (
    { connecting: texts.connecting_to, connected: texts.connected }[connection] ??
    connectLabel({ connection, texts })
  );
}

/** A dialog stands in the page only while it is open. */
export function dialog(view) {
  if (view.kind === "sessions") {
    return el("colab-sessions-dialog", {
      born: view.born,
      shadow: [
        el("h2", {}, view.title),
        el("paper-button", { class: "terminate-others", on: { click: view.press("ok") } }, view.ok),
        el("paper-button", { class: "dismiss", on: { click: view.press("cancel") } }, view.cancel),
      ],
    });
  }
  if (view.kind === "captcha") {
    return el("colab-recaptcha-dialog", {
      born: view.born,
      shadow: [
        el("div", {}, view.body),
        el("div", { id: "recaptcha" }),
        el("paper-button", { id: "cancel", on: { click: view.press("cancel") } }, view.cancel),
      ],
    });
  }
  return el(
    "colab-dialog",
    { id: view.key, class: view.classes, born: view.born },
    el("h2", { class: "title" }, view.title),
    el("div", { class: "content-area" }, view.body),
    el(
      "div",
      { class: "buttons" },
      view.cancel &&
        el("paper-button", { id: "cancel", on: { click: view.press("cancel") } }, view.cancel),
      view.ok && el("paper-button", { id: "ok", on: { click: view.press("ok") } }, view.ok),
    ),
  );
}

/** A click on the connect control of a connected page opens the list of sessions. */
export function panel(state, act) {
  return el("colab-sessions-dialog", {
    shadow: [
      el("h2", {}, state.texts.sessions_title),
      el(
        "paper-button",
        { class: "dismiss", on: { click: () => act("panel", { open: false }) } },
        state.texts.close,
      ),
    ],
  });
}
