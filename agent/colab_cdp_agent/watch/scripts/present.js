// @ts-check
/**
 * Tells which of these paths lead to an element.
 *
 * @param {{paths: string[]}} options
 */
function present({ paths }) {
  const watch = /** @type {any} */ (globalThis).nightWatch;
  return paths.map((path) => watch.find(path) !== null);
}
