// @ts-check
/**
 * Waits until the page reads differently from the reading of that version.
 *
 * @param {{seen: number}} options the version that the agent has
 */
function next({ seen }) {
  return /** @type {any} */ (globalThis).nightWatch.next(seen);
}
