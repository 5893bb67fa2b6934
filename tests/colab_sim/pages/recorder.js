// Runs before any other script of the page and notes every event that reaches it from outside.
// Later scripts hand over `tell`; what came before that waits in `kept`.
(() => {
  const WATCHED = [
    "auxclick",
    "beforeinput",
    "change",
    "click",
    "contextmenu",
    "dblclick",
    "focusin",
    "focusout",
    "input",
    "keydown",
    "keypress",
    "keyup",
    "mousedown",
    "mousemove",
    "mouseup",
    "paste",
    "pointerdown",
    "pointermove",
    "pointerup",
    "touchend",
    "touchstart",
    "wheel",
  ];

  const recorder = {
    kept: [],
    tell: null,
    /** Dialog element -> {kind, reportOnly}; filled by the dialogs as they are made. */
    dialogs: new WeakMap(),
  };
  globalThis.colabSimRecorder = recorder;

  function step(node) {
    if (node === window || node === document) {
      return null;
    }
    if (node instanceof ShadowRoot) {
      return ">>>";
    }
    const id = node.id ? `#${node.id}` : "";
    const classes = [...node.classList].map((name) => `.${name}`).join("");
    const command = node.getAttribute("command") ?? node.getAttribute("dialogaction");
    return `${node.localName}${id}${classes}${command ? `[${command}]` : ""}`;
  }

  function note(event) {
    const chain = event.composedPath();
    const dialog = chain.map((node) => recorder.dialogs.get(node)).find(Boolean);
    const touch = {
      type: event.type,
      trusted: event.isTrusted,
      path: chain.map(step).filter(Boolean).reverse().join(" ").replaceAll(" >>> ", ">>>"),
      dialog: dialog?.kind ?? null,
      report_only: dialog?.reportOnly ?? false,
      key: event.key ?? null,
      at: Date.now() / 1000,
    };
    if (recorder.tell) {
      recorder.tell(touch);
    } else {
      recorder.kept.push(touch);
    }
  }

  for (const type of WATCHED) {
    window.addEventListener(type, note, { capture: true, passive: true });
  }
})();
