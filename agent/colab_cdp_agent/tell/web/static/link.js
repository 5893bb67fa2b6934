// The link to the broker: one connection after the other, each new one after a longer pause.
import mqtt from "./vendor/mqtt.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const HEALTHY_AFTER_MS = 10000;
const KEEPALIVE_S = 20;
const SILENT_TOO_LONG_MS = 1500 * KEEPALIVE_S;
const ANSWER_LIMIT_MS = 10000;

const OPTIONS = {
  protocolVersion: 4,
  clean: true,
  keepalive: KEEPALIVE_S,
  connectTimeout: ANSWER_LIMIT_MS,
  reconnectPeriod: 0, // this module tries again; a client is used once
  timerVariant: "native", // the other one starts a worker out of a text, which the page forbids
  manualConnect: true,
};

// `heard(topic, bytes)` is called for each message; `changed()` when the link's state changes.
export class Link {
  constructor({ url, filters, heard, changed, beforeRetry }) {
    this.connected = false;
    this.everConnected = false;
    this.lastHeard = null; // when the broker was last heard, by this device's clock
    this.retryAt = null;
    this.reason = "";
    Object.assign(this, { url, filters, heard, changed, beforeRetry });
    this.pause = FIRST_PAUSE_MS;
    this.timer = null;
    this.client = null;
  }

  open() {
    clearTimeout(this.timer);
    this.retryAt = null;
    const client = mqtt.connect(this.url, {
      ...OPTIONS,
      createWebsocket: (url, protocols) => this.socket(url, protocols),
    });
    this.client = client;
    client.on("connect", () => client === this.client && this.subscribe(client));
    client.on("message", (topic, payload) => client === this.client && this.heard(topic, payload));
    client.on("packetreceive", () => (this.lastHeard = Date.now()));
    client.on("error", () => {}); // each is followed by `close`
    client.on("close", () => client === this.client && this.lost());
    client.connect();
    this.changed();
  }

  // Sees to a connection that may have died while the device slept: nothing tells a page of that.
  wake() {
    const silent = Date.now() - (this.lastHeard ?? 0) > SILENT_TOO_LONG_MS;
    if (this.connected && silent) this.lost();
    if (!this.connected && this.retryAt !== null) this.open();
  }

  // Resolves once the broker has it; rejects where there is no connection.
  publish(topic, payload) {
    return this.connected
      ? this.client.publishAsync(topic, payload, { qos: 1 })
      : Promise.reject(new Error("no connection"));
  }

  socket(url, protocols) {
    const socket = new WebSocket(url, protocols);
    socket.addEventListener("close", (event) => (this.reason = event.reason));
    return socket;
  }

  subscribe(client) {
    client.subscribe(this.filters, { qos: 0 }, (error) => {
      if (error || client !== this.client) return;
      this.connected = this.everConnected = true;
      this.since = Date.now();
      this.changed();
    });
  }

  lost() {
    const client = this.client;
    this.client = null;
    client.end(true);
    if (this.connected && Date.now() - this.since > HEALTHY_AFTER_MS) this.pause = FIRST_PAUSE_MS;
    this.connected = false;
    this.retryAt = Date.now() + this.pause;
    this.timer = setTimeout(() => this.beforeRetry().then(() => this.open()), this.pause);
    this.pause = Math.min(LONGEST_PAUSE_MS, 2 * this.pause);
    this.changed();
  }
}
