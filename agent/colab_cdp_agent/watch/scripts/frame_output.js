// @ts-check
/**
 * Returns the printed text of a cross-site output frame.
 *
 * @param {{paths: string[]}} options where text stands in such a frame, first choice first
 */
function frameOutput({ paths }) {
  for (const path of paths) {
    const elements = [...document.querySelectorAll(path)];
    if (elements.length > 0) {
      return elements.map((element) => element.textContent).join("\n").toWellFormed();
    }
  }
  return "";
}
