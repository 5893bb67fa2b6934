// @ts-check
/**
 * Measures what the running cell printed into the page, and returns the text beyond `after`.
 *
 * `after` counts characters (null: no text is wanted). `length` is 0 where the page holds no text
 * of the cell itself: it printed nothing, or into the cross-site frames of `frames`.
 *
 * @param {{after: number | null}} options
 */
function output({ after }) {
  const watch = /** @type {any} */ (globalThis).nightWatch;
  const cell = watch.runningCell();
  if (!cell) return null;
  const text = watch.runningText();
  const trimmed = text.trimEnd();
  return {
    length: text.length,
    lines: trimmed === "" ? 0 : trimmed.split("\n").length,
    last_line: trimmed.slice(trimmed.lastIndexOf("\n") + 1).slice(-500),
    text: after === null ? null : text.slice(after),
    frames: watch.findAll("iframe", cell).map((frame) => frame.src),
  };
}
