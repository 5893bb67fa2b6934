// The sheet over the page: one notebook's log, night or screenshot, asked for when it is opened.
import { Curve } from "./curve.js";
import { follow, make, write } from "./dom.js";
import { clock, count } from "./figures.js";
import { readHistory, readLines } from "./payloads.js";
import { timeline } from "./timeline.js";
import { say } from "./words.js";

const LINES = 300;
const NIGHT_MS = 12 * 3600 * 1000;
const LARGEST_PICTURE_BYTES = 1048576;
const element = (id) => document.getElementById(id);

export class Sheet {
  constructor({ requests, news, now }) {
    Object.assign(this, { requests, news, now });
    this.session = null;
    this.view = null;
    this.picture = null; // the address of the one that is shown
    element("sheet-close").addEventListener("click", () => element("sheet").close());
    element("sheet").addEventListener("close", () => element("sheet").open || this.empty());
  }

  async open(session, view) {
    this.empty();
    Object.assign(this, { session, view });
    write(element("sheet-close"), say("sheet.close"));
    write(element("sheet-heading"), say(`sheet.${view}`, { title: session.state.title }));
    write(element("sheet-state"), say("sheet.wait"));
    element("sheet").showModal();
    const since = new Date(this.now().getTime() - NIGHT_MS);
    const args = { log: { lines: LINES }, history: { since: since.toISOString() }, screenshot: {} };
    const answer = await this.requests.ask(session, view, args[view]);
    if (this.session !== session || this.view !== view) return;
    if (answer.outcome !== "ok") this.say(answerSays(view, answer));
    else if (view === "log") this.showLog(answer.data);
    else if (view === "history") this.showHistory(answer.data, since.getTime());
  }

  // A picture comes as a message of its own, before the answer.
  takePicture(session, bytes) {
    const wanted = this.session === session && this.view === "screenshot";
    if (!wanted || bytes.length === 0 || bytes.length > LARGEST_PICTURE_BYTES) return;
    if (this.picture !== null) URL.revokeObjectURL(this.picture);
    this.picture = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    const says = say("sheet.picture", { clock: clock(this.now()) });
    element("sheet-body").replaceChildren(make("img", { src: this.picture, alt: says }));
    this.say(says);
  }

  // While the log is open, lines that are published are added to it.
  takeLines(session, bytes, lines) {
    if (this.session !== session || this.view !== "log" || !this.log || !lines?.length) return;
    this.lines = [...this.lines, ...lines].slice(-2 * LINES);
    follow(element("sheet-body"), () => {
      this.log.textContent = this.lines.join("\n");
    });
  }

  say(text) {
    write(element("sheet-state"), text);
  }

  showLog(data) {
    this.lines = readLines(data) ?? [];
    this.log = make("pre", { class: "lines" });
    this.log.textContent = this.lines.join("\n");
    const body = element("sheet-body");
    body.replaceChildren(this.log);
    body.scrollTop = body.scrollHeight;
    const values = { count: count(this.lines.length), clock: clock(this.now()) };
    this.say(this.lines.length ? say("sheet.log.as_of", values) : say("sheet.log.empty"));
  }

  showHistory(data, since) {
    const history = readHistory(data);
    const values = { clock: clock(since), count: count(history?.events.length ?? 0) };
    this.say(history?.events.length ? say("sheet.history.since", values) : say("sheet.history.empty", values));
    if (history === null) return;
    this.news.remember(this.session, history.loss);
    const { phase, since: began } = this.session.state;
    const night = { began: Math.max(since, began ?? since), now: this.now().getTime(), phase };
    const [bar, list] = timeline(history, night);
    const plot = make("div", { class: "plot", "aria-hidden": "true" });
    plot.hidden = this.session.points[0].length < 2;
    element("sheet-body").replaceChildren(bar, plot, list);
    this.curve = new Curve(plot);
    if (!plot.hidden) this.curve.show([...this.session.points]);
  }

  empty() {
    element("sheet-body").replaceChildren();
    if (this.picture !== null) URL.revokeObjectURL(this.picture);
    this.curve?.discard();
    Object.assign(this, { session: null, view: null, picture: null, log: null, curve: null, lines: [] });
  }
}

function answerSays(view, { outcome, says }) {
  return say(`answer.${outcome}`, { verb: say(`verb.${view}`), says });
}
