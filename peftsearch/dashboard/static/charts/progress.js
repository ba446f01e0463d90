// Hypervolume and best quality as they grew, against trials or against time.

import { get } from "../lib/api.js";
import { h, setText } from "../lib/dom.js";
import { count, duration, plural, score } from "../lib/format.js";
import { goalOf, isShare, noun } from "../lib/measures.js";
import { onTrials } from "../lib/refresh.js";
import { colour } from "../lib/theme.js";
import { makeChart } from "./chart.js";

const POINTS_IN_TABLE = 40;
const PLAIN = { displayModeBar: false };

export class ProgressCharts {
  constructor(model) {
    Object.assign(this, { model, against: "trials", data: null });
    const buttons = [this.button("trials", "Trials"), this.button("seconds", "Time")];
    this.toggle = h("div", { class: "row", role: "group", "aria-label": "Against" }, buttons);
    const figures = [h("figure", {}), h("figure", {})];
    this.note = h("p", { class: "quiet small" }, whyItMoves(model.goals));
    this.element = h("div", {}, this.toggle, h("div", { class: "twin" }, figures), this.note);
    this.charts = [
      this.chart(figures[0], "hypervolume", "Hypervolume", (theme) => theme.accent),
      this.chart(figures[1], "best", `Best ${noun(model.quality)}`, (theme) => theme.series[1]),
    ];
    onTrials(model, () => this.load(), 2000);
  }

  button(name, text) {
    const press = () => this.switchTo(name);
    const facts = { "data-name": name, "aria-pressed": `${name === this.against}`, onclick: press };
    return h("button", { type: "button", class: "button button-small", ...facts }, text);
  }

  switchTo(name) {
    this.against = name;
    for (const made of this.toggle.children) made.setAttribute("aria-pressed", `${made.dataset.name === name}`);
    this.show();
  }

  async load() {
    this.data = await get(`${this.model.path}/progress`);
    this.show();
  }

  show() {
    setText(this.note, [whyNone(this.data, this.model.detail.floors, isOver(this.model)), whyItMoves(this.model.goals)].filter(Boolean).join(" "));
    this.charts.forEach((chart, i) => {
      chart.describe(sentence(this.data, i ? "best" : "hypervolume", this.model));
      chart.refresh();
    });
  }

  chart(figure, name, caption, paint) {
    return makeChart(figure, {
      caption, label: caption, height: 230,
      draw: (theme) => ({ data: [this.line(name, paint(theme))], layout: this.layout(theme, name), config: PLAIN }),
      table: () => this.table(name, caption),
    });
  }

  line(name, color) {
    const marker = { color, size: 6 };
    const x = (this.data?.[this.against] ?? []).map((v) => (this.against === "seconds" ? v / this.unit().scale : v));
    return {
      type: "scatter", mode: x.length > 2 ? "lines" : "lines+markers", marker, x, y: this.data?.[name] ?? [], line: { shape: "hv", color, width: 2 },
      hovertemplate: `%{y:.4f} after %{x:.4~g} ${this.unit().name}<extra></extra>`, showlegend: false, cliponaxis: false,
    };
  }

  /** The unit of the horizontal axis. */
  unit() {
    if (this.against === "trials") return { name: "trials", scale: 1 };
    const last = this.data?.seconds.at(-1) ?? 0;
    if (last > 7200) return { name: "hours", scale: 3600 };
    return last > 120 ? { name: "minutes", scale: 60 } : { name: "seconds", scale: 1 };
  }

  layout(theme, name) {
    const floor = name === "best" ? this.model.detail.floors[0] : undefined;
    const bounds = name === "hypervolume" || isShare(this.model.quality) ? [0, 1] : [-Infinity, Infinity];
    const few = this.against === "trials" && (this.data?.trials.length ?? 0) < 8;
    const title = this.against === "trials" ? "ended trials" : `${this.unit().name} since the start`;
    return {
      xaxis: { title: { text: title }, rangemode: "tozero", showgrid: false, ...(few ? { dtick: 1 } : {}) }, yaxis: { nticks: 5, range: rangeOf([...(this.data?.[name] ?? []), floor?.value], bounds) },
      shapes: floor ? [floorLine(floor, colour("--warn"))] : [], annotations: floor ? [floorName(floor, colour("--warn"))] : [],
      margin: { l: 52, r: 12, t: 8, b: 44 }, dragmode: false, uirevision: this.against,
      hovermode: theme.narrow ? "closest" : "x",
    };
  }

  table(name, caption) {
    const { trials = [], seconds = [] } = this.data ?? {};
    const step = Math.max(Math.ceil(trials.length / POINTS_IN_TABLE), 1);
    const rows = trials.map((_, i) => i).filter((i) => i % step === 0 || i === trials.length - 1);
    return {
      columns: ["Ended trials", "Time", caption],
      rows: rows.map((i) => [count(trials[i]), duration(seconds[i]), score(this.data[name][i])]),
      note: sentence(this.data, name, this.model),
    };
  }
}

function isOver({ summary }) {
  return summary.state === "finished";
}

/** Why the hypervolume is 0, of a job with results; empty where it is not. */
export function whyNone(data, floors, over = false) {
  const known = (data?.hypervolume ?? []).filter((_, i) => data.best[i] !== null);
  if (!known.length || known.at(-1)) return "";
  return `Nothing beats the ${floors.length ? "floor" : "first trial"}${over ? "" : " yet"}: the hypervolume is 0.`;
}

/** Why a hypervolume may fall, or jump without a better trial. */
export function whyItMoves(goals) {
  const measured = goals.slice(1).filter((name) => !goalOf(name).known).map(noun);
  const box = measured.length
    ? `The hypervolume's box is as large in ${measured.join(" and ")} as the first ten completed trials say: until then it may fall or jump with any of them. Later`
    : "The hypervolume never falls for a new configuration:";
  return `${box} only a repeat lowers it, which shows that a point of the front was luck.`;
}

/** Around all values, and within what is possible: of one value Plotly would show a whole unit on either side. */
export function rangeOf(values, [least, most]) {
  const known = values.filter(Number.isFinite);
  if (!known.length) return [Math.max(least, 0), Math.min(most, 1)];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const pad = high > low ? 0.08 * (high - low) : Math.max(0.1 * Math.abs(high), 0.05);
  return [Math.max(least, low - pad), Math.min(most, high + pad)];
}

function floorLine({ value }, color) {
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, layer: "between", line: { color, width: 1.5, dash: "dash" } };
}

function floorName({ short, value }, color) {
  const font = { size: 11, color };
  return { xref: "paper", x: 0, xanchor: "left", y: value, yanchor: "bottom", text: `floor: ${short}`, showarrow: false, font };
}

/** What the curve says: where it stands, and after which trial it had reached 95 % of its rise. */
function sentence(data, name, model) {
  const title = name === "best" ? `best ${noun(model.quality)}` : "hypervolume";
  const known = (data?.[name] ?? []).map((value, i) => [value, i]).filter(([value]) => value !== null);
  if (!known.length) return `No trial has completed: no ${title} yet.`;
  const [[first], [last]] = [known[0], known.at(-1)];
  if (name !== "best" && !last) return whyNone(data, model.detail.floors, isOver(model)) || "The hypervolume is 0.";
  const [, at] = known.find(([value]) => Math.abs(value - first) >= 0.95 * Math.abs(last - first));
  const whole = plural(data.trials.at(-1), "trial");
  return `The ${title} went from ${score(first)} to ${score(last)} in ${whole};
    95 % of the way was done after ${plural(data.trials[at], "trial")}.`;
}
