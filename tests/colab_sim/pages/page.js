// The notebook page: shows the state that the server holds, and reports what is done to it.

import { exposeApi } from "./api.js";
import { Cells } from "./cells.js";
import { dialogView } from "./dialogs.js";
import { openChannel } from "./farchannel.js";
import * as generation2020 from "./generation2020.js";
import * as generation2023 from "./generation2023.js";
import * as generation2025 from "./generation2025.js";
import { Link } from "./link.js";
import { Frames } from "./output.js";
import { Menus } from "./menus.js";
import { lookAlikes, snackbars, textCell } from "./parts.js";
import { el, patch } from "./tree.js";

const GENERATIONS = { 2020: generation2020, 2023: generation2023, 2025: generation2025 };
const recorder = globalThis.colabSimRecorder;

class Page {
  state = null;
  cells = null;
  #channel = null;
  #frames = new Frames();
  #generation = null;
  #link = null;
  #menus = new Menus(
    (name, what) => this.act(name, what),
    () => this.draw(),
  );
  #busySince = null;
  #visibility = [document.visibilityState];

  open() {
    exposeApi(this);
    // The status bar counts seconds, as the real one does; no state hangs on this timer.
    setInterval(() => this.#busySince && this.draw(), 1000);
    document.addEventListener("visibilitychange", () =>
      this.#visibility.push(document.visibilityState),
    );
    this.#link = new Link(location.pathname.split("/").pop(), (op, message) =>
      this.#changes[op](message),
    );
  }

  // What the server tells the page, by name.
  #changes = {
    notebook: (message) => this.#begin(message.state),
    patch: (message) => this.#patch(message.state),
    output: async ({ index, output }) => {
      await this.cells.add(index, output);
    },
    clear: ({ index }) => this.cells.clear(index),
    channel: (message) => this.#connect(message),
    channel_lost: async () => {
      await this.#channel?.lost;
    },
    execute: (message) => this.#execute(message),
    answer: (message) => this.#answer(message),
    read: () => this.#read(),
    freeze: async (message) => {
      await this.#link.ackNow(message);
      for (;;) {
        /* the page's own endless loop */
      }
    },
    alert: async (message) => {
      await this.#link.ackNow(message);
      alert(message.text);
    },
  };

  async #begin(state) {
    this.state = state;
    this.#generation = GENERATIONS[state.generation];
    const how = {
      allInFrame: this.#generation.allOutputInFrame || state.private_outputs,
      frameUrl: state.frame_url,
      limit: state.output_limit,
      notice: state.texts.truncated,
    };
    this.cells = new Cells(this.#frames, how, () => this.draw());
    const replayed = this.cells.set(state.cells, { replay: true });
    this.draw();
    await replayed;
    recorder.tell = (touch) => this.#link.touch(touch);
    recorder.kept.splice(0).forEach(recorder.tell);
  }

  #patch(change) {
    Object.assign(this.state, change);
    if (change.cells) {
      this.cells.set(change.cells);
    }
    this.#account(this.state.signed_in);
    this.draw();
  }

  #account(signedIn) {
    const meta = document.querySelector("meta[name=og-profile-acct]");
    if (!signedIn) {
      meta?.remove();
    } else if (!meta) {
      const made = document.createElement("meta");
      made.name = "og-profile-acct";
      made.content = "someone@example.com";
      document.head.append(made);
    }
  }

  // A new line to the kernel, or none; with it comes what the cells printed meanwhile.
  async #connect({ where, cells, runs }) {
    this.#channel?.close();
    this.#channel = null;
    if (where) {
      const replayed = this.cells.set(cells, { replay: true });
      Object.entries(runs).forEach(([id, index]) => this.cells.expect(id, index));
      const hear = (message) => this.cells.hear(message);
      this.#channel = openChannel(where, hear, this.state.frame_url);
      this.draw();
      await replayed;
    }
  }

  #execute({ id, index, code, here }) {
    this.cells.expect(id, index);
    this.cells.list[index].state = "pending";
    this.draw();
    if (here) {
      this.#channel.execute(id, code);
    }
  }

  // What was typed stands in the output; the page that was asked sends it.
  #answer({ index, line, value }) {
    const { header } = this.cells.answered(index, line) ?? {};
    if (header) {
      this.#channel.answer(header, value);
    }
    return header !== undefined;
  }

  #read() {
    return {
      connection: this.state.connection,
      cells: this.cells.list.map((cell) => ({
        state: cell.state,
        count: cell.count,
        lines: this.cells.output(cell).lines,
        has_output: !this.cells.output(cell).empty,
        asks: this.cells.output(cell).question?.prompt ?? null,
      })),
      lines: this.cells.list.reduce((sum, cell) => sum + this.cells.output(cell).lines, 0),
      dialogs: this.state.dialogs.map((dialog) => dialog.kind),
      snackbars: this.state.snackbars,
      panel: this.state.panel,
      visibility: document.visibilityState,
      visibility_changes: this.#visibility.length - 1,
    };
  }

  /** Something was done to the page. */
  act(name, what = {}) {
    if (name === "menu") {
      const cell = this.cells.list[what.index];
      cell.menuOpen = !cell.menuOpen;
    } else if (name === "run_menu") {
      this.state.runMenuOpen = !this.state.runMenuOpen;
    } else {
      this.#now(name, what);
      this.#link.deed(name, what);
    }
    this.draw();
  }

  // The part of a deed that shows before the server has answered.
  #now(name, what) {
    if (name === "clear") {
      this.cells.list.forEach((cell) => {
        cell.menuOpen = false;
      });
      this.cells.clear(what.index);
    }
    if (name === "command") {
      this.state.runMenuOpen = false;
      if (what.command === "clear-outputs") {
        this.cells.clear(null);
      }
    }
  }

  draw() {
    const busy = this.cells.list.some((cell) => cell.state === "running");
    this.#busySince = busy ? (this.#busySince ?? Date.now()) : null;
    const seconds = busy ? Math.floor((Date.now() - this.#busySince) / 1000) : 0;
    const state = { ...this.state, cells: this.cells.list, last_run: this.cells.last, seconds };
    const act = (name, what) => this.act(name, what);
    const answer = ({ id }, button) => this.act("answer", { id, button });
    patch(document.body, [
      snackbars(state, act),
      el(
        "div",
        { id: "header" },
        el("div", { id: "doc-name" }, state.title),
        this.#menus.buttons(state),
      ),
      this.#generation.toolbar(state, act),
      el(
        "div",
        { class: "notebook-container" },
        el(
          "div",
          { class: "notebook-cell-list" },
          textCell(state.title),
          state.cells.map((cell) =>
            this.#generation.cell(state, cell, this.cells.output(cell), act),
          ),
        ),
      ),
      state.panel && this.#generation.panel(state, act),
      this.#generation.statusBar(state),
      lookAlikes(),
      this.#menus.menus(state),
      state.dialogs.map((one) =>
        this.#generation.dialog(dialogView(one, state, answer, recorder), state),
      ),
    ]);
  }
}

new Page().open();
