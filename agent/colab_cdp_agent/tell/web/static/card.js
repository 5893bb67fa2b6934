// The card of one notebook. It is made once, and only what differs is written anew.
import { Actions } from "./actions.js";
import { Curve } from "./curve.js";
import { follow, make, mark, write } from "./dom.js";
import { ago, clock, count, duration, gigabytes, hundredths, metric, percent } from "./figures.js";
import { isUnseen, need } from "./news.js";
import { need as needed, row, say } from "./words.js";

// U+FE0E: as a sign of the text, where a phone would draw an emoji.
const GLYPHS = {
  running: "▶\ufe0e",
  idle: "■",
  queued: "◷",
  connecting: "↻",
  reconnecting: "↻",
  needs_you: "!",
  limited: "!",
  ended: "✕",
  unreadable: "?",
  sleeping: "☾",
  gone: "○",
  paused: "‖",
  unseen: "?",
};
const WRONG = 1; // of what `need` returns: a person or a duty has something to do
let made = 0;

export class Card {
  constructor(session, doors) {
    this.session = session;
    this.number = ++made;
    this.opened = null; // null: it is not decided yet whether there is room
    this.actions = new Actions(session, doors);
    this.build();
    this.curve = new Curve(this.parts.plot);
  }

  build() {
    const titleId = `title-${this.number}`;
    const detailsId = `details-${this.number}`;
    const parts = {
      title: make("button", {
        type: "button", class: "title", id: titleId, "aria-controls": detailsId,
      }),
      glyph: make("span", { class: "glyph", "aria-hidden": "true" }),
      phase: make("span", { class: "word" }),
      since: make("span", { class: "quiet" }),
      need: make("p", { class: "need" }),
      detail: make("p", { class: "need-detail", lang: "en" }),
      bar: make("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }),
      fill: make("div", { class: "fill" }),
      percent: make("strong"),
      eta: make("span"),
      metric: make("span", { class: "metric" }),
      lastLine: make("p", { class: "last-line" }),
      news: make("p", { class: "news quiet" }),
      facts: make("p", { class: "quiet" }),
      curveName: make("p", { class: "quiet" }),
      plot: make("div", { class: "plot", "aria-hidden": "true" }),
      lines: make("pre", { class: "lines", tabindex: "0", role: "region" }),
      details: make("div", { id: detailsId, class: "details" }),
    };
    this.parts = parts;
    parts.bar.append(parts.fill);
    parts.details.append(parts.facts, parts.curveName, parts.plot, parts.lines);
    this.figures = make("p", { class: "figures" }, parts.percent, parts.eta, parts.metric);
    const phase = make("p", { class: "phase" }, parts.glyph, parts.phase, parts.since);
    this.article = make(
      "article",
      { class: "card", "aria-labelledby": titleId },
      make("h3", {}, parts.title), phase, parts.need, parts.detail, parts.bar, this.figures,
      parts.lastLine, parts.details, this.actions.element, parts.news,
    );
    this.element = make("li", {}, this.article);
    parts.title.addEventListener("click", () => {
      this.opened = !this.isOpen;
      this.show();
    });
  }

  get isOpen() {
    return this.opened ?? false;
  }

  // In seconds; of a run that stands still nobody knows it.
  get timeLeft() {
    const { phase, progress } = this.session.state;
    return phase === "running" && !isUnseen(this.session) ? progress.eta : null;
  }

  // `now` is the agents' time in milliseconds. `company`: whether there are `several` agents, and
  // whether there is `room` to open every card: null as long as not all may have come.
  show(now = this.now, company = this.company) {
    Object.assign(this, { now, company });
    this.opened ??= company.room;
    const { state } = this.session;
    const unseen = isUnseen(this.session);
    const phase = unseen ? "unseen" : state.phase;
    mark(this.article, "data-phase", phase);
    mark(this.article, "data-need", String(need(this.session)));
    write(this.parts.title, state.title);
    write(this.parts.glyph, GLYPHS[phase]);
    write(this.parts.phase, say(`phase.${phase}`));
    write(this.parts.since, unseen ? say("card.was", { phase: say(`phase.${state.phase}`) }) : this.lasts(now));
    this.showNeed(unseen);
    this.showProgress();
    write(this.parts.news, this.origin(now));
    this.showDetails();
  }

  // How long the phase holds; of a run, how long it goes on: a dialog that was answered meanwhile
  // began the phase anew. Where nobody saw the run begin, it goes on for longer than its phase.
  lasts(now) {
    const { phase, since, runStarted } = this.session.state;
    const began = (phase === "running" && runStarted) || since;
    if (began === null) return "";
    const least = phase === "running" && runStarted === null;
    return say(least ? "card.since_at_least" : "card.since", { duration: duration((now - began) / 1000) });
  }

  origin(now) {
    const { state, agent } = this.session;
    const parts = this.company.several ? [say("card.on", { agent: agent.name })] : [];
    if (state.updated !== null) parts.push(say("card.news", { age: ago((now - state.updated) / 1000) }));
    return parts.join(" · ");
  }

  showNeed(unseen) {
    const { attention } = this.session.state;
    const sentence = unseen ? { text: say("card.unseen"), detail: "" } : attention && needed(attention);
    write(this.parts.need, sentence ? sentence.text : "");
    write(this.parts.detail, sentence ? sentence.detail : "");
  }

  showProgress() {
    const { progress, lastLine } = this.session.state;
    const known = progress.fraction !== null;
    const share = known ? hundredths(progress.fraction) : 0;
    this.parts.bar.hidden = !known;
    this.parts.fill.style.width = `${share}%`;
    mark(this.parts.bar, "aria-valuenow", String(share));
    mark(this.parts.bar, "aria-label", `${say("card.progress")} ${this.session.state.title}`);
    write(this.parts.percent, known ? percent(progress.fraction) : this.steps());
    write(this.parts.eta, this.timeLeft !== null ? say("card.eta", { duration: duration(this.timeLeft) }) : "");
    const found = this.latest();
    write(this.parts.metric, found ? `${found[0]} ${metric(found[1])}` : "");
    write(this.parts.lastLine, lastLine ?? "");
  }

  latest() {
    const { metrics } = this.session.state.progress;
    return metrics.find(([name]) => name === this.session.metricName) ?? metrics[0];
  }

  steps() {
    const { epoch, epochs, step, total } = this.session.state.progress;
    if (epoch !== null) return say(epochs === null ? "card.epoch" : "card.epoch_of", { epoch, epochs });
    if (step === null) return "";
    const values = { step: count(step), total: total === null ? "" : count(total) };
    return say(total === null ? "card.step" : "card.step_of", values);
  }

  showDetails() {
    const { parts, isOpen } = this;
    const opens = isOpen && parts.details.hidden;
    mark(parts.title, "aria-expanded", String(isOpen));
    parts.details.hidden = !isOpen;
    parts.lastLine.hidden = isOpen || !this.session.state.lastLine;
    this.actions.show(isOpen, need(this.session) <= WRONG);
    if (!isOpen) return;
    write(parts.facts, row(this.facts()));
    mark(parts.lines, "aria-label", say("card.last_lines", { title: this.session.state.title }));
    const shown = () => {
      write(parts.lines, this.session.lines.join("\n"));
      parts.lines.hidden = this.session.lines.length === 0;
    };
    follow(parts.lines, shown, opens || undefined);
    this.showCurve();
  }

  facts() {
    const { progress, accelerator, ramUsed, ramTotal, lines, clears, keepAlive } =
      this.session.state;
    const facts = [accelerator];
    if (ramUsed !== null && ramTotal !== null) {
      facts.push(say("card.ram", { used: gigabytes(ramUsed), total: gigabytes(ramTotal) }));
    }
    if (progress.fraction !== null) facts.push(this.steps());
    if (progress.rate !== null) facts.push(say("card.rate", { rate: metric(progress.rate) }));
    if (this.timeLeft !== null) {
      facts.push(say("card.until", { clock: clock(this.now + this.timeLeft * 1000) }));
    }
    if (lines !== null) facts.push(say("card.lines", { count: count(lines) }));
    facts.push(say(keepAlive ? "card.kept_alive" : "card.not_kept_alive"));
    if (clears) facts.push(say("card.cleared", { count: clears }));
    const others = progress.metrics.filter(([name]) => name !== this.session.metricName);
    facts.push(...others.slice(0, 4).map(([name, value]) => `${name} ${metric(value)}`));
    return facts.filter(Boolean);
  }

  showCurve() {
    const { points, metricName } = this.session;
    const enough = points[0].length > 1;
    this.parts.plot.hidden = !enough;
    write(this.parts.curveName, metricName ? curveSays(enough, metricName, points[1]) : "");
    if (enough && this.drawn !== points[0].length + points[0][0]) {
      this.drawn = points[0].length + points[0][0];
      this.curve.show([...points]);
    }
  }
}

function curveSays(enough, name, values) {
  const ends = { name, first: metric(values[0]), last: metric(values.at(-1)) };
  return say(enough ? "card.curve" : "card.curve.wait", ends);
}
