// A front of more than two objectives: a panel for each pair of them, a further one as colour; it follows the replay.

import { h, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { goalOf, label, listed, noun, write } from "../lib/measures.js";
import { colour } from "../lib/theme.js";
import { makeChart } from "./chart.js";
import { KNEE } from "./front-drawing.js";
import { frontAt, isBelow, knee, summarise } from "./front-view.js";
import { panelsOf, placeOf, rangeOfOne, ticksOf } from "./pairs-view.js";
import { MARKS, toneKey, toneScale } from "./tones.js";

/** Pixels: height of a panel, between two rows, above and below all, and of the bar of colours. */
const [PANEL, GAP, TOP, BOTTOM, BAR] = [260, 92, 34, 56, 7];
/** Between two panels of a row, as a share of the chart: room for the names of an axis. */
const BESIDE = 0.09;
const MOST_OTHERS = 1500;

export class Pairs {
  constructor(model, front) {
    Object.assign(this, { model, front, event: model.event, painted: "" });
    this.chooser = h("select", { id: "pairs-colour" });
    this.chooser.append(h("option", { value: "" }, "an objective that is not drawn"));
    this.chooser.append(...model.goals.map((name) => h("option", { value: name }, noun(name))));
    this.chooser.addEventListener("change", () => this.paint(this.chooser.value));
    this.told = h("p", { class: "quiet small" });
    const figure = h("figure", {});
    const controls = h("div", { class: "row front-controls" }, h("label", { for: "pairs-colour", class: "small" }, "Colour"), this.chooser);
    this.element = h("div", { class: "pairs" }, controls, figure, this.told);
    this.wide = innerWidth > 900;
    this.panels = panelsOf(model.goals, this.wide ? 3 : 1);
    this.inner = this.panels.rows * PANEL + (this.panels.rows - 1) * GAP;
    this.chart = makeChart(figure, {
      caption: "", label: "Objectives in pairs", height: this.inner + TOP + BOTTOM,
      draw: (theme) => this.draw(theme), table: () => this.table(),
    });
    this.chart.on("plotly_click", ({ points }) => this.open(points[0]));
    front.watch((event) => this.show(event));
    this.show(model.event);
  }

  paint(name) {
    this.painted = name;
    this.chart.refresh();
  }

  show(event) {
    this.event = event;
    this.chart.refresh();
  }

  open({ customdata }) {
    if (customdata) location.assign(`${this.model.page}/trials/${customdata}`);
  }

  draw(theme) {
    const { model, event, panels } = this;
    const members = frontAt(model.entries, event, model.cost);
    const keys = new Set(members.map((x) => x.key));
    const all = summarise(model.columns, event, model.goals).filter((x) => Object.values(x.values).every((y) => y !== null));
    const others = all.filter((x) => !keys.has(x.key)).slice(-MOST_OTHERS);
    const bend = members.length > 1 ? [members[knee(members, model.goals)]] : [];
    const picked = all.filter((x) => x.key === this.front.picked);
    const scale = toneScale(MARKS);
    const shown = { members, others, bend, picked, all: [...members, ...all] };
    const told = members.length
      ? `${plural(members.length, "point")} that nothing beats in ${listed(model.goals)} together; grey is off the front, the ring is the picked one. Colours are named above each panel; bars: one standard error of the ${noun(model.quality)}; a click opens the trial.`
      : "No point of the front yet.";
    setText(this.told, told);
    this.chart.describe(told);
    const made = panels.list.map((panel) => this.panel(panel, shown, theme, scale));
    return {
      data: made.flatMap((x) => x.data),
      layout: {
        ...Object.assign({}, ...made.map((x) => x.axes)), showlegend: false, dragmode: false, hovermode: "closest",
        shapes: made.flatMap((x) => x.shapes), annotations: made.flatMap((x) => x.annotations),
        margin: { l: 72, r: 24, t: TOP, b: BOTTOM }, font: { size: 11.5 },
      },
      config: { displayModeBar: false },
    };
  }

  /** Traces and axes of one panel. */
  panel({ x, y, third, number, columns, rows }, { members, others, bend, picked, all }, theme, scale) {
    const id = number ? `${number + 1}` : "";
    const painted = goalOf(this.painted && this.painted !== x && this.painted !== y ? this.painted : third);
    const axes = [x, y].map((name) => ({ goal: goalOf(name), values: all.map((z) => z.values[name]) }));
    const at = (points) => ({
      type: "scatter", mode: "markers", xaxis: `x${id}`, yaxis: `y${id}`, customdata: points.map((z) => z.trials[0]),
      x: points.map((z) => placeOf(axes[0], z.values[x])), y: points.map((z) => placeOf(axes[1], z.values[y])),
    });
    const found = members.map((z) => z.values[painted.name]);
    const placed = { goal: painted, values: found };
    const tones = found.map((value) => placeOf(placed, value)).map((value) => (painted.log ? Math.log10(value) : value));
    const [left, right, low, high] = place(number, columns, rows, this.inner);
    const edge = y === this.model.quality ? this.edge() : { range: {}, beyond: () => false };
    const texts = members.map((z) => [`trial ${z.trials.join(", ")}`, ...this.model.goals.map((name) => `${noun(name)} ${write(name, z.values[name])}`)].join("<br>"));
    const data = [
      { ...at(others.filter((z) => !edge.beyond(z))), hoverinfo: "skip", marker: { color: colour("--edge"), size: 5, opacity: 0.6 } },
      { ...at(others.filter(edge.beyond)), ...edge.drawn?.(others.filter(edge.beyond).length), hoverinfo: "skip" },
      {
        ...at(members), text: texts, hovertemplate: "%{text}<extra></extra>",
        marker: { color: tones, colorscale: scale, size: 9, line: { width: 1, color: theme.surface } }, ...edge.bars?.(members),
      },
      { ...at(bend), hoverinfo: "skip", mode: "markers+text", text: bend.map(() => KNEE), textposition: "top left", textfont: { color: theme.ink, size: 11 }, marker: { size: 18, opacity: 0 } },
      { ...at(picked), hoverinfo: "skip", marker: { color: colour("--series-2"), symbol: "circle-open", size: 18, line: { width: 2 } } },
    ];
    const axis = ({ goal, values: found }, name, ends) => {
      const common = { domain: ends, anchor: name, zeroline: false, title: { text: titleOf(goal), standoff: 6 } };
      if (!goal.log) return { ...common, nticks: 6, ...rangeOfOne({ goal, values: found }) };
      const ticks = ticksOf(goal, found, 4);
      return { ...common, type: "log", tickvals: ticks.values, ticktext: ticks.texts };
    };
    return {
      data,
      ...this.key(painted, found, scale, [left, right, high]),
      axes: { [`xaxis${id}`]: axis(axes[0], `y${id}`, [left, right]), [`yaxis${id}`]: { ...axis(axes[1], `x${id}`, [low, high]), ...edge.range } },
    };
  }

  /** The axis of the quality is that of the front's chart: what lies far below has a mark on its edge, and errors have bars. */
  edge() {
    const { model, front } = this;
    const frame = front.frame();
    const ends = [model.sign * frame.bottom, model.sign * frame.top];
    return {
      range: { range: ends.sort((a, b) => a - b) },
      beyond: (z) => isBelow(z.values[model.quality], frame, model.sign),
      drawn: (number) => ({
        y: new Array(number).fill(model.sign * frame.edge),
        marker: { color: colour("--edge"), size: 7, opacity: 0.6, symbol: model.sign > 0 ? "triangle-down" : "triangle-up" },
      }),
      bars: (members) => ({ error_y: { type: "data", array: members.map((z) => front.errors.get(z.key) ?? 0), color: colour("--edge"), thickness: 1, width: 3 } }),
    };
  }

  /** What the colours of a panel mean, above it. */
  key({ name }, values, scale, [left, right, top]) {
    if (!values.length) return { shapes: [], annotations: [] };
    const [least, most] = [Math.min(...values), Math.max(...values)].map((x) => write(name, x));
    return toneKey(scale, { name: noun(name), least, most }, [left, right, top], BAR / this.inner);
  }

  table() {
    const { model } = this;
    const rows = frontAt(model.entries, this.event, model.cost).map((x) => [
      h("a", { href: `${model.page}/trials/${x.trials[0]}` }, x.trials.join(", ")), ...model.goals.map((name) => write(name, x.values[name])), x.words,
    ]);
    return { columns: ["Trials", ...model.goals.map(label), "Configuration, layers from input to output"], rows };
  }
}

function titleOf({ name, sign }) {
  return `${noun(name)} (${sign > 0 ? "more" : "less"} is better)`;
}

/** Ends of a panel in shares of the chart, from the left and from below. */
function place(number, columns, rows, inner) {
  const [column, row] = [number % columns, Math.floor(number / columns)];
  const wide = (1 - BESIDE * (columns - 1)) / columns;
  const top = 1 - (row * (PANEL + GAP)) / inner;
  return [column * (wide + BESIDE), column * (wide + BESIDE) + wide, top - PANEL / inner, top];
}
