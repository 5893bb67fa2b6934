// What comes over MQTT, read with care: whatever is not what the contract says becomes null, so that
// the rest of the page never meets a wrong type. docs/mqtt.md holds the contract.

const LONGEST_TEXT = 2000;
const LARGEST_BYTES = 524288;
const LONGEST_S = 1e9;
const MOST_LINES = 500;
const MOST_METRICS = 24;
const MOST_SERIES = 4000;
const MOST_BROWSERS = 32;
const PHASES = new Set([
  "running", "idle", "queued", "connecting", "reconnecting", "needs_you", "limited", "ended",
  "unreadable", "sleeping", "gone", "paused",
]);
const SEVERITIES = new Set(["info", "warning", "alert"]);
const decoder = new TextDecoder();

export function plain(bytes) {
  return bytes.length > LARGEST_BYTES ? "" : decoder.decode(bytes);
}

// The object or list in a payload, null where there is none.
export function json(bytes) {
  if (bytes.length === 0 || bytes.length > LARGEST_BYTES) return null;
  try {
    const value = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

export function text(value) {
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : null;
}

export function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// A length of time that somebody could live to see the end of.
function seconds(value) {
  const found = number(value);
  return found !== null && found >= 0 && found < LONGEST_S ? found : null;
}

// Milliseconds since 1970.
export function moment(value) {
  const found = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(found) ? null : found;
}

const part = (value) => (value !== null && typeof value === "object" ? value : {});

export function readState(bytes) {
  const given = json(bytes);
  if (given === null || !PHASES.has(given.phase)) return null;
  const { progress, output, runtime, run } = {
    progress: part(given.progress),
    output: part(given.output),
    runtime: part(given.runtime),
    run: part(given.run),
  };
  return {
    title: titleOf(given),
    phase: given.phase,
    since: moment(given.since),
    attention: readAttention(given.attention),
    accelerator: text(runtime.accelerator),
    ramUsed: number(runtime.ram_used),
    ramTotal: number(runtime.ram_total),
    runStarted: moment(run.started),
    progress: readProgress(progress),
    lastLine: text(output.last_line),
    lastAt: moment(output.last_at),
    lines: number(output.lines),
    pageLines: number(output.page_lines),
    keepAlive: part(part(given.duties).keep_alive).on === true,
    clears: number(part(part(given.duties).clear).count) ?? 0,
    updated: moment(given.updated),
  };
}

// A notebook may be open in two browsers: then its name alone says too little.
function titleOf(given) {
  const title = text(given.title) || text(given.id) || "?";
  const browser = text(given.browser);
  return browser ? `${title} (${browser})` : title;
}

function readAttention(given) {
  const kind = text(part(given).kind);
  return kind ? { kind, since: moment(given.since), text: text(given.text) ?? "" } : null;
}

function readProgress(given) {
  const metrics = Object.entries(part(given.metrics))
    .filter(([, value]) => number(value) !== null)
    .slice(0, MOST_METRICS);
  return {
    fraction: number(given.fraction),
    step: number(given.step),
    total: number(given.total),
    epoch: number(given.epoch),
    epochs: number(given.epochs),
    rate: number(given.rate),
    eta: seconds(given.eta_s),
    metrics,
    at: moment(given.at),
  };
}

export function readInfo(bytes) {
  const given = json(bytes);
  if (given === null) return null;
  const chrome = part(given.chrome);
  const listed = Array.isArray(given.browsers) ? given.browsers.slice(0, MOST_BROWSERS) : [];
  const frozen = listed.filter((browser) => part(browser).state === "frozen");
  return {
    host: text(given.host),
    chrome: text(chrome.state),
    reason: text(chrome.reason),
    frozen: frozen.map((browser) => text(browser.name)).filter(Boolean),
  };
}

export function readEvent(given) {
  const at = moment(part(given).at);
  const kind = text(part(given).kind);
  if (at === null || kind === null) return null;
  return {
    id: text(given.id),
    at,
    kind,
    severity: SEVERITIES.has(given.severity) ? given.severity : "info",
    text: text(given.text) ?? "",
    cause: text(given.cause),
    evidence: text(given.evidence),
  };
}

export function readLines(given) {
  const lines = Array.isArray(given) ? given : part(given).lines;
  if (!Array.isArray(lines)) return null;
  return lines.filter((line) => typeof line === "string").slice(-MOST_LINES).map(text);
}

// The events in an answer to `history`, in order, and the loss where it tells of it.
export function readHistory(given) {
  const listed = Array.isArray(given) ? given : part(given).events;
  if (!Array.isArray(listed)) return null;
  const events = listed.map(readEvent).filter((event) => event !== null);
  return { events: events.sort((one, other) => one.at - other.at), loss: readSeries(given) };
}

function readSeries(given) {
  const points = part(given).loss;
  if (!Array.isArray(points)) return [];
  return points
    .map((point) => (Array.isArray(point) ? [moment(point[0]), number(point[1])] : [null, null]))
    .filter(([at, value]) => at !== null && value !== null)
    .slice(-MOST_SERIES);
}

export function readResponse(bytes) {
  const given = json(bytes);
  if (given === null || !["ok", "error", "refused"].includes(given.status)) return null;
  return {
    status: given.status,
    transaction: text(given.transaction),
    data: given.data ?? null,
    error: text(given.error),
  };
}
