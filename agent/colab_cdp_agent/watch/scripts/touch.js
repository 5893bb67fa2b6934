// @ts-check
/**
 * Touches one element by page events, without the mouse, the keyboard or focus.
 *
 * Nothing at all is touched while an alarm of one of the kinds in `stops` is raised. Nothing is
 * touched inside an open dialog, but for the harmless one that `dialog` names by its place in the
 * profile, and the panel of that selector that the agent's own click opened, and there only while
 * no alarm of any kind is raised. With `after`, the running cell's text beyond that many
 * characters is returned, read in the same turn: what was printed since the archive was written is
 * not lost.
 *
 * @param {{
 *   path: string, way: string, in_cell: boolean, stops: string[],
 *   dialog?: number, panel?: string, after?: number,
 * }} options
 */
function touch({ path, way, in_cell: inCell, stops, dialog, panel, after }) {
  const watch = /** @type {any} */ (globalThis).nightWatch;
  const refused = { touched: false, text: null };
  const shown = watch.now();
  const kinds = shown.alarms.map(({ kind }) => kind);
  if ("signed_out" in shown.states) kinds.push("sign_in");
  if (kinds.some((kind) => stops.includes(kind))) return refused;
  const dialogs = watch.openDialogs();
  const root = rootOf();
  const element = root && watch.find(path, root);
  if (!element || (dialog === undefined && inDialog(element))) return refused;
  const text = after === undefined ? null : watch.textOf(watch.runningCell()).slice(after);
  if (after !== undefined) watch.clearing();

  const box = element.getBoundingClientRect();
  const at = {
    bubbles: true, cancelable: true, composed: true, view: window, button: 0,
    clientX: box.x + box.width / 2, clientY: box.y + box.height / 2,
  };
  const pointer = (type, more) => element.dispatchEvent(new PointerEvent(type, { ...at, ...more }));
  const mouse = (type, more) => element.dispatchEvent(new MouseEvent(type, { ...at, ...more }));
  if (way === "press") pointer("pointerdown", { buttons: 1 });
  if (way === "press" || way === "menu") mouse("mousedown", { buttons: 1 });
  if (way === "pick") pointer("pointermove", {});
  if (way === "press" || way === "pick") pointer("pointerup", {});
  if (way === "press" || way === "menu") mouse("mouseup", {});
  if (way === "menu") mouse("contextmenu", { button: 2 });
  if (way === "press" || way === "click") element.click();
  return { touched: true, text };

  /** Where the path begins: the page, the running cell, or a dialog that may be touched. */
  function rootOf() {
    if (dialog !== undefined) {
      if (watch.now().alarms.length > 0) return null;
      return dialogs.find((each) => each.harmless === dialog)?.element ?? null;
    }
    return inCell ? watch.runningCell() : document;
  }

  function inDialog(node) {
    for (let up = node; up; up = up.assignedSlot ?? up.parentNode ?? up.host) {
      const found = dialogs.find((each) => each.element === up);
      if (found) return !(panel && found.element.matches(panel)) || watch.now().alarms.length > 0;
    }
    return false;
  }
}
