// The whole: what the night comes to in one line, the agents, and the cards in the order of need.
import { Card } from "./card.js";
import { arrange, make, mark, write } from "./dom.js";
import { ago, duration } from "./figures.js";
import { need } from "./news.js";
import { need as needed, row, say } from "./words.js";

const FEW = 2;
const SETTLED_MS = 500; // after a connect: what the broker keeps has come by then
const element = (id) => document.getElementById(id);

export class Overview {
  constructor({ news, link, doors, now }) {
    Object.assign(this, { news, link, doors, now });
    this.cards = new Map(); // by key
    this.agentMarks = new Map(); // by name
    this.needing = null; // keys of whoever needed a person when last looked
  }

  show() {
    const sessions = this.news.sorted();
    const now = this.now().getTime();
    this.showSummary(sessions);
    this.showLink();
    this.showAgents(now);
    this.showCards(sessions, now);
    this.announce(sessions);
  }

  showSummary(sessions) {
    const at = (...places) => sessions.filter((session) => places.includes(need(session))).length;
    const needing = at(0);
    const parts = [];
    if (at(2)) parts.push(say("summary.running", { count: at(2) }));
    if (at(1, 3)) parts.push(say("summary.others", { count: at(1, 3) }));
    if (at(4)) parts.push(say("summary.offline", { count: at(4) }));
    const needs = needing ? say("summary.needs", { count: needing }) : say("summary.quiet");
    const none = say(this.link.connected ? "summary.none" : "summary.wait");
    write(element("needs"), sessions.length && needing ? needs : "");
    if (!needing && sessions.length) parts.unshift(needs);
    write(element("summary"), sessions.length ? row(parts) : none);
    document.title = needing ? say("page.title.needs", { count: needing }) : say("page.title");
    const empty = sessions.length === 0 && this.link.connected;
    element("empty").hidden = !empty;
    write(element("empty"), empty ? say("empty.none") : "");
  }

  showLink() {
    const { connected, everConnected, retryAt, lastHeard } = this.link;
    const place = element("link-state");
    mark(place, "data-state", connected ? "live" : "lost");
    mark(document.body, "data-stale", !connected && everConnected ? "true" : null);
    if (connected) return write(place, say("link.connected"));
    if (retryAt === null && !everConnected) return write(place, say("link.connecting"));
    // Told in steps of five seconds: a screen reader reads each change aloud.
    const rest = Math.ceil(((retryAt ?? 0) - Date.now()) / 5000) * 5;
    const again = rest > 0 ? say("link.again", { duration: duration(rest) }) : say("link.trying");
    const age = duration(Math.floor((Date.now() - (lastHeard ?? Date.now())) / 5000) * 5);
    return write(place, say(everConnected ? "link.lost" : "link.never", { age, again }));
  }

  showAgents(now) {
    const agents = [...this.news.agents.values()].sort((one, other) => one.name.localeCompare(other.name));
    const marks = agents.map((agent) => {
      const found = this.agentMarks.get(agent.name) ?? make("li");
      this.agentMarks.set(agent.name, found);
      const [state, says] = agentSays(agent, now);
      mark(found, "data-state", state);
      write(found, says);
      return found;
    });
    arrange(element("agents"), marks);
  }

  showCards(sessions, now) {
    const { connected, since } = this.link;
    const settled = connected && Date.now() - since > SETTLED_MS;
    const room = settled ? sessions.length <= FEW : null;
    const company = { several: this.news.agents.size > 1, room };
    const shown = sessions.map((session) => {
      const card = this.cards.get(session.key) ?? new Card(session, this.doors);
      this.cards.set(session.key, card);
      card.show(now, company);
      return card.element;
    });
    for (const [key, card] of this.cards) {
      if (this.news.sessions.has(key)) continue;
      card.curve.discard();
      this.cards.delete(key);
    }
    arrange(element("notebooks"), shown);
  }

  // Whoever hears the page is told of each need once; what stood there at first is in the heading.
  announce(sessions) {
    const needing = sessions.filter((session) => need(session) === 0);
    const fresh = needing.filter((session) => this.needing && !this.needing.has(session.key));
    if (fresh.length) {
      const told = fresh.map(({ state }) =>
        [state.title, state.attention ? needed(state.attention).text : say(`phase.${state.phase}`)].join(": "),
      );
      write(element("needs-aloud"), told.join(" "));
    }
    if (this.link.connected) this.needing = new Set(needing.map((session) => session.key));
  }
}

function agentSays(agent, now) {
  const { name } = agent;
  if (agent.online !== true) {
    const age = agent.heardAt ? ago((now - agent.heardAt) / 1000) : "";
    return ["offline", say(age ? "agent.offline" : "agent.offline.never", { name, age })];
  }
  const { chrome, reason, frozen = [] } = agent.info ?? {};
  if (chrome === "waiting") return ["warning", say("agent.no_chrome", { name, reason: reason ?? "" })];
  if (chrome === "needs_you") return ["warning", say("agent.needs_you", { name, reason: reason ?? "" })];
  const named = frozen.length ? `${name} (${frozen.join(", ")})` : name;
  if (chrome === "frozen") return ["warning", say("agent.frozen", { name: named })];
  return ["online", say("agent.online", { name })];
}
