// What can be asked of a notebook, and what came of it: pending, done, refused or failed, in words.
import { make, mark, write } from "./dom.js";
import { say } from "./words.js";

const MARKS = { pending: "…", ok: "✓", refused: "✕", error: "✕", none: "?", unsent: "✕" };
const LOOKS = ["log", "history", "screenshot"];
const HELPFUL = ["log", "screenshot", "reconnect"];
const DONE_SHOWN_MS = 60000;

export class Actions {
  // `requests` asks; `look(session, view)` opens a view: log, history or screenshot.
  constructor(session, { requests, look }) {
    this.session = session;
    this.requests = requests;
    this.answer = null;
    this.buttons = {
      reconnect: this.button(() => this.ask("reconnect", say("verb.reconnect"))),
      clear: this.button(() => this.ask("clear", say("verb.clear"))),
      pause: this.button(() => this.ask(this.pauseVerb, say(`verb.${this.pauseVerb}`))),
      keepAlive: this.button(() => this.turnKeepAlive()),
      screenshot: this.button(() => look(session, "screenshot")),
      log: this.button(() => look(session, "log")),
      history: this.button(() => look(session, "history")),
    };
    this.says = make("p", { class: "answer", role: "status" });
    const { reconnect, clear, pause, keepAlive, screenshot, log, history } = this.buttons;
    this.element = make(
      "div",
      { class: "actions" },
      make("div", { class: "buttons" }, log, history, screenshot, reconnect, clear, pause, keepAlive),
      this.says,
    );
  }

  get pauseVerb() {
    return this.session.state.phase === "paused" ? "resume" : "pause";
  }

  button(pressed) {
    const made = make("button", { type: "button" });
    made.addEventListener("click", () => pressed());
    return made;
  }

  turnKeepAlive() {
    const on = !this.session.state.keepAlive;
    this.ask("keep_alive", say(on ? "verb.keep_alive.on" : "verb.keep_alive.off"), { on });
  }

  async ask(verb, named, args = {}) {
    if (this.answer?.outcome === "pending") return;
    const answer = { outcome: "pending", named, says: "" };
    this.answer = answer;
    this.show();
    const given = await this.requests.ask(this.session, verb, args);
    Object.assign(answer, given);
    this.show();
    if (answer.outcome === "ok") {
      setTimeout(() => {
        if (this.answer === answer) this.answer = null;
        this.show();
      }, DONE_SHOWN_MS);
    }
  }

  // All of them on an open card; on a closed one where something is wrong, those that help.
  show(all = this.all, some = this.some) {
    Object.assign(this, { all, some });
    this.element.hidden = !all && !some && this.answer === null;
    for (const [name, button] of Object.entries(this.buttons)) {
      button.hidden = !all && !(some && HELPFUL.includes(name));
    }
    const { keepAlive, phase } = this.session.state;
    const pending = this.answer?.outcome === "pending";
    const names = {
      reconnect: "verb.reconnect",
      clear: "verb.clear",
      pause: `verb.${phase === "paused" ? "resume" : "pause"}`,
      keepAlive: keepAlive ? "verb.keep_alive.off" : "verb.keep_alive.on",
      screenshot: "verb.screenshot",
      log: "verb.log",
      history: "verb.history",
    };
    for (const [name, button] of Object.entries(this.buttons)) {
      write(button, say(names[name]));
      const looks = LOOKS.includes(name);
      mark(button, "aria-disabled", pending && !looks ? "true" : null);
    }
    mark(this.says, "data-outcome", this.answer?.outcome ?? null);
    write(this.says, this.answer ? `${MARKS[this.answer.outcome]} ${this.sentence()}` : "");
  }

  sentence() {
    const { outcome, named, says } = this.answer;
    const key = outcome === "ok" && says ? "answer.ok.says" : `answer.${outcome}`;
    return say(key, { verb: named, says });
  }
}
