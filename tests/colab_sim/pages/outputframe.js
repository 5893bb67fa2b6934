// Inside the cross-origin output frame: shows what the notebook page sends and answers with the
// number of lines that stand here now.

import { Stream } from "./stream.js";

const area = document.getElementById("output-area");
let stream = null;

function block(...classes) {
  const div = document.createElement("div");
  div.classList.add(...classes);
  area.append(div);
  return div;
}

function show({ kind, text, limit, notice }) {
  if (kind === "html") {
    block("display_data", "output_html").innerHTML = text;
    stream = null;
    return;
  }
  if (kind === "error" || !stream) {
    const pre = document.createElement("pre");
    const classes = kind === "error" ? ["error", "output_text"] : ["stream", "output_text"];
    block(...classes).append(pre);
    stream = new Stream(pre, limit, notice);
  }
  stream.append(text);
  if (kind === "error") {
    stream = null;
  }
}

function lines() {
  return [...area.querySelectorAll("pre")]
    .map((pre) => pre.textContent.replace(/\n$/, "").split("\n").length)
    .reduce((sum, count) => sum + count, 0);
}

window.addEventListener("message", ({ data, source, origin }) => {
  if (origin === "https://colab.research.google.com") {
    show(data);
    source.postMessage({ answer: data.answer, lines: lines() }, origin);
  }
});
