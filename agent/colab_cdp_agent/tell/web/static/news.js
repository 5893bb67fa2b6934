// What is known: agents and their notebooks, out of the messages of the broker.
import { json, plain, readEvent, readInfo, readLines, readState } from "./payloads.js";

const MOST_AGENTS = 100;
const MOST_SESSIONS = 1000;
const MOST_POINTS = 600;
const LAST_LINES = 5;
const NEEDS_A_PERSON = new Set(["needs_you", "limited", "unreadable"]);

export const FILTERS = [
  "+/status",
  "+/info",
  "+/session/+/state",
  "+/session/+/log",
  "+/session/+/event",
  "+/session/+/screenshot",
  "+/session/+/response/+",
];

export class News {
  constructor(root) {
    this.prefix = `${root}/`;
    this.agents = new Map(); // by name
    this.sessions = new Map(); // by agent/id
  }

  get filters() {
    return FILTERS.map((filter) => this.prefix + filter);
  }

  // Takes a message, and returns what it was about: { agent, session, what, rest, bytes }.
  take(topic, bytes) {
    const [agent, what, id, detail, ...rest] = topic.slice(this.prefix.length).split("/");
    if (!topic.startsWith(this.prefix) || !agent) return null;
    if (what === "status" || what === "info") {
      this.takeAgent(agent, what, bytes);
      return { what };
    }
    if (what !== "session" || !id) return null;
    const key = `${agent}/${id}`;
    if (detail === "state") this.takeState(agent, id, bytes);
    else if (detail === "log") this.takeLines(key, bytes);
    const event = detail === "event" ? readEvent(json(bytes)) : null;
    return { key, session: this.sessions.get(key), what: detail, rest, event, bytes };
  }

  agent(name) {
    if (!this.agents.has(name) && this.agents.size < MOST_AGENTS) {
      this.agents.set(name, { name, online: null, info: null, heardAt: null });
    }
    return this.agents.get(name) ?? { name, online: null, info: null, heardAt: null };
  }

  takeAgent(name, what, bytes) {
    if (bytes.length === 0) {
      if (what === "status") this.agents.delete(name);
      return;
    }
    const agent = this.agent(name);
    if (what === "status") agent.online = plain(bytes) === "online";
    else agent.info = readInfo(bytes);
  }

  takeState(agentName, id, bytes) {
    const key = `${agentName}/${id}`;
    if (bytes.length === 0) {
      this.sessions.delete(key);
      return;
    }
    const state = readState(bytes);
    if (state === null) return;
    const agent = this.agent(agentName);
    const session = this.sessions.get(key) ?? {
      key,
      id,
      agent,
      lines: [],
      ended: null, // how many lines had ended when the last of them was told
      metricName: null,
      points: [[], []],
    };
    if (!this.sessions.has(key) && this.sessions.size >= MOST_SESSIONS) return;
    session.state = state;
    agent.heardAt = Math.max(agent.heardAt ?? 0, state.updated ?? 0);
    notePoint(session);
    noteLine(session, state.lastLine, state.lines ?? state.pageLines);
    this.sessions.set(key, session);
  }

  takeLines(key, bytes) {
    const session = this.sessions.get(key);
    const lines = readLines(json(bytes));
    if (session && lines) for (const line of lines) noteLine(session, line);
  }

  // Notebooks in the order in which a person should look at them.
  sorted() {
    return [...this.sessions.values()].sort(
      (one, other) =>
        need(one) - need(other) ||
        one.state.title.localeCompare(other.state.title) ||
        one.key.localeCompare(other.key),
    );
  }

  // What was seen of a metric before, in front of what was seen since.
  remember(session, points) {
    const [times, values] = session.points;
    const begin = times[0] ?? Infinity;
    const earlier = points.filter(([at]) => at / 1000 < begin);
    times.unshift(...earlier.map(([at]) => at / 1000));
    values.unshift(...earlier.map(([, value]) => value));
    thin(session.points);
  }
}

// 0: a person is needed; 1: something is wrong; 2: it runs; 3: at rest; 4: nobody watches it.
export function need(session) {
  const { phase, attention } = session.state;
  if (isUnseen(session)) return 4;
  if (NEEDS_A_PERSON.has(phase) || (phase === "ended" && attention)) return 0;
  if (attention || phase === "reconnecting") return 1;
  return phase === "running" ? 2 : 3;
}

export function isUnseen(session) {
  return session.agent.online === false;
}

function notePoint(session) {
  const { metrics, at } = session.state.progress;
  const found = metrics.find(([name]) => name === "loss") ?? metrics[0];
  const moment = (at ?? session.state.updated ?? 0) / 1000;
  if (!found || !moment) return;
  const [name, value] = found;
  if (name !== session.metricName) {
    session.metricName = name;
    session.points = [[], []];
  }
  const [times, values] = session.points;
  if (times.length && moment <= times.at(-1)) return;
  times.push(moment);
  values.push(value);
  thin(session.points);
}

// Every second point of the older half goes: the curve keeps its shape, and its bounds.
function thin(points) {
  while (points[0].length > MOST_POINTS) {
    const half = points[0].length / 2;
    for (const row of [0, 1]) {
      points[row] = points[row].filter((_, place) => place >= half || place % 2 === 0);
    }
  }
}

// As long as none has ended since, it is the line that was there, drawn over: a bar is one line.
function noteLine(session, line, ended = null) {
  if (!line || session.lines.at(-1) === line) return;
  if (ended !== null && ended === session.ended) session.lines.pop();
  session.ended = ended;
  session.lines.push(line);
  session.lines = session.lines.slice(-LAST_LINES);
}
