// The dialogs of section "Dialogs" in docs/colab-page.md: their classes, texts and buttons.

const CLASSES = {
  disconnected: "disconnected-dialog yes-no-dialog",
  still_there: "yes-no-dialog",
  account_blocked: "blocked-dialog confirm-dialog",
  usage_limit: "yes-no-dialog",
  too_many_sessions: "yes-no-dialog",
  backend_error: "confirm-dialog",
  run_anyway: "wide",
  drive_consent: "yes-no-dialog",
  restart_session: "yes-no-dialog",
  delete_runtime: "yes-no-dialog",
  change_runtime_type: "change-runtime-type",
  dismiss_runtime_warning: "dismiss-runtime-warning",
  generic: "yes-no-dialog",
};

/** What a generation needs to build one open dialog. */
export function dialogView(dialog, state, answer, recorder) {
  const text = (part) => state.texts[`${dialog.kind}_${part}`] ?? null;
  return {
    kind: dialog.kind,
    key: `dialog-${dialog.id}`,
    classes: CLASSES[dialog.kind] ?? null,
    notebook: state.title,
    title: text("title"),
    body: text("body"),
    ok: text("ok"),
    cancel: text("cancel"),
    press: (button) => () => answer(dialog, button),
    born: (host) =>
      recorder.dialogs.set(host, { kind: dialog.kind, reportOnly: dialog.report_only }),
  };
}
