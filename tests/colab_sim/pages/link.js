// The line to the stand-in's server. Changes arrive as messages, so that a hidden page shows them
// at once; each is acknowledged when it stands in the page.

export class Link {
  #socket;

  /** `apply(op, message)` carries out one change; what it returns (or resolves to) is the answer. */
  constructor(notebookId, apply) {
    this.#socket = new WebSocket(`wss://${location.host}/_sim/link/${notebookId}`);
    this.#socket.onmessage = async (event) => {
      const message = JSON.parse(event.data);
      try {
        const value = await apply(message.op, message);
        this.#send({ ack: message.seq, value: value ?? null });
      } catch (error) {
        this.#send({ ack: message.seq, error: String(error.stack) });
      }
    };
  }

  /** Tell the server what was done to the page. */
  deed(name, what = {}) {
    this.#send({ deed: name, ...what });
  }

  /** Tell the server of an event that reached the page. */
  touch(touch) {
    this.#send({ touch });
  }

  /** Acknowledge a change ahead of time, and wait until that has left: then the page may block. */
  async ackNow(message) {
    this.#send({ ack: message.seq, value: null });
    const turn = new MessageChannel();
    do {
      await new Promise((resolve) => {
        turn.port1.onmessage = resolve;
        turn.port2.postMessage(null);
      });
    } while (this.#socket.bufferedAmount > 0);
    turn.port1.close();
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }
}
