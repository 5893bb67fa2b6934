// Requests to agents, and their answers: each ends as `ok`, `refused`, `error`, `none` or `unsent`.
import { readResponse } from "./payloads.js";

const TTL_S = 30;
const ANSWER_LIMIT_MS = 90000; // a reconnect is answered once it is verified
const ANSWER_QUIETLY_MS = 5000;

export class Requests {
  // `now()` is the agents' time: this device's clock may be wrong, and old requests are refused.
  constructor({ root, publish, now }) {
    Object.assign(this, { root, publish, now });
    this.open = new Map(); // by transaction
  }

  // Resolves with { outcome, data, says }.
  async ask(session, verb, args = {}) {
    const transaction = name();
    const request = { transaction, at: this.now().toISOString(), ttl_s: TTL_S, args };
    const topic = `${this.root}/${session.key.replace("/", "/session/")}/request/${verb}`;
    const answered = new Promise((resolve) => this.open.set(transaction, resolve));
    const timer = setTimeout(() => this.finish(transaction, { outcome: "none" }), ANSWER_LIMIT_MS);
    try {
      await this.publish(topic, JSON.stringify(request));
    } catch {
      this.finish(transaction, { outcome: "unsent" });
    }
    const answer = await answered;
    clearTimeout(timer);
    return answer;
  }

  take(bytes) {
    const response = readResponse(bytes);
    if (response === null || response.transaction === null) return;
    const { transaction, status, data, error } = response;
    const says = error ?? (typeof data?.result === "string" ? data.result : "");
    this.finish(transaction, { outcome: status, data, says });
  }

  // The link was lost: what was asked may be answered, but nobody will hear it.
  lost() {
    for (const transaction of this.open.keys()) {
      setTimeout(() => this.finish(transaction, { outcome: "none" }), ANSWER_QUIETLY_MS);
    }
  }

  finish(transaction, answer) {
    this.open.get(transaction)?.(answer);
    this.open.delete(transaction);
  }
}

// `crypto.randomUUID` is not there on a page without TLS, as on the local network.
function name() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
