// @ts-check
/**
 * Touches one element by page events, without the mouse, the keyboard or focus.
 *
 * Nothing is touched inside an open dialog, but for the harmless one that `dialog` names by its
 * place in the profile; and nothing at all there while an alarm of the profile is raised. With
 * `after`, the running cell's text beyond that many characters is returned, read in the same
 * turn: what was printed since the archive was written is not lost.
 *
 * @param {{path: string, press: boolean, dialog?: number, after?: number}} options
 */
function touch({ path, press, dialog, after }) {
  const watch = /** @type {any} */ (globalThis).nightWatch;
  const open = watch.openDialogs();
  if (dialog !== undefined && watch.now().alarms.length > 0) return { touched: false, text: null };
  const root = dialog === undefined ? null : open.find((each) => each.harmless === dialog);
  if (root === undefined) return { touched: false, text: null };
  const element = root ? watch.find(path, root.element) : watch.find(path);
  const inDialog = (node) => {
    for (let at = node; at; at = at.assignedSlot ?? at.parentNode ?? at.host) {
      if (open.some((each) => each.element === at)) return true;
    }
    return false;
  };
  if (!element || (!root && inDialog(element))) return { touched: false, text: null };
  const text = after === undefined ? null : watch.runningText().slice(after);
  if (press) {
    const box = element.getBoundingClientRect();
    const at = {
      bubbles: true, cancelable: true, composed: true, view: window, button: 0,
      clientX: box.x + box.width / 2, clientY: box.y + box.height / 2,
    };
    element.dispatchEvent(new PointerEvent("pointerdown", at));
    element.dispatchEvent(new MouseEvent("mousedown", { ...at, buttons: 1 }));
    element.dispatchEvent(new PointerEvent("pointerup", at));
    element.dispatchEvent(new MouseEvent("mouseup", at));
  }
  element.click();
  return { touched: true, text };
}
