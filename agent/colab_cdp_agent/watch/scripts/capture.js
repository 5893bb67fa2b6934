// @ts-check
/**
 * Writes the page's structure as markup without scripts, styles and addresses, every word of it by
 * leave of `redaction.js`, and returns how much there is; `capture_part.js` returns the parts.
 *
 * Open shadow roots are written as declarative ones, so that a browser that loads the capture makes
 * them again. What is not shown bears `data-capture="hidden"`.
 *
 * @param {{nodes: number, depth: number, children: number, characters: number}} options bounds
 */
function capture({ nodes: mostNodes, depth: deepest, children: mostChildren, characters }) {
  const world = /** @type {any} */ (globalThis);
  const { profile } = world.nightWatch;
  const allowed = world.nightRedaction;
  const PART = 200000;
  const LEFT_OUT = new Set([
    "applet", "base", "embed", "fencedframe", "frame", "frameset", "noembed", "noframes", "noscript",
    "object", "plaintext", "portal", "script", "source", "style", "template", "title", "track", "xmp",
  ]);
  const VOID = new Set(["area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"]);
  /** The parser reads whatever stands in them as text. */
  const EMPTY = new Set(["audio", "canvas", "iframe", "video"]);
  /** What a person wrote or a cell printed: its inner structure is theirs. */
  const THEIRS =
    "pre, code, textarea, [contenteditable], [role=textbox], .monaco-editor, .CodeMirror, .cm-editor";
  const parts = [""];
  let nodes = 0;
  let cut = 0;
  let left = characters;

  function put(text) {
    if (parts[parts.length - 1].length > PART) parts.push("");
    parts[parts.length - 1] += text;
    left -= text.length;
  }

  function escaped(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
      .replace(/"/g, "&quot;").toWellFormed();
  }

  function attributes(element, shown) {
    const pairs = [...element.attributes]
      .map(({ name, value }) => allowed.attribute(element, name, value)).filter(Boolean);
    if (!shown) pairs.push(["data-capture", "hidden"]);
    return pairs.map(([name, value]) => (value === "" ? ` ${name}` : ` ${name}="${escaped(value)}"`))
      .join("");
  }

  function isWritten(element) {
    if (LEFT_OUT.has(element.localName)) return false;
    if (element.localName === "meta") return element.hasAttribute("name");
    if (element.localName === "link") return element.id !== "";
    return true;
  }

  /** What has no box of its own shows by its children. */
  function isShown(element) {
    return element.checkVisibility({ visibilityProperty: true }) ||
      getComputedStyle(element).display === "contents";
  }

  function write(element, depth, { exact, content, shown }) {
    if (!isWritten(element)) return;
    if (nodes >= mostNodes || depth > deepest || left <= 0) {
      cut += 1;
      return;
    }
    nodes += 1;
    const tag = allowed.tag(element);
    const isHead = depth > 0 && document.head?.contains(element);
    const visible = isHead || !shown || isShown(element);
    const here = {
      exact: exact || allowed.isExact(element),
      content: content || (noise !== null && element.matches(noise)),
      shown: shown && visible,
    };
    put(`${indent(depth, exact)}<${tag}${attributes(element, visible)}>`);
    if (VOID.has(tag)) return;
    if (element.matches(THEIRS)) {
      put(escaped(allowed.hasMarked(element) ? allowed.texts(element) : allowed.length(element)));
    } else if (!EMPTY.has(tag)) {
      if (element.shadowRoot) {
        put(`${indent(depth + 1, here.exact)}<template shadowrootmode="open">`);
        below(element.shadowRoot, depth + 2, here);
        put(`${indent(depth + 1, here.exact)}</template>`);
      }
      below(element, depth + 1, here);
      const hasParts = element.shadowRoot || element.childElementCount > 0;
      if (hasParts && !hasText(element)) put(indent(depth, here.exact));
    }
    put(`</${tag}>`);
  }

  function below(root, depth, here) {
    const inline = here.exact || hasText(root);
    let written = 0;
    let passed = 0;
    for (const child of root.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        if (child.data.trim() !== "" || inline) put(escaped(allowed.text(child, here.content)));
      } else if (child.nodeType === Node.ELEMENT_NODE) {
        if (written < mostChildren) write(child, depth, { ...here, exact: inline });
        else passed += 1;
        written += 1;
      }
    }
    cut += passed;
    if (passed > 0) put(`<!-- ${passed} more -->`);
  }

  function hasText(root) {
    return [...root.childNodes].some(
      (child) => child.nodeType === Node.TEXT_NODE && child.data.trim() !== "",
    );
  }

  /** Nothing where a text is read to the letter: a blank would be one of its own. */
  function indent(depth, exact) {
    return exact ? "" : `\n${" ".repeat(depth)}`;
  }

  /** The selector of outputs, where the browser can parse it. */
  function selectorOfNoise() {
    try {
      document.createElement("i").matches(profile.output?.noise ?? "x");
      return profile.output?.noise ?? null;
    } catch {
      return null;
    }
  }

  const noise = selectorOfNoise();
  write(document.documentElement, 0, { exact: false, content: false, shown: true });
  world.nightCapture = parts;
  return { parts: parts.length, nodes, cut };
}
