// The curve of a metric, drawn by uPlot, which is loaded when the first curve is wanted.
import { make } from "./dom.js";
import { clock, metric } from "./figures.js";

const HEIGHT = 110;
const HALF_A_TIME = 28; // the last one stands below the right edge
const MINUTE_S = 60;
const AXIS_FONT = "12px system-ui, sans-serif";
const schemes = matchMedia("(prefers-color-scheme: dark)");
let library = null;

export class Curve {
  constructor(place) {
    this.place = place;
    this.plot = null;
    this.points = null;
    this.observer = new ResizeObserver(() => this.fit());
    this.changed = () => this.redraw();
    schemes.addEventListener("change", this.changed);
  }

  // Shows times in seconds and their values. Without its library there is no curve: it is asked
  // for again with the next points.
  async show(points) {
    this.points = points;
    library ??= load();
    const loaded = await library.catch(() => (library = null));
    if (loaded === null || this.points !== points) return;
    const { default: UPlot } = loaded;
    if (this.plot === null) {
      this.plot = new UPlot(this.options(), points, this.place);
      this.observer.observe(this.place);
    } else {
      this.plot.setData(points);
    }
  }

  // Whoever takes its place away says so.
  discard() {
    schemes.removeEventListener("change", this.changed);
    this.observer.disconnect();
    this.points = null;
    this.plot?.destroy();
    this.plot = null;
  }

  redraw() {
    if (this.plot === null) return;
    this.plot.destroy();
    this.plot = null;
    this.show(this.points);
  }

  fit() {
    const width = this.place.clientWidth;
    if (this.plot !== null && width && width !== this.plot.width) {
      this.plot.setSize({ width, height: HEIGHT });
    }
  }

  options() {
    const style = getComputedStyle(this.place);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--quiet"),
      font: AXIS_FONT,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.place.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      select: { show: false },
      padding: [8, HALF_A_TIME, 0, 0],
      scales: { x: { time: true } },
      axes: [
        { ...axis, space: 64, size: 26, gap: 8, values: walls },
        { ...axis, space: 30, size: 48, gap: 4, values: (_, splits) => splits.map(metric) },
      ],
      series: [
        {},
        { stroke: colour("--curve"), width: 2, points: { show: false }, spanGaps: true },
      ],
    };
  }
}

function load() {
  const style = make("link", { rel: "stylesheet", href: import.meta.resolve("./vendor/uplot.css") });
  const styled = new Promise((resolve, reject) => {
    style.addEventListener("load", resolve);
    style.addEventListener("error", reject);
  });
  document.head.append(style);
  return styled.then(() => import("./vendor/uplot.js"));
}

// A time is written once: where more than one line stands in a minute, with its seconds.
function walls(_plot, splits, _axis, _space, apart) {
  const times = splits.map((at) => clock(at * 1000, { seconds: apart < MINUTE_S }));
  return times.map((time, place) => (time === times[place - 1] ? null : time));
}
