// The far side of a line that lives in a worker or in a frame. The notebook page sends its address
// and a port; what the kernel says leaves by the port, and what the page says arrives there.

import { Channel } from "./channel.js";

addEventListener("message", ({ data: where, ports: [port] }) => {
  const channel = new Channel(where, (heard) => port.postMessage({ heard }));
  channel.lost.then(() => port.postMessage({ lost: true }));
  port.onmessage = ({ data: { call, args } }) => channel[call](...args);
});
