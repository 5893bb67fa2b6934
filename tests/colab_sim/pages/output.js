// The output of one cell: text in the page itself, anything rich in a cross-origin frame.

import { el } from "./tree.js";
import { Stream } from "./stream.js";

const SANDBOX =
  "allow-downloads allow-forms allow-popups allow-same-origin allow-scripts allow-storage-access-by-user-activation";

/** Listens for what the output frames of the page answer. */
export class Frames {
  #waiting = new Map();
  #last = 0;

  constructor() {
    window.addEventListener("message", ({ data, origin }) => {
      if (origin.endsWith("-0-colab.googleusercontent.com")) {
        this.#waiting.get(data.answer)?.(data);
        this.#waiting.delete(data.answer);
      }
    });
  }

  /** Send one message to a frame and wait for its answer. */
  ask(iframe, message) {
    const answer = ++this.#last;
    iframe.contentWindow.postMessage({ ...message, answer }, new URL(iframe.src).origin);
    return new Promise((resolve) => this.#waiting.set(answer, resolve));
  }
}

export class Output {
  /** What the running cell asks a person for: {prompt, password, header}, or null. */
  question = null;
  #frames;
  #how; // {allInFrame, frameUrl, limit, notice, number}
  #stream = null;
  #iframe = null;
  #loaded = null; // resolves when the frame has loaded
  #dropped = null; // resolves when the frame is dropped, whatever it still owed
  #drop = () => {};
  #frameLines = 0;

  constructor(frames, how) {
    this.#frames = frames;
    this.#how = how;
  }

  get empty() {
    return this.#stream === null && this.#iframe === null && this.question === null;
  }

  get lines() {
    return (this.#stream?.count ?? 0) + this.#frameLines;
  }

  /** Add one output: {kind: "stream" | "error" | "html", where: "page" | "frame", text}. */
  async add({ kind, where, text }) {
    if (kind === "stream" && where !== "frame" && !this.#how.allInFrame) {
      this.#text(text);
      return;
    }
    await this.#rich({ kind, text, limit: this.#how.limit, notice: this.#how.notice });
  }

  clear() {
    this.question = null;
    this.#stream = null;
    this.#iframe = null;
    this.#frameLines = 0;
    this.#drop();
  }

  /** What stands inside `.output-iframe-sizer`; an empty renderer stays behind after a clear. */
  nodes() {
    const rendered = this.#stream ? [el("div", {}, this.#block())] : [];
    return [
      el(
        "div",
        {},
        el(
          "div",
          {},
          el(
            "colab-static-output-renderer",
            { tabindex: 0, role: "group" },
            ...rendered,
            el("div"),
          ),
        ),
      ),
      this.#iframe && el("div", { class: "outputview" }, this.#iframe),
      this.question && this.#prompt(),
    ];
  }

  #block() {
    return el(
      "div",
      { class: `stream output-id-${this.#how.number} output_text` },
      this.#stream.pre,
    );
  }

  #prompt() {
    const { prompt, password } = this.question;
    return el("label", { class: "stdin" }, prompt, el("input", { type: password ? "password" : "text" }));
  }

  #text(text) {
    this.#stream ??= new Stream(document.createElement("pre"), this.#how.limit, this.#how.notice);
    this.#stream.append(text);
  }

  async #rich(message) {
    if (!this.#iframe) {
      this.#open();
    }
    const iframe = this.#iframe;
    const dropped = this.#dropped;
    // The frame loads only once it stands in the document: the caller draws meanwhile.
    await Promise.race([this.#loaded, dropped]);
    if (iframe !== this.#iframe) {
      return;
    }
    const shown = await Promise.race([this.#frames.ask(iframe, message), dropped]);
    if (iframe === this.#iframe) {
      this.#frameLines = shown.lines;
    }
  }

  #open() {
    const iframe = document.createElement("iframe");
    iframe.setAttribute("sandbox", SANDBOX);
    iframe.src = this.#how.frameUrl;
    this.#iframe = iframe;
    this.#loaded = new Promise((resolve) =>
      iframe.addEventListener("load", resolve, { once: true }),
    );
    this.#dropped = new Promise((resolve) => {
      this.#drop = resolve;
    });
  }
}
