// What the three front ends share: menus, toasts, and the look-alikes of every ordinary page.

import { el } from "./tree.js";

/** A tooltip element as Colab puts beside its buttons. */
export function tooltip(id, target, message) {
  return el("colab-tooltip-trigger", {
    id, for: target, message, "aria-hidden": "true", shadow: [el("div", {}, message)],
  });
}

/** `RAM` and `Disk` as the connect button's tooltip spells them. */
export function resourceText({ texts, resources }) {
  const pair = ([used, total]) => {
    const [a, b] = [used, total].map((n) => n.toFixed(2).replace(".", texts.decimal));
    return `${a} GB/${b} GB`;
  };
  return texts.connected_to
    .replace("{backend}", texts.backend + (resources.accelerator ? ` (${resources.accelerator})` : ""))
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

const MENUS = {
  file: ["new-notebook", "save"],
  edit: ["undo", "redo", "clear-outputs"],
  view: ["toggle-output", "show-executedcode"],
  runtime: [
    "runall", "runbefore", "runfocused", "runselected", "runafter", "interrupt", "restart",
    "restart-and-run-all", "powerwash-current-vm", "change-runtime-type", "manage-sessions",
    "open-resource-viewer", "view-runtime-logs",
  ],
  help: ["view-in-english"],
};

/** The bar of buttons that open the menus, and the menus themselves at the end of the body. */
export class Menus {
  #act;
  #redraw;
  #open = null;
  #pressed = null;

  constructor(act, redraw) {
    this.#act = act;
    this.#redraw = redraw;
    document.addEventListener("mousedown", (event) => {
      const inside = event.composedPath().some(
        (node) => node.classList?.contains("goog-menu") || node.classList?.contains("goog-menu-button"));
      if (!inside) {
        this.#show(null);
      }
    });
  }

  #show(name) {
    if (this.#open !== name) {
      this.#open = name;
      this.#redraw();
    }
  }

  buttons({ texts }) {
    const shut = (name) => (this.#open === name ? null : name);
    return el("div", { id: "top-menubar", class: "goog-menubar", role: "menubar" },
      Object.keys(MENUS).map((name) => {
        // A press opens; the click that a press leads to must not shut it again.
        let pressed = false;
        return el("div", {
          id: `${name}-menu-button`, class: "goog-menu-button", role: "menuitem",
          on: {
            mousedown: () => { pressed = true; this.#show(shut(name)); },
            click: () => { if (!pressed) { this.#show(shut(name)); } pressed = false; },
          },
        }, texts[`menu_${name}`]);
      }));
  }

  menus({ texts, language }) {
    return Object.entries(MENUS).map(([name, commands]) =>
      el("div", {
        id: `${name}-menu`, class: "goog-menu", role: "menu",
        style: this.#open === name ? null : "display: none;",
      }, commands
        .filter((command) => command !== "view-in-english" || language !== "en")
        .map((command) => this.#item(name, command, texts))));
  }

  // Acts on a press and release of the mouse inside the open menu, never on a click alone.
  #item(name, command, texts) {
    return el("div", {
      id: `${name}:${command}`, command, class: "goog-menuitem", role: "menuitem",
      on: {
        mousedown: () => { this.#pressed = this.#open === name ? command : null; },
        mouseup: () => {
          if (this.#open === name && this.#pressed === command) {
            this.#pressed = null;
            this.#show(null);
            this.#act("command", { command });
          }
        },
      },
    }, el("div", { class: "goog-menuitem-content" }, texts[command] ?? command));
  }
}

/** The two toast areas at the start of the body; an empty `labeltext` is a toast not shown. */
export function snackbars({ snackbars: shown, texts }, act) {
  return ["message-area", "message-area-secondary"].map((id, slot) => {
    const kind = shown[slot] ?? null;
    const text = kind ? texts[`snackbar_${kind}`] : "";
    return el("colab-snackbar", {
      id, class: "message-area", leading: true, labeltext: text,
      shadow: [el("div", { class: `mdc-snackbar${kind ? " mdc-snackbar--open" : ""}` },
        el("div", { class: "mdc-snackbar__surface" }, text,
          el("div", {}, el("slot", { name: "dismiss" }))))],
    }, el("md-icon-button", {
      class: "close", slot: "dismiss", title: texts.close, on: { click: () => act("snackbar_closed", { slot }) },
    }, el("md-icon", { "aria-hidden": "true" }, "close")));
  });
}

/** A text cell; with a heading it holds a hidden run button of its own. */
export function textCell(title) {
  return el("div", { class: "cell text notebook-cell", id: "cell-text" },
    el("colab-run-button", {
      class: "text-cell-run",
      shadow: [el("div", { class: "cell-execution" }, el("button", { id: "run-button" }))],
    }),
    el("div", { class: "markdown" }, el("h1", {}, title)));
}

/** Look-alikes of dialogs that are part of every ordinary page. */
export function lookAlikes() {
  return [
    el("dialog", { class: "doc-comments-area" }),
    el("div", { id: "recaptcha-corner" },
      el("div", { class: "grecaptcha-badge", "data-style": "none", style: "visibility: hidden; position: fixed;" },
        el("iframe", { title: "reCAPTCHA", role: "presentation" }))),
  ];
}

/** The editor of a cell, as far as anyone looks at it. */
export function editor(cell) {
  return el("div", { class: "editor flex lazy-editor" },
    el("div", { class: "editor flex monaco", "data-mode-id": "notebook-python" },
      el("pre", { class: "source" }, cell.source)));
}

/** The classes that every generation gives to a code cell. */
export function cellClasses(state, cell, output, ...more) {
  const shown = state.control !== "bare" && ["running", "pending"].includes(cell.state);
  return [
    "cell", "code", ...more,
    shown && cell.state,
    !output.empty && "code-has-output",
    cell.index === 0 && "focused",
  ].filter(Boolean).join(" ");
}
