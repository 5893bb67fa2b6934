// What the three front ends share: labels, toasts, and the look-alikes of every ordinary page.

import { el } from "./tree.js";

/** A tooltip element as Colab puts beside its buttons. */
export function tooltip(id, target, message) {
  return el("colab-tooltip-trigger", {
    id,
    for: target,
    message,
    "aria-hidden": "true",
    shadow: [el("div", {}, message)],
  });
}

/** `RAM` and `Disk` as the connect button's tooltip spells them. */
export function resourceText({ texts, resources }) {
  const pair = ([used, total]) => {
    const [a, b] = [used, total].map((n) => n.toFixed(2).replace(".", texts.decimal));
    return `${a} GB/${b} GB`;
  };
  return texts.connected_to
    .replace(
      "{backend}",
      texts.backend + (resources.accelerator ? ` (${resources.accelerator})` : ""),
    )
    .replace("{ram}", pair(resources.ram))
    .replace("{disk}", pair(resources.disk));
}

/** Whether the page shows one of the states in which the connect button is dead. */
export function isConnecting({ connection }) {
  return ["connecting", "allocating", "initializing"].includes(connection);
}

/** The label of the connect button, empty while connected. */
export function connectLabel({ connection, texts }) {
  const keys = { no_runtime: "connect", connected: null, reconnect: "reconnect" };
  const key = connection in keys ? keys[connection] : connection;
  return key && texts[key];
}

/** The two toast areas at the start of the body; an empty `labeltext` is a toast not shown. */
export function snackbars({ snackbars: shown, texts }, act) {
  return ["message-area", "message-area-secondary"].map((id, slot) => {
    const kind = shown[slot] ?? null;
    const text = kind ? texts[`snackbar_${kind}`] : "";
    return el(
      "colab-snackbar",
      {
        id,
        class: "message-area",
        leading: true,
        labeltext: text,
        shadow: [
          el(
            "div",
            { class: `mdc-snackbar${kind ? " mdc-snackbar--open" : ""}` },
            el(
              "div",
              { class: "mdc-snackbar__surface" },
              text,
              el("div", {}, el("slot", { name: "dismiss" })),
            ),
          ),
        ],
      },
      el(
        "md-icon-button",
        {
          class: "close",
          slot: "dismiss",
          title: texts.close,
          on: { click: () => act("snackbar_closed", { slot }) },
        },
        el("md-icon", { "aria-hidden": "true" }, "close"),
      ),
    );
  });
}

/** A text cell; with a heading it holds a hidden run button of its own. */
export function textCell(title) {
  return el(
    "div",
    { class: "cell text notebook-cell", id: "cell-text" },
    el("colab-run-button", {
      class: "text-cell-run",
      shadow: [el("div", { class: "cell-execution" }, el("button", { id: "run-button" }))],
    }),
    el("div", { class: "markdown" }, el("h1", {}, title)),
  );
}

/** Look-alikes of dialogs that are part of every ordinary page. */
export function lookAlikes() {
  return [
    el("dialog", { class: "doc-comments-area" }),
    el(
      "div",
      { id: "recaptcha-corner" },
      el(
        "div",
        {
          class: "grecaptcha-badge",
          "data-style": "none",
          style: "visibility: hidden; position: fixed;",
        },
        el("iframe", { title: "reCAPTCHA", role: "presentation" }),
      ),
    ),
  ];
}

/** The editor of a cell, as far as anyone looks at it. */
export function editor(cell) {
  return el(
    "div",
    { class: "editor flex lazy-editor" },
    el(
      "div",
      { class: "editor flex monaco", "data-mode-id": "notebook-python" },
      el("pre", { class: "source" }, cell.source),
    ),
  );
}

/** The classes that every generation gives to a code cell. */
export function cellClasses(state, cell, output, ...more) {
  const shown = state.control !== "bare" && ["running", "pending"].includes(cell.state);
  return [
    "cell",
    "code",
    ...more,
    shown && cell.state,
    !output.empty && "code-has-output",
    cell.index === 0 && "focused",
  ]
    .filter(Boolean)
    .join(" ");
}
