// Making and changing elements. Whatever comes over MQTT goes in as text: nothing here reads markup.
const NEAR_PX = 40;

export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// What reads the same is left alone: a screen reader hears changes only, and a selection stays.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function mark(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// Changes what is in a place that scrolls; whoever looks at its end goes on doing so.
export function follow(place, change, atEnd = isAtEnd(place)) {
  change();
  if (atEnd) place.scrollTop = place.scrollHeight;
}

function isAtEnd(place) {
  return place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_PX;
}

// Puts children in this order, and moves none that is in its place already: a moved one would lose
// the focus that is in it.
export function arrange(parent, wanted) {
  const focused = document.activeElement;
  wanted.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus();
}
