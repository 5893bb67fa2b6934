// The night of one notebook: its phases as a bar, and what happened as a list, the newest first.
import { make } from "./dom.js";
import { clock, count, duration } from "./figures.js";
import { say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const HEIGHT = 24;
const CHANGE = /^(\w+) → (\w+)$/;

export function timeline({ events }, { began, now, phase }) {
  const bar = phasesBar(segments(events, { began, now, phase }));
  const told = events.filter((event) => !(event.kind === "keep_alive" && event.severity === "info"));
  const kept = events.length - told.length;
  const list = make("ol", { class: "events" }, ...told.reverse().map(entry));
  if (kept) list.prepend(make("li", { class: "quiet" }, say("event.keep_alive", { count: count(kept) })));
  return [bar, list];
}

// What the phases were, each { phase, begin, end }, out of the events that tell of a change. Before
// the first of them nobody knows; without any, the present phase holds since it `began`.
export function segments(events, { began, now, phase }) {
  const changes = events
    .filter((event) => event.kind === "phase" && CHANGE.test(event.text))
    .map((event) => ({ at: event.at, after: CHANGE.exec(event.text)[2] }));
  if (changes.length === 0) changes.push({ at: began, after: phase });
  return changes
    .map(({ at, after }, place) => ({ phase: after, begin: at, end: changes[place + 1]?.at ?? now }))
    .filter(({ begin, end }) => end > begin);
}

function phasesBar(parts) {
  const begin = parts[0]?.begin ?? 0;
  const end = parts.at(-1)?.end ?? 1;
  const bar = document.createElementNS(SVG, "svg");
  const attributes = {
    class: "phases",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": say("sheet.phases", { begin: clock(begin), end: clock(end), parts: spoken(parts) }),
  };
  for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, value);
  for (const part of parts) {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("x", ((part.begin - begin) / (end - begin)) * WIDTH);
    rect.setAttribute("width", Math.max(1, ((part.end - part.begin) / (end - begin)) * WIDTH));
    rect.setAttribute("height", HEIGHT);
    rect.setAttribute("data-phase", part.phase);
    bar.append(rect);
  }
  const ends = make("p", { class: "ends quiet", "aria-hidden": "true" }, clock(begin), make("span"), clock(end));
  return make("div", {}, bar, ends, legend(parts));
}

function spoken(parts) {
  return totals(parts)
    .map(([phase, length]) => say("sheet.phases.part", { phase: say(`phase.${phase}`), duration: duration(length) }))
    .join(", ");
}

function legend(parts) {
  const entries = totals(parts).map(([phase, length]) =>
    make("li", { "data-phase": phase }, `${say(`phase.${phase}`)} ${duration(length)}`),
  );
  return make("ul", { class: "legend", "aria-hidden": "true" }, ...entries);
}

function totals(parts) {
  const lengths = new Map();
  for (const { phase, begin, end } of parts) {
    lengths.set(phase, (lengths.get(phase) ?? 0) + (end - begin) / 1000);
  }
  return [...lengths].sort((one, other) => other[1] - one[1]);
}

function entry(event) {
  const change = CHANGE.exec(event.text);
  const text = change && event.kind === "phase"
    ? `${say(`phase.${change[1]}`)} → ${say(`phase.${change[2]}`)}`
    : event.text;
  const made = make("li", { "data-severity": event.severity }, make("time", {}, clock(event.at)), " ", text);
  const why = [event.cause, event.evidence].filter(Boolean).join(": ");
  if (why) made.append(make("p", { class: "quiet" }, why));
  return made;
}
