// The page's line to the kernel: Jupyter messages as JSON text, and beside it a second socket
// whose JSON is no Jupyter message.

export class Channel {
  #session;
  #kernel;
  #language;
  #waiting = [];

  /** `hear(message)` gets every message of the kernel; `where` is {kernel_url, lsp_url, session}. */
  constructor(where, hear) {
    this.#session = where.session;
    this.#kernel = new WebSocket(where.kernel_url);
    this.#kernel.onmessage = (event) => hear(JSON.parse(event.data));
    this.#kernel.onopen = () => {
      this.#request("shell", "kernel_info_request", {});
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
      allow_stdin: false,
      stop_on_error: true,
    };
    this.#request("shell", "execute_request", content, id);
  }

  close() {
    this.#kernel.onmessage = null;
    this.#kernel.close();
    this.#language.close();
  }

  #request(channel, type, content, id = crypto.randomUUID()) {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: "",
      version: "5.3",
      date: new Date().toISOString(),
    };
    const message = JSON.stringify({
      header,
      parent_header: {},
      metadata: {},
      content,
      buffers: [],
      channel,
    });
    if (this.#kernel.readyState === WebSocket.OPEN) {
      this.#kernel.send(message);
    } else {
      this.#waiting.push(message);
    }
  }
}
