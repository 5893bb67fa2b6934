// The menus of the menu bar. Their items act on a press and release of the mouse only.

import { el } from "./tree.js";

const MENUS = {
  file: ["new-notebook", "save"],
  edit: ["undo", "redo", "clear-outputs"],
  view: ["toggle-output", "show-executedcode"],
  runtime: [
    "runall",
    "runbefore",
    "runfocused",
    "runselected",
    "runafter",
    "interrupt",
    "restart",
    "restart-and-run-all",
    "powerwash-current-vm",
    "change-runtime-type",
    "manage-sessions",
    "open-resource-viewer",
    "view-runtime-logs",
  ],
  help: ["view-in-english"],
};

/** The bar of buttons that open the menus, and the menus themselves at the end of the body. */
export class Menus {
  #act;
  #redraw;
  #open = null;
  #pressed = null; // the item under a pressed mouse button
  #held = null; // the button whose press opened its menu: the click that follows must not shut it

  constructor(act, redraw) {
    this.#act = act;
    this.#redraw = redraw;
    document.addEventListener("mousedown", (event) => {
      const inside = event
        .composedPath()
        .some(
          (node) =>
            node.classList?.contains("goog-menu") || node.classList?.contains("goog-menu-button"),
        );
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
    return el(
      "div",
      { id: "top-menubar", class: "goog-menubar", role: "menubar" },
      Object.keys(MENUS).map((name) => {
        return el(
          "div",
          {
            id: `${name}-menu-button`,
            class: "goog-menu-button",
            role: "menuitem",
            on: {
              mousedown: () => {
                this.#held = name;
                this.#show(shut(name));
              },
              click: () => {
                if (this.#held !== name) {
                  this.#show(shut(name));
                }
                this.#held = null;
              },
            },
          },
          texts[`menu_${name}`],
        );
      }),
    );
  }

  menus({ texts, language }) {
    return Object.entries(MENUS).map(([name, commands]) =>
      el(
        "div",
        {
          id: `${name}-menu`,
          class: "goog-menu",
          role: "menu",
          style: this.#open === name ? null : "display: none;",
        },
        commands
          .filter((command) => command !== "view-in-english" || language !== "en")
          .map((command) => this.#item(name, command, texts)),
      ),
    );
  }

  // Acts on a press and release of the mouse inside the open menu, never on a click alone.
  #item(name, command, texts) {
    return el(
      "div",
      {
        id: `${name}:${command}`,
        command,
        class: "goog-menuitem",
        role: "menuitem",
        on: {
          mousedown: () => {
            this.#pressed = this.#open === name ? command : null;
          },
          mouseup: () => {
            if (this.#open === name && this.#pressed === command) {
              this.#pressed = null;
              this.#show(null);
              this.#act("command", { command });
            }
          },
        },
      },
      el("div", { class: "goog-menuitem-content" }, texts[command] ?? command),
    );
  }
}
