// @ts-check
/**
 * Returns one part of the capture that was made last; the last part ends it.
 *
 * @param {{part: number}} options which, from 0
 */
function capturePart({ part }) {
  const world = /** @type {any} */ (globalThis);
  const text = world.nightCapture[part];
  if (part === world.nightCapture.length - 1) {
    delete world.nightCapture;
    delete world.nightRedaction;
  }
  return text;
}
