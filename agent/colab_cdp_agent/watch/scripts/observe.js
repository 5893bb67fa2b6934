// @ts-check
/**
 * Installs the observer in this isolated world, or renews it, and returns its first reading.
 *
 * Nothing runs on page timers: a hidden tab's fire once a minute. A change is noticed by mutation
 * observers, one for the document and one for each open shadow root that a path enters, and told
 * through `next.js`, whose promise resolves in a microtask.
 *
 * @param {{profile: any}} options a site profile, as its YAML file spells it
 */
function observe({ profile }) {
  const world = /** @type {any} */ (globalThis);
  world.nightWatch?.stop();
  const path = location.pathname;
  // Another notebook may have been shown in the same document.
  const earlier = world.nightWatch?.path === path ? world.nightWatch : null;

  /** How much of the page's time readings may take: one part in COST_SHARE. */
  const COST_SHARE = 20;
  const TEXT_LIMIT = 2000;
  const broken = new Set();
  const observed = new WeakSet();
  const expressions = new Map();
  const observer = new MutationObserver(noticed);
  const channel = new MessageChannel();
  channel.port1.onmessage = refresh;
  let waiting = /** @type {null | ((reading: any) => void)} */ (null);
  let scheduled = false;
  let restUntil = 0;
  let version = 0;
  let told = "";
  let reading = /** @type {any} */ ({});
  // What an observer before this one knew of the page's cells: an agent's that ended, perhaps.
  let cleared = /** @type {null | Element} */ (earlier?.clearedCell() ?? null);
  let lastCell = /** @type {null | Element} */ (earlier?.lastCell() ?? null);

  /** Every element at a path; ` >>> ` enters open shadow roots. */
  function findAll(path, root = document) {
    let roots = [root];
    let found = [];
    const parts = path.split(" >>> ");
    for (const [index, part] of parts.entries()) {
      found = roots.flatMap((each) => select(each, part));
      if (index === parts.length - 1) break;
      roots = found.flatMap((element) => (element.shadowRoot ? [enter(element.shadowRoot)] : []));
    }
    return found;
  }

  function find(path, root = document) {
    const parts = path.split(" >>> ");
    if (parts.length > 1) return findAll(path, root)[0] ?? null;
    try {
      return root.querySelector(path);
    } catch {
      broken.add(path);
      return null;
    }
  }

  function select(root, part) {
    try {
      return [...root.querySelectorAll(part)];
    } catch {
      broken.add(part);
      return [];
    }
  }

  function enter(root) {
    if (!observed.has(root)) {
      observed.add(root);
      observer.observe(root, {
        subtree: true, childList: true, attributes: true, characterData: true,
      });
    }
    return root;
  }

  function expression(pattern, flags = "") {
    const key = `${flags}/${pattern}`;
    if (!expressions.has(key)) {
      try {
        expressions.set(key, new RegExp(pattern, flags));
      } catch {
        broken.add(pattern);
        expressions.set(key, /$^/);
      }
    }
    return expressions.get(key);
  }

  function deepText(node) {
    let text = "";
    for (const child of node.shadowRoot ? [enter(node.shadowRoot), node] : [node]) {
      for (const part of child.childNodes) {
        text += part.nodeType === Node.TEXT_NODE ? part.data : deepText(part);
        if (text.length > TEXT_LIMIT) return text.slice(0, TEXT_LIMIT);
      }
    }
    return text;
  }

  /** What a detector holds on: false, or the match that made it hold. */
  function holds(detector, dialogs) {
    if (detector.css) return find(detector.css) !== null;
    if (detector.none) return find(detector.none) === null;
    if (detector.all) return detector.all.every((each) => holds(each, dialogs));
    if (detector.dialog) {
      const pattern = expression(detector.dialog, "i");
      return dialogs.some((dialog) => pattern.test(dialog.text));
    }
    const test = detector.attr ?? detector.text;
    const pattern = expression(test.matches, test.flags);
    for (const element of findAll(test.path)) {
      let text = element.textContent ?? "";
      if (detector.attr) text = element.getAttribute(test.name) ?? "";
      else if (test.deep) text = deepText(element);
      const match = pattern.exec(text.slice(0, TEXT_LIMIT));
      if (match) return match;
    }
    return false;
  }

  /** How many elements show that a run failed, by the first detector that holds. */
  function failures(detectors, dialogs) {
    const detector = detectors.find((each) => holds(each, dialogs));
    if (!detector) return 0;
    if (detector.css) return findAll(detector.css).length;
    const test = detector.text ?? detector.attr;
    if (!test) return 1;
    const pattern = expression(test.matches, test.flags);
    const says = (element) => (detector.attr ? element.getAttribute(test.name) : element.textContent);
    return findAll(test.path).filter((element) => pattern.test(says(element) ?? "")).length;
  }

  /** The first detector of a list that holds: its place in the list and its match, or null. */
  function first(detectors, dialogs) {
    for (const [index, detector] of detectors.entries()) {
      const match = holds(detector, dialogs);
      if (match) return { index, groups: Array.isArray(match) ? [...match].slice(1) : [] };
    }
    return null;
  }

  /** The open dialogs, the innermost of nested hosts only once. */
  function openDialogs() {
    const { hosts = [], title = [], harmless = [] } = profile.dialogs ?? {};
    const elements = new Set(hosts.flatMap((host) => findAll(host)));
    const outer = [...elements].filter(
      (element) => !elements.has(element.parentElement?.closest(hosts.join(", "))),
    );
    return outer.map((element) => {
      const titles = title.flatMap((path) => findAll(path, element.shadowRoot ?? element));
      const heading = [element.getAttribute("heading"), ...titles.map((each) => each.textContent)]
        .filter(Boolean).join(" ").trim();
      const text = `${heading}\n${element.textContent}`.slice(0, TEXT_LIMIT);
      const rule = harmless.findIndex(({ css }) => matches(element, css));
      return { element, heading, text, harmless: rule };
    });
  }

  function matches(element, css) {
    try {
      return element.matches(css);
    } catch {
      broken.add(css);
      return false;
    }
  }

  function read() {
    const dialogs = openDialogs();
    const states = {};
    for (const [name, detectors] of Object.entries(profile.states)) {
      const found = first(detectors, dialogs);
      if (found) states[name] = found.index;
    }
    const alarms = (profile.alarms ?? [])
      .map(({ kind, detect }) => ({ kind, found: first(detect, dialogs) }))
      .filter(({ found }) => found)
      .map(({ kind, found }) => ({ kind, detector: found.index }));
    const values = {};
    for (const [name, detectors] of Object.entries(profile.reads ?? {})) {
      const found = first(detectors, dialogs);
      if (found) values[name] = found.groups.map((group) => group ?? "");
    }
    const cell = runningCell();
    if (cell) lastCell = cell;
    return {
      title: document.title.slice(0, 200),
      language: document.documentElement.lang.toLowerCase(),
      loading: document.readyState === "loading",
      hidden: document.visibilityState === "hidden",
      offline: !navigator.onLine,
      states,
      failures: failures(profile.states.failed ?? [], dialogs),
      alarms,
      values,
      dialogs: dialogs.map(({ heading, harmless }) => ({
        heading: heading.slice(0, 200), harmless,
      })),
      cell: (cell && cell.id) || null,
      broken: [...broken],
    };
  }

  /** The cell that runs; one that was cleared may look otherwise while it goes on. */
  function runningCell() {
    const { cell: rules = [], cleared: look } = profile.output ?? {};
    if (look && cleared?.isConnected && reads(cleared, look)) return cleared;
    for (const { css, text } of rules) {
      const cell = findAll(css).find((each) => !text || reads(each, text));
      if (cell) return cell;
    }
    return look ? clearedBefore(rules, look) : null;
  }

  /** The one cell that can run if some does: it looks cleared, and yet it has printed. */
  function clearedBefore(rules, look) {
    if (!first(profile.states.running ?? [], [])) return null;
    const cells = rules.flatMap(({ css }) => findAll(css));
    const found = cells.filter((each) => reads(each, look) && textOf(each) !== "");
    return found.length === 1 ? found[0] : null;
  }

  function reads(cell, { path, matches: pattern, flags }) {
    const test = expression(pattern, flags);
    return findAll(path, cell).some((element) => test.test(element.textContent ?? ""));
  }

  /** The text that a cell printed into the page. */
  function textOf(cell) {
    const paths = cell ? (profile.output.text ?? []) : [];
    const found = paths.map((path) => findAll(path, cell)).find((each) => each.length > 0);
    // What another output follows stands on a line of its own, finished or not.
    const whole = (text, index, { length }) =>
      text && !text.endsWith("\n") && index < length - 1 ? `${text}\n` : text;
    return (found ?? []).map(({ textContent }) => textContent).map(whole).join("").toWellFormed();
  }

  function noticed(records) {
    const noise = profile.output?.noise;
    const news = (record) => {
      const element = record.target.nodeType === Node.ELEMENT_NODE
        ? record.target : record.target.parentElement;
      return !(noise && element?.closest(noise));
    };
    if (!scheduled && records.some(news)) schedule();
  }

  /** Read again soon, but not so often that the page would feel it. */
  function schedule() {
    scheduled = true;
    const rest = restUntil - performance.now();
    if (rest > 0) setTimeout(refresh, rest);
    else channel.port2.postMessage(null);
  }

  function refresh() {
    scheduled = false;
    const began = performance.now();
    const next = read();
    const text = JSON.stringify(next);
    const ended = performance.now();
    restUntil = ended + (ended - began) * COST_SHARE;
    if (text === told) return;
    told = text;
    version += 1;
    reading = { version, ...next };
    waiting?.(reading);
    waiting = null;
  }

  function onVisibility() {
    if (!scheduled) schedule();
  }

  world.nightWatch = {
    path,
    profile,
    find,
    findAll,
    openDialogs,
    runningCell,
    textOf,
    /** The cell that was last seen running, if the page still has it. */
    lastCell() {
      return lastCell?.isConnected ? lastCell : null;
    },
    /** The cell whose output was cleared last, if the page still has it. */
    clearedCell() {
      return cleared?.isConnected ? cleared : null;
    },
    /** Remember that the running cell's output is being cleared. */
    clearing() {
      cleared = runningCell();
    },
    /** The present reading, made anew. */
    now() {
      refresh();
      return reading;
    },
    /** A reading other than the one of that version: at once, or when the page changes. */
    next(seen) {
      waiting?.(reading);
      waiting = null;
      if (version !== seen) return reading;
      return new Promise((resolve) => { waiting = resolve; });
    },
    stop() {
      observer.disconnect();
      channel.port1.close();
      document.removeEventListener("visibilitychange", onVisibility);
      waiting?.(reading);
    },
  };
  observer.observe(document, {
    subtree: true, childList: true, attributes: true,
    attributeFilter: [
      "class", "disabled", "hidden", "labeltext", "lang", "open", "status", "title", "tooltiptext",
      ...(profile.attributes ?? []),
    ],
  });
  document.addEventListener("visibilitychange", onVisibility);
  return world.nightWatch.now();
}
