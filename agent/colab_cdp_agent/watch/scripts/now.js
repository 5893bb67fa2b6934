// @ts-check
/** Reads the page anew, whether or not anything was noticed. */
function now() {
  return /** @type {any} */ (globalThis).nightWatch.now();
}
