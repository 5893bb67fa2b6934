// The page: what comes from the broker goes into the news, and the news onto the screen.
import { Link } from "./link.js";
import { News } from "./news.js";
import { Overview } from "./overview.js";
import { json, readLines } from "./payloads.js";
import { Requests } from "./requests.js";
import { Sheet } from "./sheet.js";
import { languageOf, otherLanguage, locale, say, setLanguage } from "./words.js";

const TICK_MS = 1000;
const LANGUAGE = "language";
const element = (id) => document.getElementById(id);

// How far this device's clock is behind the agent's, in milliseconds.
let behind = 0;
const now = () => new Date(Date.now() + behind);

// Asks the agent where the topics are; one that wants a login sends the person there.
async function about() {
  const answer = await fetch("/about");
  if (answer.status === 401) location.replace("/login");
  if (!answer.ok) throw new Error(`the agent answers ${answer.status}`);
  const told = await answer.json();
  behind = Date.parse(told.now) - Date.now();
  return told;
}

async function begin() {
  speak(localStorage.getItem(LANGUAGE) ?? languageOf(navigator.languages));
  const { root } = await aboutAtLast();
  const news = new News(root);
  const link = new Link({
    url: `ws://${location.host}/mqtt`,
    filters: news.filters,
    heard: (topic, bytes) => hear(news, topic, bytes),
    changed: () => {
      if (!link.connected) requests.lost();
      draw();
    },
    beforeRetry: () => about().catch(() => {}),
  });
  const requests = new Requests({ root, now, publish: (topic, payload) => link.publish(topic, payload) });
  const sheet = new Sheet({ requests, news, now });
  const look = (session, view) => sheet.open(session, view);
  const overview = new Overview({ news, link, now, doors: { requests, look } });
  const draw = drawing(() => overview.show());

  function hear(known, topic, bytes) {
    const heard = known.take(topic, bytes);
    if (heard?.what === "response") requests.take(heard.bytes);
    else if (heard?.what === "screenshot") sheet.takePicture(heard.session, heard.bytes);
    else if (heard?.what === "log") sheet.takeLines(heard.session, bytes, readLines(json(bytes)));
    draw();
  }

  element("language").addEventListener("click", () => {
    speak(otherLanguage());
    localStorage.setItem(LANGUAGE, locale());
    overview.show();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    link.wake();
    draw();
  });
  addEventListener("online", () => link.wake());
  setInterval(draw, TICK_MS);
  link.open();
}

// The page may be opened before the agent is there again.
async function aboutAtLast() {
  for (;;) {
    try {
      return await about();
    } catch {
      element("link-state").textContent = say("link.never", { again: say("link.trying") });
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }
}

// Draws once for all that came until the next frame; a hidden page has no frames, but a title.
function drawing(show) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    const done = () => {
      if (!waiting) return;
      waiting = false;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      show();
    };
    const frame = requestAnimationFrame(done);
    const timer = setTimeout(done, TICK_MS);
  };
}

function speak(language) {
  setLanguage(language);
  document.documentElement.lang = locale();
  element("skip").textContent = say("skip");
  element("notebooks-heading").textContent = say("notebooks");
  const button = element("language");
  button.textContent = say("language.other");
  button.lang = otherLanguage();
}

begin();
