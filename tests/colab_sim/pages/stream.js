// Plain text output as the page shows it: carriage returns overwrite, ANSI colours become spans,
// and a stream that grows beyond the limit keeps its newest lines under a notice.

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const ESCAPE = /\x1b\[([0-9;]*)([A-Za-z])/g;

export class Stream {
  /** The stream fills `pre`; `limit` lines are kept, or all where it is null. */
  constructor(pre, limit, notice) {
    this.pre = pre;
    this.lines = 0;
    this.cut = false;
    this.#limit = limit;
    this.#notice = notice;
  }

  #limit;
  #notice;
  #colour = null;
  #line = null; // the nodes of the unfinished last line

  append(text) {
    const pieces = text.replaceAll("\r\n", "\n").split("\n");
    const last = pieces.pop();
    const plain = pieces.length > 0 && !/[\r\x1b]/.test(text);
    if (plain) {
      this.#write(`${pieces.join("\n")}\n`);
      this.#line = null;
      this.lines += pieces.length;
    } else {
      for (const piece of pieces) {
        this.#piece(piece);
        this.#write("\n");
        this.#line = null;
        this.lines += 1;
      }
    }
    if (last) {
      this.#piece(last);
    }
    this.#trim();
  }

  /** Lines that stand in the page, an unfinished one included. */
  get count() {
    return this.lines + (this.#line ? 1 : 0) + (this.cut ? 1 : 0);
  }

  #piece(text) {
    const parts = text.split("\r");
    this.#coloured(parts[0]);
    for (const part of parts.slice(1)) {
      if (part) {
        this.#line?.forEach((node) => node.remove());
        this.#line = null;
        this.#coloured(part);
      }
    }
  }

  #coloured(text) {
    let from = 0;
    for (const escape of text.matchAll(ESCAPE)) {
      this.#write(text.slice(from, escape.index));
      from = escape.index + escape[0].length;
      if (escape[2] === "m") {
        this.#paint(escape[1]);
      }
    }
    this.#write(text.slice(from));
  }

  #paint(codes) {
    for (const code of codes.split(";").map(Number)) {
      if (code === 0 || code === 39) {
        this.#colour = null;
      } else if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) {
        this.#colour = COLOURS[code % 10];
      }
    }
  }

  #write(text) {
    if (!text) {
      return;
    }
    let node = document.createTextNode(text);
    if (this.#colour && text !== "\n") {
      const span = document.createElement("span");
      span.style.color = `var(--ansi-${this.#colour})`;
      span.append(node);
      node = span;
    }
    this.pre.append(node);
    this.#line = [...(this.#line ?? []), node];
  }

  #trim() {
    if (this.#limit === null || this.lines <= this.#limit) {
      return;
    }
    if (!this.cut) {
      this.pre.prepend(document.createTextNode(`${this.#notice}\n`));
      this.cut = true;
    }
    let spare = this.lines - this.#limit;
    while (spare > 0) {
      const node = this.pre.childNodes[1];
      const ends = node.textContent.split("\n").length - 1;
      if (ends > spare) {
        const rest = node.textContent.split("\n").slice(spare).join("\n");
        node.textContent = rest;
        this.lines -= spare;
        spare = 0;
      } else {
        node.remove();
        this.lines -= ends;
        spare -= ends;
      }
    }
  }
}
