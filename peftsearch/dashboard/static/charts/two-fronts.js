// The fronts of two jobs in one picture, with standard errors and the floors.
//
//   const fronts = showTwoFronts(element, comparison); fronts.update(comparison)

import { h } from "../lib/dom.js";
import { score, scoreBeside } from "../lib/format.js";
import { goalOf, noun, write } from "../lib/measures.js";
import { makeChart } from "./chart.js";
import { span, ticks, place } from "./front-view.js";

const WORDS = "Points are what nothing of their job beats in this cost; bars are one standard error, by rows and seeds; dashed lines are the best floors without adapters.";
const SYMBOLS = ["circle", "diamond"];
const DASHES = ["dash", "dot"];

export function showTwoFronts(element, comparison) {
  let shown = comparison;
  const figure = h("figure", {});
  element.append(figure, h("p", { class: "quiet small" }, WORDS));
  const chart = makeChart(figure, {
    caption: "",
    label: "Fronts of two jobs", height: 440,
    draw: (theme) => draw(shown, theme), table: () => table(shown),
  });
  const update = (found) => {
    shown = found;
    chart.describe(alternative(found));
    chart.refresh();
  };
  update(comparison);
  return { update };
}

function draw({ jobs, cost }, theme) {
  const points = jobs.flatMap((job) => job.front);
  const frame = span(points.map((x) => x.cost));
  const colours = [theme.series[0], theme.series[1]];
  const marks = ticks(cost, frame, theme.narrow);
  const sign = goalOf(jobs[0].quality).sign;
  return {
    data: jobs.flatMap((job, i) => [steps(job, frame, colours[i]), members(job, i, frame, colours[i])]),
    layout: {
      xaxis: {
        type: "log", range: [Math.log10(frame.low), Math.log10(frame.high)], tickvals: marks.values, ticktext: marks.texts,
        title: { text: `${noun(cost)} (log scale)` }, showgrid: false, zeroline: false,
      },
      yaxis: { autorange: sign > 0 ? true : "reversed", title: { text: `validation ${noun(jobs[0].quality)}${sign > 0 ? "" : " (better upwards)"}` }, zeroline: false },
      shapes: jobs.flatMap((job, i) => floorLine(job, i, colours[i])),
      margin: { l: 64, r: 16, t: 36, b: 52 },
      dragmode: theme.narrow ? false : "zoom", uirevision: cost,
    },
    config: { displayModeBar: false },
  };
}

function steps(job, frame, color) {
  return {
    type: "scatter", name: "steps", mode: "lines", showlegend: false, hoverinfo: "skip", opacity: 0.6,
    x: job.front.map((p) => place(p.cost, frame)), y: job.front.map((p) => p.quality), line: { color, width: 2, shape: "hv" },
  };
}

function members(job, i, frame, color) {
  const array = job.front.map((p) => p.standard_error ?? 0);
  return {
    type: "scatter", name: plain(job.name), mode: "markers", marker: { color, size: 10, symbol: SYMBOLS[i] },
    x: job.front.map((p) => place(p.cost, frame)), y: job.front.map((p) => p.quality),
    error_y: { type: "data", array, visible: array.some((x) => x > 0), color, thickness: 1, width: 3 },
    text: job.front.map((p) => plain(`${job.name}, trial ${p.trials[0]}: ${valueWords(p, job.quality)}`)), hoverinfo: "text",
  };
}

/** Plotly reads tags in texts. */
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function floorLine({ floors }, i, color) {
  const [floor] = floors;
  if (!floor) return [];
  return [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: floor.value, y1: floor.value, line: { color, width: 1.5, dash: DASHES[i] } }];
}

/** `0.8031 ± 0.0120`. */
export function valueWords({ quality, standard_error: error }, name) {
  return `${write(name, quality)}${error === null ? "" : ` ± ${scoreBeside(error, quality)}`}`;
}

function alternative({ jobs, cost }) {
  const told = jobs.map(({ name, front, quality }) => {
    if (!front.length) return `${name} has no result yet`;
    const [first, last] = [front[0], front.at(-1)];
    const said = (x) => `${noun(quality)} ${score(x.quality)} at ${write(cost, x.cost)}`;
    return `the front of ${name} has ${front.length} points, from ${said(first)} to ${said(last)}`;
  });
  return `Fronts of two jobs by ${noun(cost)}: ${told.join("; ")}.`;
}

function table({ jobs, cost }) {
  const rows = jobs.flatMap((job) => job.front.map((x) => [job.name, x.trials.join(", "), valueWords(x, job.quality), write(cost, x.cost), x.words]));
  return { columns: ["Job", "Trials", noun(jobs[0].quality), noun(cost), "Configuration, layers from input to output"], rows };
}
