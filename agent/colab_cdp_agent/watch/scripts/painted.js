// @ts-check
/** Waits until the page has painted what it shows now; false where it is hidden and won't. */
function painted() {
  if (document.visibilityState === "hidden") return false;
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)));
  });
}
