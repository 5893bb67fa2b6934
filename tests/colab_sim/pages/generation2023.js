// The front end of 2023 to 2024: Material Web Components, plain text in the page itself.

import { materialDialog, resourcePanel } from "./material.js";
import { cellClasses, connectLabel, editor, isConnecting, resourceText, tooltip } from "./parts.js";
import { el } from "./tree.js";

export const allOutputInFrame = false;

export function toolbar(state, act) {
  const host =
    state.control === "renamed"
      ? el("colab-runtime-button", { shadow: [el("button", {}, "●")] })
      : el("colab-connect-button", { shadow: [okIcon(state), connectButton(state, act)] });
  return el(
    "div",
    { id: "top-toolbar", class: "layout horizontal" },
    el("colab-toolbar-button", { id: "toolbar-add-code", command: "add-code" }, "+"),
    host,
  );
}

function okIcon(state) {
  return (
    state.connection === "connected" &&
    state.control === "present" &&
    el("mwc-icon-button", { id: "connect-icon", class: "icon-okay", icon: "done" })
  );
}

function connectButton(state, act) {
  const bare = state.control === "bare";
  const dead = !bare && isConnecting(state);
  return el(
    "colab-toolbar-button",
    {
      id: "connect",
      tooltiptext: bare ? null : tooltipText(state),
      disabled: dead,
      on: { click: () => bare || isConnecting(state) || act("connect") },
      shadow: [
        el(
          "mwc-button",
          { id: "button", disabled: dead, shadow: [el("button", { id: "button" }, el("slot"))] },
          el("slot"),
        ),
      ],
    },
    bare ? null : connectLabel(state),
    !bare &&
      state.connection === "connected" &&
      el(
        "div",
        { id: "connect-button-resource-display" },
        el("div", { class: "ram" }, el("canvas")),
        el("div", { class: "disks" }, el("canvas")),
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
  const classes = [
    "cell-execution",
    running && "running",
    running && "animating",
    one.state === "pending" && "pending",
    one.state === "failed" && "error",
    one.stale && "stale",
  ];
  return el(
    "div",
    { id: `cell-${one.id}`, class: cellClasses(state, one, output) },
    el(
      "div",
      { class: "main-content" },
      el(
        "div",
        { class: "codecell-input-output" },
        el(
          "div",
          { class: "inputarea horizontal layout code" },
          el(
            "div",
            { class: "cell-gutter" },
            el(
              "div",
              { class: "cell-execution-container" },
              el("colab-run-button", {
                title,
                on: { click: () => act("run", { index: one.index }) },
                shadow: [
                  el(
                    "div",
                    { class: classes.filter(Boolean).join(" ") },
                    el(
                      "div",
                      { id: "run-button" },
                      el("span", { class: "execution-count" }, `[${one.count ?? " "}]`),
                    ),
                    one.state === "ok" && el("div", { id: "status", class: "last-run" }),
                  ),
                ],
              }),
            ),
          ),
          editor(one),
        ),
        el(
          "div",
          { class: "output" },
          el("div", { class: "output-header" }),
          el(
            "div",
            { class: "output-content", hidden: output.empty },
            el(
              "div",
              { class: "output-info" },
              el("colab-output-info", {
                shadow: [
                  // The first button clears, in one click and also while the cell runs.
                  el("mwc-icon-button", {
                    icon: "clear",
                    title: texts.clear_output,
                    on: { click: () => act("clear", { index: one.index }) },
                  }),
                  tooltip("output-info-tooltip", "output-info", texts.clear_output),
                ],
              }),
            ),
            el(
              "div",
              { class: "output-iframe-container" },
              el("div", { class: "output-iframe-sizer" }, output.nodes()),
            ),
          ),
        ),
      ),
    ),
  );
}

export function statusBar(state) {
  const running = state.cells.some((one) => one.state === "running");
  const waiting =
    state.connection === "connected" && state.cells.some((one) => one.state === "pending");
  const text =
    (running && state.texts.executing) ||
    (waiting && state.texts.waiting) ||
    { connecting: state.texts.connecting_to, connected: state.texts.connected }[state.connection] ||
    connectLabel(state);
  return el("colab-status-bar", {
    shadow: [el("div", { class: "connect-status" }, state.control === "bare" ? null : text)],
  });
}

export function dialog(view) {
  return materialDialog(view, "mwc-dialog", "mwc-button");
}

export function panel(state, act) {
  return resourcePanel(state, act, "mwc-icon-button");
}
