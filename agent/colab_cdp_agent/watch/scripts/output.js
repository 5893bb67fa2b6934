// @ts-check
/**
 * Measures what the running cell printed into the page, and returns the text beyond `after`.
 *
 * `after` counts characters (null: no text is wanted). `length` is 0 where the page holds no text
 * of the cell itself: it printed nothing, or into cross-site frames, whose places among the
 * page's frames are in `frames`. With `last`, where no cell runs, the one that did so last counts.
 *
 * @param {{after: number | null, last: boolean}} options
 */
function output({ after, last }) {
  const watch = /** @type {any} */ (globalThis).nightWatch;
  const cell = watch.runningCell() ?? (last ? watch.lastCell() : null);
  if (!cell) return null;
  const text = watch.textOf(cell);
  const places = [...Array(window.length).keys()];
  const trimmed = text.trimEnd();
  return {
    length: text.length,
    lines: trimmed === "" ? 0 : trimmed.split("\n").length,
    last_line: trimmed.slice(trimmed.lastIndexOf("\n") + 1).slice(-500),
    text: after === null ? null : text.slice(after),
    frames: watch.findAll("iframe", cell).map(({ contentWindow }) => places.find(
      (place) => window[place] === contentWindow,
    ) ?? -1),
  };
}
