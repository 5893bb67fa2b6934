// The notebook toolbar of mid 2025 to 2026: the "Run all" split button and the connect button.

import { connectLabel, isConnecting, resourceText, tooltip } from "./parts.js";
import { el } from "./tree.js";

const RUN_MENU = ["restart", "restart-and-run-all", "runafter", "interrupt", "clear-outputs"];

/** Colab's connect button; its shadow root holds the icon, `#connect` and the drop-down. */
export function connectButtonHost(state, act) {
  return el("colab-connect-button", {
    shadow:
      state.control === "bare"
        ? [toolbarButton({ id: "connect" }, "", [])]
        : [
            icon(state),
            connectButton(state, act),
            el(
              "md-icon-button",
              { id: "connect-dropdown", "data-aria-haspopup": "menu" },
              el("md-icon", {}, "arrow_drop_down"),
            ),
            tooltip("connect-dropdown-tooltip", "connect-dropdown", state.texts.connect_options),
          ],
  });
}

function icon(state) {
  const { connection, texts } = state;
  const connecting = isConnecting(state);
  if (connection !== "connected" && !connecting) {
    return null;
  }
  // Speaks of the connection only: it stays "done" when the last cell failed.
  return [
    el(
      "md-icon-button",
      {
        id: "connect-icon",
        class: connecting ? "icon-warning" : "icon-okay",
        disabled: connecting,
        "data-aria-label": texts.focus_last,
      },
      el("md-icon", { "aria-hidden": "true" }, connecting ? "more_horiz" : "done"),
    ),
    tooltip("connect-icon-tooltip", "connect-icon", texts.focus_last),
  ];
}

function connectButton(state, act) {
  const connected = state.connection === "connected";
  const text = connected ? resourceText(state) : idleTooltip(state);
  return toolbarButton(
    {
      id: "connect",
      class: connected ? "split-button" : null,
      tooltipid: "colab-connect-tooltip",
      tooltiptext: text,
      disabled: isConnecting(state),
      on: { click: () => isConnecting(state) || act("connect") },
    },
    text,
    connected
      ? [
          el(
            "div",
            { id: "connect-button-resource-display" },
            sparkline("ram", state.texts.ram),
            sparkline("disks", state.texts.disk),
          ),
        ]
      : [connectLabel(state)],
  );
}

function idleTooltip(state) {
  if (isConnecting(state)) {
    return "";
  }
  return state.connection === "reconnect" ? state.texts.connect_click : state.texts.connect_tooltip;
}

function sparkline(kind, label) {
  return el("colab-usage-sparkline", {
    id: `usage-${kind}`,
    class: kind,
    label,
    shadow: [el("div", { class: "label" }, label), el("canvas", { height: 14, width: 20 })],
  });
}

function toolbarButton(attributes, text, children) {
  return el(
    "colab-toolbar-button",
    {
      ...attributes,
      shadow: [
        el(
          "md-text-button",
          {
            id: "button",
            "data-aria-disabled": String(Boolean(attributes.disabled)),
            shadow: [
              el(
                "button",
                { id: "button", class: "button", disabled: attributes.disabled },
                el("slot"),
              ),
            ],
          },
          el("span", { class: "button-content" }, el("slot")),
          el("span", { class: "screenreader-only" }, text),
        ),
        tooltip(attributes.tooltipid ?? "tooltip", "button", text),
      ],
    },
    ...children,
  );
}

/** The split button "Run all"; its menu's items act only while the menu is open. */
export function runAllButton(state, act) {
  const { connection, texts, runMenuOpen: open = false } = state;
  const dead = (command) =>
    connection !== "connected" && ["restart", "restart-and-run-all", "interrupt"].includes(command);
  return el("colab-notebook-toolbar-run-button", {
    shadow: [
      toolbarButton(
        {
          id: "toolbar-run-button",
          class: "split-button",
          icon: "play_arrow",
          tooltipid: "toolbar-run-button-tooltip",
          tooltiptext: texts.run_all_tooltip,
          on: { click: () => act("command", { command: "runall" }) },
        },
        texts.run_all_tooltip,
        [texts.runall],
      ),
      el(
        "md-icon-button",
        {
          id: "toolbar-run-button-more-actions",
          "data-aria-haspopup": "menu",
          "data-aria-expanded": String(open),
          on: { click: () => act("run_menu") },
        },
        el("md-icon", {}, "arrow_drop_down"),
      ),
      el(
        "md-menu",
        {
          anchor: "toolbar-run-button-more-actions",
          open,
          "aria-hidden": String(!open),
          style: open ? null : "display: none;",
        },
        RUN_MENU.map((command) =>
          el(
            "md-menu-item",
            {
              id: `run-menu-${command}`,
              command,
              disabled: dead(command),
              "md-menu-item": true,
              on: { click: () => open && !dead(command) && act("command", { command }) },
            },
            el("span", { slot: "headline" }, texts[command]),
          ),
        ),
      ),
    ],
  });
}
