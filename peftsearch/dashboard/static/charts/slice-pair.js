// Two parameters changed together: a heat map of what the search's model expects.

import { get } from "../lib/api.js";
import { h, replace, setText } from "../lib/dom.js";
import { noun, write } from "../lib/measures.js";
import { toast } from "../lib/notice.js";
import { makeChart } from "./chart.js";
import { axisOf, isWithinDoubt, placeOn, pointText, valueText } from "./slices-view.js";
import { FIELDS, toneKey, toneScale } from "./tones.js";

const [HEIGHT, TOP, BOTTOM, BAR] = [360, 34, 76, 7];
const MASK = "layer";

export class SlicePair {
  constructor(model, picked) {
    Object.assign(this, { model, picked, found: null, asked: 0 });
    this.choosers = ["x", "y"].map((name) => h("select", { id: `pair-${name}`, onchange: () => this.choose(name) }));
    this.told = h("p", { class: "quiet small" });
    const figure = h("figure", {});
    const named = (text, name, chooser) => [h("label", { for: `pair-${name}`, class: "small" }, text), chooser];
    this.element = h("div", { class: "slice-pair" }, h("h3", {}, "Two together"),
      h("div", { class: "row" }, named("Across", "x", this.choosers[0]), named("up", "y", this.choosers[1])), figure, this.told);
    this.chart = makeChart(figure, { caption: "", label: "Two parameters together", height: HEIGHT, draw: (theme) => this.draw(theme), table: () => this.table() });
  }

  /** Offers the parameters of these slices; the two of the largest effect at first. */
  follow(slices) {
    const usable = slices.filter(({ name }) => name !== MASK);
    this.element.hidden = usable.length < 2;
    if (usable.length < 2) return undefined;
    const names = usable.map((x) => x.name);
    const [x, y] = this.choosers.map((chooser, i) => (names.includes(chooser.value) ? chooser.value : names[i]));
    const chosen = [x, y === x ? names.find((name) => name !== x) : y];
    this.choosers.forEach((chooser, i) => replace(chooser, usable.map((z) => h("option", { value: z.name, selected: z.name === chosen[i] }, z.label))));
    return this.load();
  }

  /** A parameter with itself is no pair: the other one takes the place that became free. */
  choose(name) {
    const [x, y] = this.choosers;
    if (x.value === y.value) (name === "x" ? y : x).value = name === "x" ? this.found.x.name : this.found.y.name;
    this.load().catch(toast);
  }

  async load() {
    const asked = ++this.asked;
    const [x, y] = this.choosers.map((chooser) => chooser.value);
    const { found } = await get(`${this.model.path}/slices/pair`, { pick: this.picked(), x, y });
    if (asked !== this.asked || !found) return;
    this.found = found;
    const best = found.cells.reduce((a, b) => (this.model.sign * (b.mean - a.mean) > 0 ? b : a));
    const flat = isWithinDoubt(found.cells.filter((c) => !c.trained));
    setText(this.told, `${flat ? "All differences here are within the model's uncertainty. " : ""}Colour: the expected ${noun(this.model.quality)}, the better the stronger, all other parameters as above. It is best,
      ${write(this.model.quality, best.mean)} (${write(this.model.quality, best.low)} to ${write(this.model.quality, best.high)}), at
      ${found.x.label} ${valueText(found.x, best.x)} and ${found.y.label} ${valueText(found.y, best.y)}. Crosses were trained.`);
    this.chart.describe(this.told.textContent);
    this.chart.refresh();
  }

  draw(theme) {
    if (!this.found) return { data: [] };
    const { x, y, cells } = this.found;
    const grid = y.values.map((up) => x.values.map((across) => cells.find((c) => c.x === across && c.y === up)));
    const { sign } = this.model;
    // What was trained may stand out by what no parameter tells: it has the ends of the scale.
    const strange = cells.filter((c) => !c.trained);
    const heights = (strange.length > 1 ? strange : cells).map((c) => sign * c.mean);
    const at = (axis) => axis.values.map((value) => placeOn(axis, value));
    const names = (c) => [`${x.label} ${valueText(x, c.x)}`, `${y.label} ${valueText(y, c.y)}`];
    const trained = cells.filter((c) => c.trained);
    const places = { x: trained.map((c) => placeOn(x, c.x)), y: trained.map((c) => placeOn(y, c.y)) };
    const crosses = (color, width) => ({ type: "scatter", mode: "markers", ...places, hoverinfo: "skip", marker: { symbol: "x-thin", size: 9, line: { width, color } } });
    const ends = [Math.min(...heights), Math.max(...heights)];
    const [least, most] = ends.map((value) => write(this.model.quality, sign * value));
    const scale = toneScale(FIELDS);
    const key = toneKey(scale, { name: `${theme.narrow ? "" : "expected "}${noun(this.model.quality)}`, least, most }, [0, 1, 1], BAR / (HEIGHT - TOP - BOTTOM));
    return {
      data: [
        {
          type: "heatmap", x: at(x), y: at(y), z: grid.map((row) => row.map((c) => (c ? sign * c.mean : null))), showscale: false, colorscale: scale, zmin: ends[0], zmax: ends[1], xgap: 1, ygap: 1,
          text: grid.map((row) => row.map((c) => (c ? pointText(names(c), c, this.model) : ""))), hovertemplate: "%{text}<extra></extra>", hoverongaps: false,
        },
        crosses(theme.surface, 5), crosses(theme.series[1], 2.25),
      ],
      layout: {
        xaxis: { ...axisOf(x), title: { text: x.label, standoff: 10 } }, yaxis: { ...axisOf(y), tickangle: 0, title: { text: y.label, standoff: 14 } }, ...key,
        showlegend: false, dragmode: false, margin: { l: theme.narrow ? 80 : 110, r: 12, t: TOP, b: BOTTOM }, font: { size: 11 }, uirevision: `${x.name} ${y.name}`,
      },
      config: { displayModeBar: false },
    };
  }

  table() {
    if (!this.found) return { columns: [], rows: [] };
    const { x, y, cells } = this.found;
    const score = (value) => write(this.model.quality, value);
    return {
      columns: [x.label, y.label, `Expected ${noun(this.model.quality)}`, "from", "to"],
      rows: cells.map((c) => [valueText(x, c.x), valueText(y, c.y), score(c.mean), score(c.low), score(c.high)]),
    };
  }
}
