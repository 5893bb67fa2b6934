// Elements from descriptions, changed in place as Colab's own templates do it: an element that is
// still wanted keeps its identity, its shadow root and whatever others put on it.

const GIVEN = Symbol("what the description gave");
const DRAWN = new Set(["svg", "mask"]);
const OURS = new WeakSet(); // nodes that others put into the page are left alone

// Elements of the three front ends that carry an open shadow root.
const HOSTS = [
  "colab-cell-next-steps",
  "colab-connect-button",
  "colab-connect-warning-button",
  "colab-execution-status",
  "colab-notebook-toolbar-run-button",
  "colab-output-info",
  "colab-recaptcha-dialog",
  "colab-run-button",
  "colab-runtime-button",
  "colab-runtime-status",
  "colab-sessions-dialog",
  "colab-snackbar",
  "colab-status-bar",
  "colab-toolbar-button",
  "colab-tooltip-trigger",
  "colab-usage-display",
  "colab-usage-sparkline",
  "md-circular-progress",
  "md-dialog",
  "md-icon",
  "md-icon-button",
  "md-menu",
  "md-menu-item",
  "md-text-button",
  "mwc-button",
  "mwc-dialog",
  "mwc-icon-button",
  "paper-button",
  "paper-icon-button",
];
for (const tag of HOSTS) {
  customElements.define(
    tag,
    class extends HTMLElement {
      constructor() {
        super();
        this.attachShadow({ mode: "open" });
      }
    },
  );
}

/**
 * Describe an element. Of `attributes`, `shadow` lists the children of the shadow root, `on` maps
 * event types to listeners, `born` is called once with the new element; the rest are attributes.
 */
export function el(tag, attributes = {}, ...children) {
  const { shadow = null, on = {}, born = null, ...plain } = attributes;
  return { tag, plain, shadow, on, born, children };
}

/**
 * Make the children of `parent` what `wanted` describes: descriptions, strings or nodes. What goes
 * is removed first, so that nothing that stays is moved: a frame that is moved loads again.
 */
export function patch(parent, wanted) {
  const items = wanted.flat(Infinity).filter((item) => item || item === "");
  const pool = [...parent.childNodes].filter((node) => OURS.has(node));
  const kept = items.map((item) => {
    const found = pool.findIndex((node) => fits(node, item));
    return found < 0 ? null : pool.splice(found, 1)[0];
  });
  pool.forEach((node) => node.remove());
  let cursor = parent.firstChild;
  items.forEach((item, index) => {
    while (cursor && !OURS.has(cursor)) {
      cursor = cursor.nextSibling;
    }
    const node = kept[index] ?? create(item);
    update(node, item);
    OURS.add(node);
    if (node === cursor) {
      cursor = cursor.nextSibling;
    } else {
      parent.insertBefore(node, cursor);
    }
  });
}

function fits(node, item) {
  if (item instanceof Node) {
    return node === item;
  }
  if (typeof item === "string") {
    return node.nodeType === Node.TEXT_NODE;
  }
  return node.localName === item.tag && node[GIVEN]?.plain.id === item.plain.id;
}

function create(item) {
  if (item instanceof Node) {
    return item;
  }
  if (typeof item === "string") {
    return document.createTextNode(item);
  }
  const element = DRAWN.has(item.tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", item.tag)
    : document.createElement(item.tag);
  item.born?.(element);
  return element;
}

function update(node, item) {
  if (item instanceof Node) {
    return;
  }
  if (typeof item === "string") {
    if (node.nodeValue !== item) {
      node.nodeValue = item;
    }
    return;
  }
  const before = node[GIVEN] ?? { plain: {}, on: {} };
  node[GIVEN] = item;
  for (const name of Object.keys({ ...before.plain, ...item.plain })) {
    assign(node, name, item.plain[name]);
  }
  for (const type of Object.keys(item.on)) {
    if (!(type in before.on)) {
      node.addEventListener(type, (event) => node[GIVEN].on[type]?.(event));
    }
  }
  if (node.shadowRoot) {
    patch(node.shadowRoot, item.shadow ?? [el("slot")]);
  }
  patch(node, item.children);
}

function assign(element, name, value) {
  if (value === undefined || value === null || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== (value === true ? "" : String(value))) {
    element.setAttribute(name, value === true ? "" : value);
  }
}
