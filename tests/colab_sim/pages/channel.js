// The line to the kernel: Jupyter messages as JSON text, and beside it a second socket whose JSON
// is no Jupyter message.

// What a transport may put around a message.
const WRAPPINGS = {
  none: { wrap: (text) => text, unwrap: (value) => value },
  list: { wrap: (text) => `[${text}]`, unwrap: ([value]) => value },
  "socket.io": { wrap: (text) => `42["message",${text}]`, unwrap: ([, value]) => value },
};

export class Channel {
  #session;
  #kernel;
  #language;
  #waiting = [];
  #wrapping;

  /**
   * `hear(message)` gets every message of the kernel; `where` is {kernel_url, lsp_url, session,
   * wrapping}. `lost` resolves when the kernel's socket is closed from the other side.
   */
  constructor(where, hear) {
    this.#session = where.session;
    this.#kernel = new WebSocket(where.kernel_url);
    this.#wrapping = WRAPPINGS[where.wrapping];
    this.#kernel.onmessage = (event) =>
      hear(this.#wrapping.unwrap(JSON.parse(event.data.replace(/^\d+/, ""))));
    this.lost = new Promise((resolve) => {
      this.#kernel.onclose = resolve;
    });
    this.#kernel.onopen = () => {
      this.#send("shell", "kernel_info_request", {});
      this.#waiting.splice(0).forEach((message) => this.#kernel.send(message));
    };
    this.#language = new WebSocket(where.lsp_url);
    this.#language.onopen = () => {
      const initialize = {
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { capabilities: {} },
      };
      this.#language.send(JSON.stringify(initialize));
    };
  }

  /** Run code under a message id that the server chose. */
  execute(id, code) {
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: true,
      stop_on_error: true,
    };
    this.#send("shell", "execute_request", content, { id });
  }

  /** Send the line that a message of the kernel asked for. */
  answer(asked, value) {
    this.#send("stdin", "input_reply", { status: "ok", value }, { parent: asked });
  }

  close() {
    this.#kernel.onmessage = null;
    this.#kernel.close();
    this.#language.close();
  }

  #send(channel, type, content, { id = crypto.randomUUID(), parent = {} } = {}) {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: "",
      version: "5.3",
      date: new Date().toISOString(),
    };
    const text = JSON.stringify({
      header,
      parent_header: parent,
      metadata: {},
      content,
      buffers: [],
      channel,
    });
    const message = this.#wrapping.wrap(text);
    if (this.#kernel.readyState === WebSocket.OPEN) {
      this.#kernel.send(message);
    } else {
      this.#waiting.push(message);
    }
  }
}
