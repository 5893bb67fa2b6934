// The page's side of a line to the kernel that lives in a dedicated worker or in a cross-site frame.

import { Channel } from "./channel.js";

/** Open a line where the notebook wants it to live. */
export function openChannel(where, hear, frameUrl) {
  return where.place === "page" ? new Channel(where, hear) : new FarChannel(where, hear, frameUrl);
}

class FarChannel {
  #port;
  #end;

  constructor(where, hear, frameUrl) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.lost = new Promise((resolve) => {
      port1.onmessage = ({ data }) => ("heard" in data ? hear(data.heard) : resolve());
    });
    this.#end = where.place === "worker" ? inWorker(where, port2) : inFrame(where, port2, frameUrl);
  }

  execute(...args) {
    this.#port.postMessage({ call: "execute", args });
  }

  answer(...args) {
    this.#port.postMessage({ call: "answer", args });
  }

  close() {
    this.#port.onmessage = null;
    this.#end();
  }
}

function inWorker(where, port) {
  const worker = new Worker("/_sim/pages/channelhost.js", { type: "module" });
  worker.postMessage(where, [port]);
  return () => worker.terminate();
}

function inFrame(where, port, frameUrl) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = new URL("/channelframe.html", frameUrl).href;
  frame.addEventListener(
    "load",
    () => frame.contentWindow.postMessage(where, new URL(frame.src).origin, [port]),
    { once: true },
  );
  document.documentElement.append(frame);
  return () => frame.remove();
}
