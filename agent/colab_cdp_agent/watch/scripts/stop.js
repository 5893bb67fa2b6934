// @ts-check
/** Takes the observer out of the page again. */
function stop() {
  /** @type {any} */ (globalThis).nightWatch.stop();
  return true;
}
