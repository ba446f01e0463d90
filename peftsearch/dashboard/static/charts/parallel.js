// Parallel coordinates: each line is a configuration at the mean of its seeds, from quiet to strong by its quality; axes filter by drag or arrow keys.

import { get } from "../lib/api.js";
import { h, replace, s, setText } from "../lib/dom.js";
import { count, plural } from "../lib/format.js";
import { noun } from "../lib/measures.js";
import { onTrials } from "../lib/refresh.js";
import { colour, onThemeChange } from "../lib/theme.js";
import { plainTable } from "./chart.js";
import { axisOf, chosen, common, ranked } from "./parallel-data.js";
import { drawAxes, drawLines, geometry, tonesOf } from "./parallel-drawing.js";

const HEIGHT = 340;
const NARROW = 560;
/** Lines of fewer trials say nothing of what the best of them share. */
const FEWEST = 3;
const [MOST, MOST_NARROW] = [5, 2];

export class Parallel {
  constructor(model, importance) {
    Object.assign(this, { model, importance, dimensions: null, all: false });
    this.brushes = new Brushes(() => this.draw());
    this.canvas = h("canvas", { role: "img" });
    this.svg = s("svg", {});
    this.titles = h("div", { class: "parallel-titles", "aria-hidden": "true" });
    this.box = h("div", { class: "parallel-box" }, this.canvas, this.titles, this.svg);
    this.box.style.height = `${HEIGHT}px`;
    this.kept = h("p", { class: "quiet small", role: "status" });
    const what = "What the best configurations have in common";
    const table = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": what });
    this.details = h("details", { class: "chart-table", ontoggle: () => this.tabulate() }, h("summary", {}, "Show as a table"), table);
    const toggle = h("input", { type: "checkbox", onchange: () => this.showAll(toggle.checked) });
    this.few = h("p", { class: "quiet small", hidden: true }, `From ${FEWEST} completed trials on, what the best have in common is drawn here.`);
    this.foot = h("div", { class: "row" }, this.kept, h("label", { class: "check small push" }, toggle, "All parameters"));
    this.element = h("div", { class: "parallel chart" }, this.few, this.box, this.foot, this.details);
    new ResizeObserver(() => this.draw()).observe(this.box);
    onThemeChange(() => this.draw());
    onTrials(model, () => this.load(), 4000);
  }

  showAll(all) {
    this.all = all;
    this.element.classList.toggle("parallel-all", all);
    this.draw();
  }

  async load() {
    const { dimensions } = await get(`${this.model.path}/parameters`);
    this.dimensions = dimensions;
    const few = (dimensions.at(-1)?.values.length ?? 0) < FEWEST;
    this.few.hidden = !few;
    for (const part of [this.box, this.foot, this.details]) part.hidden = few;
    if (few) return;
    this.draw();
    this.tabulate();
  }

  draw() {
    if (!this.dimensions?.at(-1)?.values.length) return;
    const narrow = this.element.clientWidth < NARROW;
    const most = Math.max((narrow ? MOST_NARROW : MOST) + 2 - this.model.goals.length, 1);
    const shown = chosen(this.dimensions, this.importance.order ?? [], this.all ? Infinity : most, this.model.goals.length);
    this.box.style.minWidth = this.all ? `${shown.length * 95}px` : "";
    const quality = this.model.quality;
    const axes = shown.map((x) => axisOf(x, x.name === quality && this.model.sign < 0));
    const place = geometry(axes, this.box.clientWidth, HEIGHT);
    const order = ranked(this.dimensions, this.model.sign);
    const passes = this.brushes.test(axes);
    drawLines(this.canvas, axes, place, order, passes, paints());
    const hear = (node, axis) => this.brushes.listen(node, axis, place);
    drawAxes(this.svg, this.titles, axes, place, this.brushes.ranges, hear);
    this.tell(order, passes);
  }

  tell(order, passes) {
    const kept = order.filter(passes).length;
    const text = kept < order.length
      ? `${count(kept)} of ${count(order.length)} configurations pass. Click an axis, or press Escape on it, to lift its filter.`
      : `${toneWords(tonesOf(order.length))} Drag along an axis to keep what crosses it there.`;
    setText(this.kept, text);
    const shown = `${plural(order.length, "configuration")} by ${noun(this.model.quality)}`;
    this.canvas.setAttribute("aria-label", `Parallel coordinates of ${shown}. The table says what the best have in common.`);
  }

  tabulate() {
    if (!this.details.open || !this.dimensions?.length) return;
    const { columns, rows } = common(this.dimensions, this.model.sign);
    replace(this.details.lastElementChild, plainTable(columns, rows));
  }
}

/** The best in the colour of picks, as words and in the picture. */
function paints() {
  return { best: colour("--series-2"), better: colour("--accent"), quiet: colour("--edge") };
}

/** What the colours of the lines mean; of those that no line has nothing is said. */
export function toneWords(tones) {
  const number = (tone) => tones.filter((x) => x === tone).length;
  const [best, better, quiet] = ["best", "better", "quiet"].map(number);
  const parts = [best === 1 ? "Orange: the best by the mean of its seeds" : `Orange: the best ${best} by the mean of their seeds`];
  if (better) parts.push(better === 1 ? "blue: the other one of the better half" : `blue: the other ${count(better)} of the better half`);
  if (quiet) parts.push("grey: the rest");
  return `${parts.join("; ")}.`;
}

// Filters on the axes of parallel coordinates: by dragging, or by the arrow keys.

const STEP = 0.05;
const WINDOW = 0.25;
const CLICK = 0.015;

class Brushes {
  constructor(changed) {
    this.changed = changed;
    this.ranges = new Map();
  }

  /** Whether one passes all filters of the axes that are shown. */
  test(axes) {
    const set = axes.filter(({ name }) => this.ranges.has(name));
    return (row) => set.every(({ name, at }) => {
      const [low, high] = this.ranges.get(name);
      return at[row] !== null && at[row] >= low - 1e-9 && at[row] <= high + 1e-9;
    });
  }

  listen(node, axis, place) {
    const share = (event) => {
      const box = node.ownerSVGElement.getBoundingClientRect();
      const y = event.clientY - box.top;
      return Math.min(Math.max((place.bottom - y) / (place.bottom - place.top), 0), 1);
    };
    node.addEventListener("pointerdown", (event) => this.drag(event, axis.name, share));
    node.addEventListener("keydown", (event) => this.press(event, axis.name));
  }

  /** The window hears the drag, for the axis is drawn anew while it lasts. */
  drag(event, name, share) {
    event.preventDefault();
    const start = share(event);
    const known = new AbortController();
    const move = (at) => this.set(name, [Math.min(start, at), Math.max(start, at)]);
    addEventListener("pointermove", (next) => move(share(next)), { signal: known.signal });
    addEventListener("pointerup", (last) => {
      known.abort();
      if (Math.abs(share(last) - start) < CLICK) this.set(name, null);
    }, { signal: known.signal });
  }

  press(event, name) {
    const moves = { ArrowUp: STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowLeft: -STEP };
    if (event.key === "Escape") this.set(name, null);
    else if (event.key in moves) {
      event.preventDefault();
      const step = moves[event.key];
      const [low] = this.ranges.get(name) ?? [step > 0 ? -STEP : 1 - WINDOW + STEP];
      const from = Math.min(Math.max(low + step, 0), 1 - WINDOW);
      this.set(name, [from, from + WINDOW]);
    }
  }

  set(name, range) {
    if (range) this.ranges.set(name, range);
    else this.ranges.delete(name);
    this.changed();
  }
}
