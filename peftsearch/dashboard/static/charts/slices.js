// Which value of a parameter is good: slices of the search's model through one configuration, computed once they are seen.

import { get } from "../lib/api.js";
import { runs } from "../lib/configuration.js";
import { h, replace, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { noun, write } from "../lib/measures.js";
import { problemBox } from "../lib/notice.js";
import { onTrials } from "../lib/refresh.js";
import { RULES } from "../lib/rules.js";
import { colour, faint } from "../lib/theme.js";
import { makeChart } from "./chart.js";
import { frontAt } from "./front-view.js";
import { SlicePair } from "./slice-pair.js";
import { axisOf, heightsOf, isWithinDoubt, placeOn, pointText, valueText } from "./slices-view.js";

/** Pixels: height of a panel, between two rows, above and below all. */
const [PANEL, GAP, TOP, BOTTOM] = [170, 92, 30, 62];
const BESIDE = 0.04;
const FIRST = 6;
/** Completed trials from which on there may be something to draw, and room is kept for it. */
const ENOUGH = 15;
const CLOSED = "This job's configurations are a list: there is none between them whose parameters could be changed one at a time.";
const ALONE = "Nothing of this configuration can be changed alone within the job's space and bounds.";

export class Slices {
  constructor(model) {
    Object.assign(this, { model, found: null, seen: false, asked: 0, all: false });
    this.chooser = h("select", { id: "slices-pick", onchange: () => this.attempt() });
    this.words = h("p", { class: "slices-words" });
    this.told = h("p", { class: "quiet small" });
    this.toggle = h("input", { type: "checkbox", onchange: () => this.showAll(this.toggle.checked) });
    this.more = h("label", { class: "check small push" }, this.toggle, "All parameters");
    const label = h("label", { for: "slices-pick", class: "small" }, "Through");
    const figure = h("figure", {});
    this.pair = new SlicePair(model, () => this.chooser.value);
    this.body = h("div", { hidden: true }, h("div", { class: "row" }, label, this.chooser, this.more), this.words, figure, this.told, this.pair.element);
    this.parts = [this.words, figure, this.told, this.pair.element, this.more];
    this.state = h("div", { class: "quiet", role: "status" }, isEnough(model) ? "" : unknownText(model));
    this.element = h("div", { class: `slices${isEnough(model) ? " slices-waiting" : ""}` }, this.state, this.body);
    this.chart = makeChart(figure, { caption: "", label: "Slices of the model", draw: (theme) => this.draw(theme), table: () => this.table() });
    this.chart.on("plotly_click", ({ points }) => this.open(points[0].customdata));
    this.offer();
    new IntersectionObserver((entries) => entries.some((x) => x.isIntersecting) && this.meet()).observe(this.element);
    this.follower = onTrials(model, async () => this.seen && this.load(), 8000);
  }

  /** The model is asked when somebody looks. */
  meet() {
    if (this.seen) return;
    this.seen = true;
    if (isEnough(this.model)) {
      this.state.classList.add("loading");
      setText(this.state, "Asking the model");
    }
    this.attempt();
  }

  /** Where nothing can be sliced, as of an empty front, the section says why. */
  async attempt() {
    try {
      await this.follower.ask();
    } catch (problem) {
      this.state.classList.remove("loading");
      this.element.classList.remove("slices-waiting");
      this.state.hidden = false;
      replace(this.state, problemBox(problem));
    }
  }

  async load() {
    this.offer();
    const asked = ++this.asked;
    const { event, found } = await get(`${this.model.path}/slices`, { pick: this.chooser.value });
    if (asked !== this.asked) return undefined;
    this.found = found;
    this.state.classList.remove("loading");
    this.element.classList.remove("slices-waiting");
    const empty = !found?.slices.length;
    const none = found === null || this.model.detail.preset === "list";
    setText(this.state, found === null ? unknownText(this.model) : none ? CLOSED : empty ? ALONE : "");
    this.state.hidden = !empty;
    this.body.hidden = none;
    for (const part of this.parts) part.hidden = empty;
    if (empty) return event;
    this.show();
    await this.pair.follow(found.slices);
    return event;
  }

  /** The best, the proposed one, the knee, and every point of the front. */
  offer() {
    const { model, chooser } = this;
    const members = frontAt(model.entries, model.event, model.cost);
    const named = members.map((x) => [`trial ${x.trials[0]}`, `trial ${x.trials[0]}: ${write(model.quality, x.values[model.quality])} at ${write(model.cost, x.values[model.cost])}`]);
    const chosen = chooser.value || "best";
    const known = [...RULES, ...named];
    const kept = known.some(([value]) => value === chosen) ? known : [...known, [chosen, chosen]];
    replace(chooser, kept.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  }

  showAll(all) {
    this.all = all;
    this.show();
  }

  get shown() {
    return this.all ? this.found.slices : this.found.slices.slice(0, FIRST);
  }

  show() {
    const { model, found } = this;
    this.more.hidden = found.slices.length <= FIRST;
    replace(this.words, found.nearest ? "The space has only the nearest: " : "", h("span", { class: "tip-words" }, runs(found.words)));
    this.columns = innerWidth > 1000 ? 3 : innerWidth > 640 ? 2 : 1;
    this.rows = Math.ceil(this.shown.length / this.columns);
    this.inner = this.rows * PANEL + (this.rows - 1) * GAP;
    this.chart.plot.style.height = `${this.inner + TOP + BOTTOM}px`;
    const flat = found.slices.every(({ points, own }) => isWithinDoubt(points.filter((x) => x.value !== own)));
    setText(this.told, `${flat ? "No value here is known to be better: all differences are within the model's uncertainty. " : ""}Each picture changes one parameter of this configuration and leaves all others as they are; what changes most stands first.
      Lines: the ${noun(model.quality)} that the search's model expects without the luck of a training; bands: its 95 % interval for that configuration,
      corrected by how well the model predicted what it had not seen. Full marks were trained. Grey dots are trained configurations whatever else they carry;
      worse than ${write(model.quality, found.lowest)} counts as that.`);
    this.chart.describe(this.sentence());
    this.chart.refresh();
  }

  sentence() {
    const best = ({ points }) => points.reduce((a, b) => (this.model.sign * (b.mean - a.mean) > 0 ? b : a));
    return `Slices of the model through ${this.found.words}. Expected best: ${this.shown.map((x) => `${x.label} ${valueText(x, best(x).value)}`).join("; ")}.`;
  }

  draw(theme) {
    if (!this.found) return { data: [] };
    const heights = heightsOf(this.shown, this.found.lowest, this.model);
    const made = this.shown.map((slice, i) => this.panel(slice, i, heights, theme));
    return {
      data: made.flatMap((x) => x.data),
      layout: {
        ...Object.assign({}, ...made.map((x) => x.axes)), annotations: made.map((x) => x.title), showlegend: false, dragmode: false,
        height: this.inner + TOP + BOTTOM, margin: { l: 52, r: 12, t: TOP, b: BOTTOM }, font: { size: 11 }, uirevision: this.found.key,
      },
      config: { displayModeBar: false },
    };
  }

  panel(slice, number, heights, theme) {
    const id = number ? `${number + 1}` : "";
    const [column, row] = [number % this.columns, Math.floor(number / this.columns)];
    const wide = (1 - BESIDE * (this.columns - 1)) / this.columns;
    const left = column * (wide + BESIDE);
    const top = 1 - (row * (PANEL + GAP)) / this.inner;
    const on = { xaxis: `x${id}`, yaxis: `y${id}`, type: "scatter" };
    const title = { text: slice.label, x: left, xref: "paper", y: top, yref: "paper", xanchor: "left", yanchor: "bottom", yshift: 5, showarrow: false, font: { size: 12, color: theme.ink } };
    return {
      title,
      data: traces(slice, this.model, theme).map((x) => ({ ...x, ...on })),
      axes: {
        [`xaxis${id}`]: { ...axisOf(slice), domain: [left, left + wide], anchor: `y${id}` },
        [`yaxis${id}`]: { range: heights, domain: [top - PANEL / this.inner, top], anchor: `x${id}`, nticks: 5, showticklabels: column === 0, zeroline: false },
      },
    };
  }

  open(key) {
    const row = this.model.columns.key.indexOf(key);
    if (row >= 0) location.assign(`${this.model.page}/trials/${this.model.columns.number[row]}`);
  }

  table() {
    const rows = (this.found?.slices ?? []).flatMap((slice) => slice.points.map((x) => [
      slice.label, valueText(slice, x.value), ...[x.mean, x.low, x.high].map((y) => write(this.model.quality, y)), write(this.model.cost, x.cost), x.trained ? "yes" : "",
    ]));
    return { columns: ["Parameter", "Value", `Expected ${noun(this.model.quality)}`, "from", "to", noun(this.model.cost), "Trained"], rows };
  }
}

function isEnough({ summary }) {
  return summary.counts.completed >= ENOUGH;
}

function unknownText(model) {
  const has = `this job has ${count(model.summary.counts.completed)}`;
  const why = isEnough(model) ? `${has}, but too few repeats, or its model has been wrong too often` : has;
  return `Shown from ${ENOUGH} completed trials with two repeats on, and ${why}: before, nobody knows how far the model can be trusted.`;
}

/** Of one slice, from back to front: dots, band, line, and marks of what was trained. */
function traces(slice, model, theme) {
  const { points } = slice;
  const x = points.map((p) => placeOn(slice, p.value));
  const soft = colour("--accent");
  const line = { color: theme.accent, width: 1.75 };
  const dots = slice.dots.filter(({ value }) => slice.values.includes(value));
  const spread = (i) => (slice.kind === "number" ? 0 : (((i * 0.618) % 1) - 0.5) * 0.45);
  const list = [{
    x: dots.map((p, i) => placeOn(slice, p.value) + spread(i)), y: dots.map((p) => p.quality), mode: "markers", customdata: dots.map((p) => p.key),
    marker: { color: colour("--edge"), size: 5, opacity: 0.55 }, hovertemplate: "trained: %{y:.4f}<extra></extra>",
  }];
  const marks = {
    x, y: points.map((p) => p.mean), customdata: points.map((p) => p.key), text: points.map((p) => pointText([`${slice.label} ${valueText(slice, p.value)}`], p, model)),
    hovertemplate: "%{text}<extra></extra>", line,
    marker: { size: 7, color: points.map((p) => (p.trained ? theme.accent : theme.surface)), line: { width: 1.5, color: theme.accent } },
  };
  if (slice.kind === "category") {
    const up = points.map((p) => p.high - p.mean);
    const down = points.map((p) => p.mean - p.low);
    list.push({ ...marks, mode: "markers", error_y: { type: "data", symmetric: false, array: up, arrayminus: down, color: soft, thickness: 1.25, width: 4 } });
  } else {
    const edge = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
    list.push({ ...edge, y: points.map((p) => p.low) }, { ...edge, y: points.map((p) => p.high), fill: "tonexty", fillcolor: faint(soft) }, { ...marks, mode: "lines+markers" });
  }
  const own = points.find((p) => p.value === slice.own);
  if (own) list.push({ x: [placeOn(slice, own.value)], y: [own.mean], mode: "markers", hoverinfo: "skip", marker: { symbol: "circle-open", size: 15, color: theme.series[1], line: { width: 2 } } });
  return list;
}
