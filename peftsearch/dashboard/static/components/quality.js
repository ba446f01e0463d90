// How well a trial does, and what it costs, against the front of its job.

import { page } from "../lib/api.js";
import { h, s } from "../lib/dom.js";
import { count, score, scoreBeside } from "../lib/format.js";
import { isCost, label, objective } from "../lib/measures.js";
import { precise } from "../lib/rounding.js";

/** Share of the strip that a name takes. */
const CLOSE = 0.15;

export function qualityView({ job, trial, front }) {
  const value = trial.values[job.quality];
  return [
    h("p", { class: "trial-figure" },
      h("span", { class: "quiet" }, label(job.quality)), h("strong", {}, score(value)), errorWords(trial, job)),
    strip({ job, trial, front, value }),
    h("ul", { class: "beside-front" }, [placeWords({ job, trial, front }), ...baselineWords({ job, trial, front, value }), seeds(trial, job, front)]
      .filter(Boolean).map((line) => h("li", {}, line))),
    others(trial, job),
  ];
}

function errorWords({ standard_error: error, provenance, values }, job) {
  if (error === null) return null;
  const rows = provenance.validation_rows ? ` of ${count(provenance.validation_rows)} validation rows` : "";
  return h("span", { class: "quiet" }, `± ${scoreBeside(error, values[job.quality])}, one standard error${rows}${job.maximise ? "" : "; lower is better"}`);
}

/** Where the value lies between what the job has measured: probe, LoRA, front, this trial. */
function strip({ job, trial, front, value }) {
  const error = trial.standard_error ?? 0;
  const floor = front.floors[0];
  const lines = [["probe", front.baselines.probe?.value, 10], ["LoRA", front.baselines.lora?.value, 10], [floor?.short, floor?.value, 52]]
    .filter(([, x]) => x !== undefined);
  const scale = range([value - error, value + error, ...lines.map(([, x]) => x), ...front.points.map((x) => x.values[job.quality])]);
  if (!scale) return null;
  const at = (x) => `${2 + 96 * placeOnScale(x, scale)}%`;
  const words = [`this trial ${score(value)}`, ...lines.map(([name, x]) => `${name} ${score(x)}`)].join(", ");
  return s(
    "svg",
    { class: "trial-strip", height: floor ? 56 : 44, width: "100%", role: "img", "aria-label": `Quality beside others: ${words}.` },
    s("line", { class: "strip-axis", x1: "2%", x2: "98%", y1: 30, y2: 30 }),
    front.points.map((point) => s("line", { class: "strip-front", x1: at(point.values[job.quality]), x2: at(point.values[job.quality]), y1: 25, y2: 35 })),
    lines.map(([, x]) => s("line", { class: "strip-line", x1: at(x), x2: at(x), y1: 16, y2: 40 })),
    joinClose(lines, (x) => placeOnScale(x, scale)).map(([name, x, y]) => {
      const place = placeOnScale(x, scale);
      return s("text", { x: at(x), y, "text-anchor": place > 0.9 ? "end" : place < 0.1 ? "start" : "middle" }, name);
    }),
    s("line", { class: "strip-error", x1: at(value - error), x2: at(value + error), y1: 30, y2: 30 }),
    s("circle", { class: "strip-own", cx: at(value), cy: 30, r: 6 }),
  );
}

/** Names at one height that would cover each other as one: `probe, LoRA`. */
function joinClose(lines, place) {
  const joined = [];
  for (const [name, x, y] of [...lines].sort((a, b) => a[1] - b[1])) {
    const last = joined.findLast((other) => other[2] === y);
    if (last && place(x) - place(last[1]) < CLOSE) last[0] += `, ${name}`;
    else joined.push([name, x, y]);
  }
  return joined;
}

function placeWords({ job, trial, front }) {
  const found = placeBesideFront({ job, trial, front });
  if (found.kind === "front") {
    const place = `On the front: number ${found.place} of ${found.of} from the cheapest`;
    return found.knee ? `${place}, and its knee.` : `${place}.`;
  }
  if (found.kind === "beaten") {
    const { point, gain } = found;
    const cost = `${objective(job.cost, point.values[job.cost])}`;
    return ["Not on the front: ", trialLink(job, point.trials[0]), gain
      ? ` is better by ${score(gain)} with ${label(job.cost).toLowerCase()} of ${cost}.`
      : ` is as good with ${label(job.cost).toLowerCase()} of ${cost}.`];
  }
  return "Not on the front, which compares means over seeds and all objectives of the job.";
}

function baselineWords({ job, trial, front, value }) {
  const named = [[`the ${job.task_kind.baseline}`, front.baselines.probe], ["the best plain LoRA", front.baselines.lora]];
  const floors = front.floors.map((x) => `${beside(value, x.value, job, x.label)} (without adapters${pairedError(trial, x)}).`);
  return [...floors, ...named.filter(([, line]) => line)
    .map(([name, line]) => [`${beside(value, line.value, job, name)} (`, trialLink(job, line.trial), ")."])];
}

/** Where both answered the same rows: how sure their difference is. */
function pairedError({ provenance }, floor) {
  const error = provenance.gain_errors?.[floor.name];
  return error > 0 ? `; one standard error of the difference: ${scoreBeside(Number(error), floor.value)}` : "";
}

function beside(value, other, job, name) {
  if (value === other) return `As good as ${name}`;
  const better = job.maximise ? value > other : value < other;
  return `${better ? "Better" : "Worse"} than ${name} by ${scoreBeside(Math.abs(value - other), value)}`;
}

function trialLink(job, number) {
  return h("a", { href: page`/jobs/${job.name}/trials/${number}` }, `trial ${number}`);
}

function seeds(trial, job, front) {
  const others = trial.same_key.filter((number) => number !== trial.number);
  if (!others.length) return "Trained with one seed so far.";
  const links = others.flatMap((number, i) => [i ? ", " : "", trialLink(job, number)]);
  const point = front.points.find(({ trials }) => trials.includes(trial.number));
  const mean = point ? ` The front holds the mean of all ${point.seeds}: ${score(point.values[job.quality])}.` : "";
  return ["The same configuration with other seeds: ", links, `.${mean}`];
}

function others(trial, job) {
  const names = Object.keys(trial.values).filter((name) => name !== job.quality && !isCost(name));
  if (!names.length) return null;
  return h("dl", { class: "facts trial-others" }, names.map((name) => [h("dt", {}, label(name)), h("dd", {}, objective(name, trial.values[name]))]));
}

/** Every cost with its place among the front's members, and beside the knee. */
export function costTable({ job, trial, front }) {
  const costs = trial.objectives.filter((x) => isCost(x.name));
  costs.sort((a, b) => (b.name === job.cost) - (a.name === job.cost));
  const reference = knee(front);
  const head = ["Cost", "This trial", reference ? `Knee (trial ${reference.trials[0]})` : "Knee", "Beside the knee", "On the front"];
  const rows = costs.map(({ name, value }) => {
    const known = front.points.map((point) => point.values[name]).filter((x) => x !== undefined);
    const cells = [h("strong", {}, objective(name, value)), reference ? objective(name, reference.values[name]) : "",
      reference ? ratio(value, reference.values[name]) : "", scaleBar(name, value, known)];
    return h("tr", {}, h("th", { scope: "row" }, label(name)),
      cells.map((cell, i) => h("td", { class: i < 3 ? "number" : null, "data-title": head[i + 1] }, cell)));
  });
  const columns = head.map((name, i) => h("th", { scope: "col", class: i && i < 4 ? "number" : null }, name));
  const table = h("table", { class: "trial-costs cards-when-narrow" }, h("thead", {}, h("tr", {}, columns)), h("tbody", {}, rows));
  return h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Table of costs" }, table);
}

function ratio(value, other) {
  if (value === other) return "the same";
  if (!other || !value || other === undefined) return "";
  return value > other ? `${precise(value / other, 2)} × as much` : `${precise((100 * value) / other, 2)} %`;
}

function scaleBar(name, value, known) {
  const scale = range([value, ...known].filter((x) => x > 0), true);
  if (!scale || !known.length || !(value > 0)) return "";
  const dot = h("span", { class: "range-dot", style: { left: `${100 * placeOnScale(value, scale)}%` } });
  const ticks = known.filter((x) => x > 0).map((x) => h("span", { class: "range-tick", style: { left: `${100 * placeOnScale(x, scale)}%` } }));
  const words = `between ${objective(name, Math.min(...known))} and ${objective(name, Math.max(...known))} on the front`;
  return h("span", { class: "range", role: "img", "aria-label": words, title: words }, ticks, dot);
}

// Decisions: where a trial stands against the front, and where a value lies on a scale.

/** {kind: "front", place, of, knee}, or {kind: "beaten", point, gain}, or {kind: "aside"}. */
function placeBesideFront({ job, trial, front }) {
  const place = front.points.findIndex((point) => point.trials.includes(trial.number));
  if (place >= 0) {
    const order = [...front.points].sort((a, b) => a.values[job.cost] - b.values[job.cost]);
    const point = front.points[place];
    return { kind: "front", place: order.indexOf(point) + 1, of: order.length, knee: point.knee };
  }
  const sign = job.maximise ? 1 : -1;
  const own = trial.values;
  const better = front.points
    .map((point) => ({ point, gain: sign * (point.values[job.quality] - own[job.quality]) }))
    .filter(({ point, gain }) => gain >= 0 && point.values[job.cost] <= own[job.cost])
    .sort((a, b) => b.gain - a.gain);
  return better.length ? { kind: "beaten", ...better[0] } : { kind: "aside" };
}

export function knee(front) {
  return front.points.find((point) => point.knee) ?? null;
}

/** Scale over the values that are numbers; null where they are fewer than two different ones. */
function range(values, logarithmic = false) {
  const known = values.filter((x) => Number.isFinite(x));
  const low = Math.min(...known);
  const high = Math.max(...known);
  return known.length && low < high ? { low, high, logarithmic } : null;
}

/** Between 0 and 1. */
function placeOnScale(value, { low, high, logarithmic }) {
  const bend = logarithmic ? Math.log : (x) => x;
  return (bend(value) - bend(low)) / (bend(high) - bend(low));
}
