// @ts-check
/**
 * Installs, beside the observer, what decides which of a page's words may stand in a capture.
 *
 * It is an allow-list: what it does not know becomes `…`, with a class of lengths where it was text.
 *
 * @param {{
 *   runs: Record<string, string[]>, words: string[], texts: string[],
 * }} options the literal parts of each regular expression of the profile; words of which names of
 *   classes and the like may be made; texts that may stand wherever they are read
 */
function redaction({ runs, words, texts }) {
  const world = /** @type {any} */ (globalThis);
  const watch = world.nightWatch;
  const LENGTHS = [3, 10, 30, 100, 300, 1000, 3000, 10000];
  const LOOKED_AT = 2000;
  const LONGEST_MATCH = 200;
  const LONGEST_WORD = 40;
  const MOST_RULES = 20000;
  const SEGMENT = /[^\s\-_:./]+/g;
  const WORD = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;
  const CODE_NAME = /^[A-Za-z]{2,20}\d{0,2}$/;
  const NAMES = /^(?:class|id|slot|part|for|name|aria-(?:controls|describedby|labelledby|owns))$/;
  const READ_OUT = new RegExp(
    "^(?:aria-(?:label|description|roledescription|valuetext|placeholder)|alt|content|heading|label" +
    "|labeltext|placeholder|summary|title|tooltip|tooltiptext|value)$|label|title|text",
  );
  const LOADS = new RegExp(
    "^(?:action|archive|background|cite|classid|codebase|data|formaction|href|longdesc|manifest" +
    "|ping|poster|profile|src|srcdoc|srcset|usemap|xlink:href)$",
  );
  const known = new Set(words);
  const styled = namesInStyleSheets();
  /** Whole words only: a syllable of them would be found in any text. */
  const anywhere = either(texts, ["(?<![\\p{L}\\p{N}])(?:", ")(?![\\p{L}\\p{N}])"]);
  /** The parts of texts and attributes on which a test of the profile holds. */
  const inText = new WeakMap();
  const inAttribute = new WeakMap();
  /** The elements whose text a test reads: nothing may be added to it. */
  const exact = new WeakSet();
  for (const test of tests(watch.profile)) mark(test);

  function either(parts, [before, after] = ["", ""]) {
    const escaped = parts.toSorted((one, other) => other.length - one.length)
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return escaped.length > 0 ? new RegExp(before + escaped.join("|") + after, "giu") : null;
  }

  function* roots(root) {
    yield root;
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) yield* roots(element.shadowRoot);
    }
  }

  /** The names that the site's own style sheets spell: those are its code, and no one's data. */
  function namesInStyleSheets() {
    const own = (sheet) => sheet.ownerNode?.localName === "link" ||
      document.head?.contains(sheet.ownerNode);
    const sheets = [...document.styleSheets].filter(own);
    for (const root of roots(document)) sheets.push(...root.adoptedStyleSheets);
    const names = new Set();
    let left = MOST_RULES;
    const take = (rules) => {
      for (const rule of rules) {
        if ((left -= 1) < 0) return;
        for (const [, name] of (rule.selectorText ?? "").matchAll(/[.#]([\w-]+)/g)) names.add(name);
        if (rule.cssRules) take(rule.cssRules);
      }
    };
    for (const sheet of sheets) {
      try {
        take(sheet.cssRules);
      } catch {
        continue; // of another origin: it tells nothing
      }
    }
    const parts = (name) => name.match(SEGMENT) ?? [];
    return new Set([...names].filter((name) => parts(name).every((each) => CODE_NAME.test(each))));
  }

  /** Every test of the profile that reads a text or an attribute. */
  function* tests(node) {
    if (typeof node !== "object" || node === null) return;
    if (typeof node.matches === "string") yield node;
    if (typeof node.dialog === "string") {
      const said = { matches: node.dialog, flags: "i" };
      for (const { element } of watch.openDialogs()) {
        yield { ...said, element };
        yield { ...said, element, name: "heading" };
      }
    }
    for (const each of Object.values(node)) yield* tests(each);
  }

  /** Note the part of each element's text, or attribute, on which a test holds. */
  function mark({ path, element: given, name, matches, flags, deep }) {
    let pattern;
    try {
      pattern = new RegExp(matches, flags);
    } catch {
      return; // the observer names it
    }
    for (const element of given ? [given] : watch.findAll(path)) {
      const nodes = name ? [] : [...textNodes(element, deep)];
      const whole = name ? (element.getAttribute(name) ?? "") : nodes.map(({ data }) => data).join("");
      const match = pattern.exec(whole.slice(0, LOOKED_AT));
      if (!match || match[0].length > LONGEST_MATCH) continue;
      const range = { from: match.index, to: match.index + match[0].length, runs: runs[matches] };
      if (name) {
        const marked = inAttribute.get(element) ?? {};
        inAttribute.set(element, { ...marked, [name]: [...(marked[name] ?? []), range] });
        continue;
      }
      exact.add(element);
      let at = 0;
      for (const node of nodes) {
        const here = { ...range, from: range.from - at, to: range.to - at };
        at += node.data.length;
        if (here.to <= 0 || here.from >= node.data.length) continue;
        inText.set(node, [...(inText.get(node) ?? []), here]);
      }
    }
  }

  function* textNodes(node, deep) {
    for (const child of deep && node.shadowRoot ? [node.shadowRoot, node] : [node]) {
      for (const part of child.childNodes) {
        if (part.nodeType === Node.TEXT_NODE) yield part;
        else yield* textNodes(part, deep);
      }
    }
  }

  /** What becomes of a character; of any other nothing is told. */
  const [SPELLED, MASKED] = [1, 2];

  /** A text of which only what is known stands; in `content` only what a test holds on. */
  function redacted(text, ranges = [], content = false) {
    const fate = new Uint8Array(text.length);
    const spell = (pattern, from, to) => {
      if (!pattern) return;
      for (const match of text.slice(from, to).matchAll(pattern)) {
        fate.fill(SPELLED, from + match.index, from + match.index + match[0].length);
      }
    };
    for (const { from, to } of ranges) fate.fill(MASKED, Math.max(0, from), to);
    if (!content) spell(anywhere, 0, LOOKED_AT);
    for (const range of ranges) {
      spell(either((range.runs ?? []).filter((run) => run.length > 1)), Math.max(0, range.from), range.to);
    }
    let shown = "";
    for (let from = 0, to = 0; from < text.length; from = to) {
      while (to < text.length && fate[to] === fate[from]) to += 1;
      const part = text.slice(from, to);
      const joins = fate[from - 1] === SPELLED || fate[to] === SPELLED;
      if (fate[from] === SPELLED || (fate[from] === MASKED && part.length === 1 && joins)) shown += part;
      else if (fate[from] === MASKED) shown += part.replace(/[^]/gu, mask);
      else shown += dropped(part);
    }
    return shown;
  }

  function dropped(part) {
    if (/^\s*$/.test(part)) return part.includes("\n") ? "\n" : part && " ";
    const bound = LENGTHS.find((each) => part.length <= each);
    const [before] = part.match(/^\s?/);
    const [after] = part.match(/\s?$/);
    return `${before}…(${bound ?? "more"})${after}`;
  }

  /** A character of the same kind, so that the expression that held on it still does. */
  function mask(character) {
    if (/\d/.test(character)) return "0";
    if (/[a-z]/.test(character)) return "a";
    if (/[A-Z]/.test(character)) return "A";
    return /[\s!-~]/.test(character) ? character : "…";
  }

  /** Words, and a number of two digits at most: a part of an id may be made of shorter words. */
  function isKnown(segment) {
    if (/^\d{1,2}$/.test(segment)) return true;
    const [, letters] = segment.match(/^([A-Za-z]+)\d{0,2}$/) ?? [];
    if (!letters) return false;
    if (known.has(letters.toLowerCase())) return true;
    return letters.match(WORD).every((word) => word.length > 1 && known.has(word.toLowerCase()));
  }

  function isWord(value) {
    return value.length <= LONGEST_WORD && !/\s/.test(value) &&
      (value.match(SEGMENT) ?? []).every(isKnown);
  }

  /** A name, of which unknown parts become `…`; what a style sheet spells is known. */
  function name(token) {
    if (styled.has(token)) return token;
    return token.replace(SEGMENT, (segment) => (isKnown(segment) ? segment : "…"));
  }

  function names(value) {
    return [...new Set(value.split(/\s+/).filter(Boolean).map(name))].join(" ");
  }

  function attribute(element, key, value) {
    if (/^(?:on|style$|http-equiv$|nonce$|charset$|is$)/.test(key) || !isWord(key)) return null;
    const ranges = inAttribute.get(element)?.[key];
    if (LOADS.test(key)) {
      const shown = redacted(value, ranges);
      return /^(?:\s*…\([^)]*\)\s*)*$/.test(shown) ? null : [`data-capture-${key}`, shown];
    }
    if (key === "lang") return [key, /^[a-z]{2,3}(?:-[A-Za-z]{2,4})?$/.test(value) ? value : ""];
    if (NAMES.test(key)) return [key, names(value)];
    if (!ranges && !READ_OUT.test(key) && isWord(value)) return [key, value];
    return [key, redacted(value, ranges)];
  }

  function tag(element) {
    const called = element.localName;
    if (isWord(called) || (called.includes("-") && element.matches(":defined"))) return called;
    return called.includes("-") ? "unknown-element" : "span";
  }

  world.nightRedaction = {
    tag,
    attribute,
    isExact: (element) => exact.has(element),
    text: (node, content) => redacted(node.data, inText.get(node), content),
    texts: (element) => [...textNodes(element, false)]
      .map((node) => redacted(node.data, inText.get(node), true)).join(""),
    length: (element) => dropped(element.textContent ?? ""),
    hasMarked: (element) => [...textNodes(element, false)].some((node) => inText.has(node)),
  };
  return true;
}
