// The front end of mid 2025 to 2026: md elements in toolbar, dialogs and output menus.

import { materialDialog, resourcePanel } from "./material.js";
import { connectButtonHost, runAllButton } from "./toolbar2025.js";
import { cellClasses, editor, isConnecting, tooltip } from "./parts.js";
import { el } from "./tree.js";

export const allOutputInFrame = false;

export function toolbar(state, act) {
  const host =
    state.control === "renamed"
      ? el("colab-runtime-button", { shadow: [el("button", {}, "●")] })
      : connectButtonHost(state, act);
  return el(
    "colab-notebook-toolbar",
    {},
    runAllButton(state, act),
    el("colab-connect-warning-button"),
    host,
  );
}

export function cell(state, one, output, act) {
  return el(
    "div",
    { id: `cell-${one.id}`, class: cellClasses(state, one, output, "notebook-cell") },
    el(
      "div",
      { class: "main-content" },
      el(
        "div",
        { class: "cell-contents" },
        el(
          "div",
          { class: "codecell-input-output" },
          el(
            "div",
            { class: "inputarea horizontal layout code" },
            el(
              "div",
              { class: "cell-gutter" },
              el("div", { class: "cell-execution-container" }, runButton(state, one, act)),
            ),
            editor(one),
          ),
          el(
            "div",
            { class: "output", role: "region" },
            el("div", { class: "output-header" }),
            el(
              "div",
              { class: "output-content", hidden: output.empty },
              el("div", { class: "output-info" }, outputInfo(state, one, act)),
              el(
                "div",
                { class: "output-iframe-container" },
                el(
                  "div",
                  { class: "output-iframe-sizer", style: "min-height: 0px;" },
                  output.nodes(),
                ),
              ),
            ),
          ),
          el("colab-cell-next-steps", {
            hascontent: one.state === "failed",
            shadow:
              one.state === "failed" ? [el("button", { "data-test-id": "explain-error" })] : [],
          }),
        ),
      ),
    ),
  );
}

function runButton(state, one, act) {
  const { texts } = state;
  const running = one.state === "running" && state.control !== "bare";
  const done = { ok: "check", failed: "error" }[one.state];
  const classes = [
    "cell-execution",
    one.index === 0 && "focused",
    running && "running",
    running && "animating",
    one.state === "pending" && "pending",
    one.state === "failed" && "error",
    one.stale && "stale",
  ];
  const message = [
    `${running ? texts.interrupt : texts.run_cell} (Ctrl+Enter)`,
    one.count === null && !running && texts.never_run,
    one.state === "failed" && texts.cell_failed,
  ]
    .filter(Boolean)
    .join("\n");
  return el("colab-run-button", {
    on: { click: () => act("run", { index: one.index }) },
    shadow: [
      el(
        "div",
        { class: classes.filter(Boolean).join(" ") },
        el(
          "button",
          {
            id: "run-button",
            "aria-describedby": "run-button-tooltip",
            "aria-disabled": "false",
            "aria-label": running ? texts.interrupt : texts.run_cell,
          },
          el(
            "span",
            { "aria-hidden": "true", class: "cell-execution-indicator" },
            el("svg", {}, el("mask", { id: running ? "stopSymbolMask" : "playSymbolMask" })),
          ),
        ),
        tooltip("run-button-tooltip", "run-button", message),
        one.count !== null &&
          el(
            "div",
            { class: "status" },
            el("div", { class: "execution-count" }, `[${one.count}]`),
            !one.stale && done && el("div", { class: "last-run" }, el("md-icon", {}, done), "0s"),
          ),
      ),
    ],
  });
}

// Which item of this menu clears is not known; its command is the one of the 2020 front end.
function outputInfo(state, one, act) {
  const { texts } = state;
  const open = one.menuOpen === true;
  return el("colab-output-info", {
    shadow: [
      el(
        "md-icon-button",
        { id: "toggle-visibility-button", toggle: true },
        el("md-icon", {}, "keyboard_arrow_down"),
      ),
      tooltip("toggle-tooltip", "toggle-visibility-button", texts.toggle_output),
      el(
        "md-icon-button",
        {
          id: "menu-button",
          class: "menu-button",
          "data-aria-haspopup": "menu",
          "data-aria-expanded": String(open),
          "data-aria-label": texts.output_actions,
          on: { click: () => act("menu", { index: one.index }) },
        },
        el("md-icon", {}, "more_horiz"),
      ),
      tooltip("menu-tooltip", "menu-button", texts.output_actions),
      el(
        "md-menu",
        {
          anchor: "menu-button",
          open,
          "aria-hidden": String(!open),
          style: open ? null : "display: none;",
        },
        el(
          "md-menu-item",
          {
            id: "clear-item",
            command: "clear-focused-or-selected-outputs",
            "md-menu-item": true,
            on: { click: () => open && act("clear", { index: one.index }) },
          },
          el("span", { slot: "headline" }, texts.clear_output),
        ),
        el(
          "md-menu-item",
          { id: "scroll-item", command: "toggle-output-scrolling", "md-menu-item": true },
          el("span", { slot: "headline" }, texts.toggle_output),
        ),
      ),
    ],
  });
}

export function statusBar(state) {
  return el(
    "colab-status-bar",
    {
      role: "region",
      shadow: [
        el("span", { class: "left" }, el("slot", { name: "bottom-pane-buttons" })),
        el(
          "span",
          { class: "right" },
          el("colab-execution-status", {
            shadow: state.control === "bare" ? [] : execution(state),
          }),
          el("colab-runtime-status", { shadow: state.control === "bare" ? [] : runtime(state) }),
        ),
      ],
    },
    el("md-text-button", { slot: "bottom-pane-buttons", command: "show-terminal" }, "Terminal"),
  );
}

function execution({ cells, last_run: last, texts, seconds }) {
  if (cells.some((one) => one.state === "running")) {
    return [
      el("md-circular-progress", { indeterminate: true }),
      el("span", {}, `${texts.executing} (${seconds}s)`),
    ];
  }
  const icon = { ok: "check", failed: "error" }[last];
  return icon
    ? [
        el(
          "md-text-button",
          { id: "execution-status", "has-icon": true },
          el("md-icon", { slot: "icon" }, icon),
          "10:15 PM",
        ),
        tooltip("execution-status-tooltip", "execution-status", texts.focus_last),
      ]
    : [];
}

function runtime(state) {
  return isConnecting(state)
    ? [el("span", { class: "status-message" }, state.texts[`${state.connection}_to`])]
    : [
        el(
          "md-text-button",
          { id: "runtime-options", "has-icon": true },
          el("md-icon", { slot: "icon" }, "dns"),
          "Python 3",
        ),
      ];
}

export function dialog(view, state) {
  return materialDialog(view, state.dialog_host, "md-text-button");
}

export function panel(state, act) {
  return resourcePanel(state, act, "md-icon-button");
}
