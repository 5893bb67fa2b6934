// The code cells of the page: what the kernel's messages make of them, and their outputs.

import { Output } from "./output.js";

function plain(text) {
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** The output that a Jupyter message of the iopub channel adds to its cell, or null. */
function outputOf({ msg_type: type, content }) {
  if (type === "stream") {
    return { kind: "stream", where: "page", text: content.text };
  }
  if (type === "error") {
    return { kind: "error", where: "frame", text: plain(content.traceback.join("\n")) };
  }
  if (type !== "execute_result" && type !== "display_data") {
    return null;
  }
  const html = content.data["text/html"];
  return html === undefined
    ? { kind: "stream", where: "page", text: plain(content.data["text/plain"] ?? "") }
    : { kind: "html", where: "frame", text: html };
}

export class Cells {
  list = [];
  /** How the last run of any cell ended: "ok", "failed" or null. */
  last = null;
  #frames;
  #how;
  #outputs = new Map();
  #runs = new Map(); // message id -> cell id
  #redraw;

  constructor(frames, how, redraw) {
    this.#frames = frames;
    this.#how = how;
    this.#redraw = redraw;
  }

  /** Take over the cells as the server knows them; outputs are kept unless given. */
  set(cells, { replay = false } = {}) {
    const before = new Map(this.list.map((cell) => [cell.id, cell.state]));
    this.list = cells.map((cell, index) => ({ ...cell, index }));
    for (const { id, state } of this.list) {
      if (state !== before.get(id) && ["ok", "failed"].includes(state)) {
        this.last = state;
      }
    }
    this.list
      .filter(({ state }) => state !== "running")
      .forEach((cell) => {
        this.output(cell).question = null;
      });
    return replay ? Promise.all(this.list.map((cell) => this.#replay(cell))) : null;
  }

  async #replay(cell) {
    this.output(cell).clear();
    for (const output of cell.outputs) {
      await this.add(cell.index, output);
    }
  }

  output(cell) {
    if (!this.#outputs.has(cell.id)) {
      const number = this.#outputs.size + 1;
      this.#outputs.set(cell.id, new Output(this.#frames, { ...this.#how, number }));
    }
    return this.#outputs.get(cell.id);
  }

  /** Add one output; the page is drawn anew when the cell had none, or gets a frame. */
  add(index, output) {
    const place = this.output(this.list[index]);
    const before = place.nodes().filter(Boolean).length + (place.empty ? 0 : 1);
    const done = place.add(output);
    if (place.nodes().filter(Boolean).length + (place.empty ? 0 : 1) !== before) {
      this.#redraw();
    }
    return done;
  }

  clear(index) {
    for (const cell of index === null ? this.list : [this.list[index]]) {
      this.output(cell).clear();
      cell.clearOnNext = false;
    }
    this.#redraw();
  }

  /** Remember which cell the message `id` runs. */
  expect(id, index) {
    this.#runs.set(id, this.list[index].id);
  }

  /** Apply one message of the kernel to the cell that caused it; false when none did. */
  hear(message) {
    const id = this.#runs.get(message.parent_header?.msg_id);
    const cell = this.list.find((one) => one.id === id);
    if (!cell) {
      return false;
    }
    const { msg_type: type, content } = message;
    if (type === "status") {
      this.#status(cell, content.execution_state);
    } else if (type === "execute_input") {
      cell.count = content.execution_count;
      this.#redraw();
    } else if (type === "clear_output" && content.wait) {
      cell.clearOnNext = true;
    } else if (type === "clear_output") {
      this.clear(cell.index);
    } else if (type === "input_request") {
      this.output(cell).question = { ...content, header: message.header };
      this.#redraw();
    } else if (type === "execute_reply" && content.status === "aborted") {
      cell.state = "idle";
      this.#redraw();
    }
    const output = outputOf(message);
    if (output) {
      if (cell.clearOnNext) {
        this.clear(cell.index);
      }
      this.add(cell.index, output);
    }
    if (type === "error") {
      cell.state = this.last = "failed";
      this.#redraw();
    }
    return true;
  }

  /** Show the answer to a cell's question; return the question, or null where none was heard. */
  answered(index, line) {
    const place = this.output(this.list[index]);
    const { question } = place;
    place.question = null;
    this.add(index, { kind: "stream", where: "page", text: line });
    this.#redraw();
    return question;
  }

  #status(cell, state) {
    if (state === "idle" && this.output(cell).question) {
      this.output(cell).question = null;
      this.#redraw();
    }
    if (state === "busy") {
      cell.state = "running";
      cell.stale = false;
      this.#redraw();
    } else if (state === "idle" && cell.state === "running") {
      cell.state = this.last = "ok";
      this.#redraw();
    }
  }
}
