// Learning curves: training loss over the share of the training.
//
//   const view = showCurves(element, [{name: "trial 17", points: [[share, loss], ..]}]);   view.update(series)

import { h, replace } from "../lib/dom.js";
import { percent, score } from "../lib/format.js";
import { fixed } from "../lib/rounding.js";
import { makeChart } from "./chart.js";

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star"];

export function showCurves(element, series) {
  return new Curves(element, series);
}

class Curves {
  constructor(element, series) {
    this.note = h("p", { class: "quiet" });
    this.figure = h("figure", {});
    this.chart = null;
    element.append(this.figure, this.note);
    this.update(series);
  }

  update(series) {
    this.series = series;
    const known = series.filter(({ points }) => points.length);
    const lacking = series.filter(({ points }) => !points.length).map(({ name }) => name);
    this.figure.hidden = !known.length;
    this.note.hidden = !lacking.length;
    replace(this.note, `No learning curve was recorded for ${lacking.join(", ")}.`);
    if (!known.length) return;
    this.chart ??= makeChart(this.figure, {
      caption: "Training loss over the share of the training",
      height: 280,
      label: "",
      draw: (theme) => draw(theme, this.series),
      table: () => table(this.series),
    });
    this.chart.describe(describe(known));
    this.chart.refresh();
  }
}

function describe(known) {
  const each = known.map(({ name, points }) => `${name} from ${score(points[0][1])} to ${score(points.at(-1)[1])}`);
  return `Line chart of the training loss: ${each.join("; ")}.`;
}

function draw(theme, series) {
  const several = series.length > 1;
  const data = series.map(({ name, points }, i) => ({
    name,
    x: points.map(([share]) => 100 * share),
    y: points.map(([, loss]) => loss),
    mode: "lines+markers",
    line: { color: theme.series[i % theme.series.length], width: 2.25, dash: DASHES[i % DASHES.length] },
    marker: { size: 6, symbol: SYMBOLS[i % SYMBOLS.length] },
    hovertemplate: `${several ? "%{fullData.name}<br>" : ""}loss %{y:.4f}<br>at %{x:.3g} %<extra></extra>`,
  })).filter(({ x }) => x.length);
  const layout = {
    showlegend: several,
    margin: { l: 52, r: 28, t: several ? 28 : 8, b: 44 },
    xaxis: { title: { text: "share of the training" }, ticksuffix: " %", range: [0, 101], dtick: theme.narrow ? 25 : 20 },
    yaxis: { title: { text: "training loss" }, nticks: 6 },
  };
  return { data, layout };
}

function table(series) {
  const known = series.filter(({ points }) => points.length);
  const shares = [...new Set(known.flatMap(({ points }) => points.map(([share]) => share)))].sort((a, b) => a - b);
  const values = known.map(({ points }) => new Map(points));
  const rows = shares.map((share) => [
    percent(share), ...values.map((losses) => (losses.has(share) ? fixed(losses.get(share), 4) : "")),
  ]);
  return { columns: ["Share of the training", ...known.map(({ name }) => name)], rows };
}
