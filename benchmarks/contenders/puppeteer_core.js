// @ts-check
/**
 * The process of puppeteer-core: what `child.py` is for Python's, with the same lines in and out.
 *
 * https://pptr.dev/api/puppeteer.puppeteer.connect
 */
const readline = require("node:readline");

const puppeteer = require("puppeteer-core"); // found by NODE_PATH
const { OBSERVE, PAGE, STATUS } = JSON.parse(process.argv[2]);

const BINDING = `told${process.pid}`;
const LOST_PAUSE_MS = 5;

let browser = /** @type {any} */ (null);
let hung = /** @type {Promise<any>} */ (Promise.resolve());
let told = /** @type {[number, string][]} */ ([]);
/** The attached pages, by their numbers. */
const tabs = new Map();

/** The wall clock, finer than its milliseconds; the two drift apart, so it is begun anew. */
let wall = 0;
const now = () => wall + performance.now();
const named = (error) => `${error.name}: ${error.message.split("\n")[0].slice(0, 200)}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function beginClock() {
  const began = Date.now();
  while (Date.now() === began);
  wall = Date.now() - performance.now();
}

async function status(page) {
  const seen = await page.evaluate(`(${STATUS})()`);
  if (seen.cells.length !== 40) throw new Error(JSON.stringify(seen));
  return seen;
}

function processorTimeMs() {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1000;
}

/** What something took, in milliseconds: by the clock, and of the processor. */
async function spent(work) {
  const began = performance.now();
  const before = processorTimeMs();
  await work();
  return { ms: performance.now() - began, cpu_ms: processorTimeMs() - before };
}

const doers = {
  async attach({ address, kind, count }) {
    tabs.clear();
    const answer = await spent(async () => {
      browser = await puppeteer.connect({ browserWSEndpoint: address, defaultViewport: null });
      const wanted = browser.targets().filter((each) => each.url().startsWith(PAGE.replace("{}", kind)));
      await Promise.all(wanted.map(async (target) => {
        const page = await target.page();
        tabs.set((await status(page)).number, page);
      }));
    });
    if (tabs.size !== count) throw new Error(`${tabs.size} tabs`);
    return answer;
  },

  cycle({ times, apart_from: apart }) {
    const pages = [...tabs].filter(([number]) => number !== apart).map(([, page]) => page);
    return spent(async () => {
      for (let time = 0; time < times; time += 1) await Promise.all(pages.map(status));
    });
  },

  async watch() {
    for (const page of tabs.values()) {
      await page.exposeFunction(BINDING, (state) => void told.push([now(), state]));
      await page.evaluate(`(${OBSERVE.replace("{}", BINDING)})()`);
    }
    told = [];
    return {};
  },

  async told() {
    beginClock();
    return { noticed: told.splice(0) };
  },

  async ask_hung({ number }) {
    const began = performance.now();
    const ended = (how) => ({ after_s: (performance.now() - began) / 1000, how });
    hung = status(tabs.get(number)).then(
      () => ended("an answer"), (error) => ended(named(error)));
    return {};
  },

  async end_of_hung({ limit_s: limit }) {
    return Promise.race([hung, pause(1000 * limit).then(() => ({ how: null }))]);
  },

  async until_lost({ limit_s: limit }) {
    beginClock();
    const lost = (async () => {
      const [page] = tabs.values();
      for (;;) {
        await page.evaluate(`(${STATUS})()`);
        await pause(LOST_PAUSE_MS);
      }
    })().catch((error) => ({ at_ms: now(), how: named(error) }));
    const late = pause(1000 * limit).then(() => Promise.reject(new Error("never lost")));
    return Promise.race([lost, late]);
  },

  async used() {
    return { cpu_ms: processorTimeMs() };
  },

  async close() {
    await browser.disconnect();
    return {};
  },
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { do: what, ...how } = JSON.parse(line);
    const answer = await doers[what](how).catch((error) => ({ error: named(error) }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

void main();
