// What the front ends of 2023 and 2025 share: mwc dialogs, whose buttons changed family, and the
// side panel with the resources. `button` is the tag of a dialog's buttons.

import { el } from "./tree.js";

/** The host stands in the body with [open]; title in its shadow root, body and buttons in its light. */
export function materialDialog(view, host, button) {
  if (view.kind === "captcha") {
    // The front end went back to mwc-button here when the other dialogs had left it.
    return el("colab-recaptcha-dialog", {
      born: view.born,
      shadow: [
        shell(view, "mwc-dialog", "mwc-button", [el("div", { id: "recaptcha" }, view.body)]),
      ],
    });
  }
  const content = view.kind === "sessions" ? sessionList(view, button) : el("div", {}, view.body);
  return shell(view, host, button, [content]);
}

function shell(view, host, button, content) {
  const press = (slot, action, label) =>
    label &&
    el(
      button,
      {
        slot,
        dialogaction: action,
        on: { click: view.press(action) },
        shadow: [el("button", { id: "button", class: "button" }, el("slot"))],
      },
      label,
    );
  return el(
    host,
    {
      id: view.kind === "sessions" ? "sessions-dialog" : view.key,
      class: view.classes,
      heading: view.title,
      open: true,
      born: view.born,
      shadow: [
        el(
          "div",
          {
            class: "mdc-dialog mdc-dialog--open",
            style: "position: fixed; top: 20%; background: #fff;",
          },
          el("h2", { id: "title", class: "mdc-dialog__title" }, view.title),
          el("div", { id: "content" }, el("slot")),
          el(
            "footer",
            { id: "actions" },
            el("slot", { name: "secondaryAction" }),
            el("slot", { name: "primaryAction" }),
          ),
        ),
      ],
    },
    content,
    press("secondaryAction", "cancel", view.cancel),
    press("primaryAction", "ok", view.kind === "sessions" ? null : view.ok),
  );
}

function sessionList(view, button) {
  const row = (title, current) =>
    el(
      "colab-session",
      { id: `row-${title}`, class: "dialog-table-row", iscurrentsession: current },
      title,
    );
  return el(
    "colab-sessions-dialog",
    { shadow: [el("slot")] },
    row(view.notebook, true),
    row("Untitled1.ipynb", false),
    el(button, { class: "terminate-others", on: { click: view.press("ok") } }, view.ok),
  );
}

/** A click on the connect control of a connected page opens this. */
export function resourcePanel(state, act, button) {
  return el(
    "div",
    { id: "resource-panel", class: "side-panel" },
    el("colab-usage-display", {
      shadow: [el("div", {}, state.texts.ram), el("div", {}, state.texts.disk)],
    }),
    el(
      button,
      {
        class: "close",
        title: state.texts.close,
        on: { click: () => act("panel", { open: false }) },
      },
      "close",
    ),
  );
}
