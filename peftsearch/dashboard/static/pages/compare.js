// Two trials of a job side by side.

import { get, page, path } from "../lib/api.js";
import { setWords } from "../lib/configuration.js";
import { byId, h, replace, setText } from "../lib/dom.js";
import { missing, originText, plural, score, scoreBeside, signed } from "../lib/format.js";
import { isCost, isMinimised, label, loadObjectives, objective } from "../lib/measures.js";
import { fixed, general, precise } from "../lib/rounding.js";
import { showCurves } from "../charts/curves.js";
import { alignMaps, showMap } from "../charts/map.js";
import { compare, pairTable } from "../components/comparison.js";
import { fillKnown } from "../components/other-trials.js";
import { trainingWords } from "../components/trial-facts.js";

const SIDES = ["left", "right"];
const job = byId("main").dataset.job;
const views = {};

async function load(names) {
  const numbers = names.map(trialPath);
  const [detail, , ...trials] = await Promise.all([get(path`/jobs/${job}`), loadObjectives(), ...numbers.map((where) => get(where))]);
  return { detail, trials };
}

function trialPath(number) {
  return path`/jobs/${job}/trials/${number}`;
}

function render({ detail, trials }) {
  document.title = `Trials ${trials.map(({ number }) => number).join(" and ")} of ${job} · peftsearch`;
  const aligned = alignMaps(trials[0].map, trials[1].map);
  setText(byId("difference"), differenceWords(aligned, trials));
  trials.forEach((trial, i) => renderSide(SIDES[i], trial, aligned));
  replace(byId("values"), valueTable(trials, detail));
  replace(byId("settings"), settingTable(trials, detail));
  const series = trials.map(({ number, curve }) => ({ name: `trial ${number}`, points: curve }));
  views.curves ? views.curves.update(series) : (views.curves = showCurves(byId("curves"), series));
}

function renderSide(side, trial, aligned) {
  const options = { ...aligned, small: true, title: `Strata map of trial ${trial.number}` };
  replace(byId(`${side}-title`), h("a", { href: page`/jobs/${job}/trials/${trial.number}` }, `Trial ${trial.number} ${trial.name ? `“${trial.name}”` : ""}`.trimEnd()));
  setWords(byId(`${side}-words`), trial.words);
  views[side] ? views[side].update(trial.map, options) : (views[side] = showMap(byId(`${side}-map`), trial.map, options));
}

function differenceWords({ differs, layers }, [left, right]) {
  if (left.key === right.key) return "The same configuration, trained with other seeds.";
  if (!differs.size) return "The same techniques in every layer; they differ in what the tables below say.";
  return `They differ in ${plural(layers, "layer")}; frames show where.`;
}

// The two tables of a comparison: measured values with the better one marked, and settings.

/** Standard errors that chance gives the difference of two, as `results/chance.py` has it. */
const CHANCE = 1.96;

/** Rows of what either trial measured: {name, values, better: 0, 1 or null, noisy}; a pure decision. `noisy` is true of
    qualities no further apart than chance gives, were each scored on rows of its own. */
function compareValues(trials, job) {
  const known = new Map(trials.flatMap((trial) => trial.objectives).map((row) => [row.name, row]));
  const names = [...known.keys()].sort((a, b) => rank(b, job) - rank(a, job));
  return names.map((name) => {
    const values = trials.map((trial) => trial.values[name]);
    const noise = name === job.quality ? CHANCE * Math.hypot(...trials.map((x) => x.standard_error ?? 0)) : 0;
    const noisy = values[0] !== values[1] && Math.abs(values[0] - values[1]) <= noise;
    const told = name === job.quality || isCost(name); // of other scores nobody knows the error
    return { name, values, noisy, better: noisy || !told ? null : betterOf(values, known.get(name).maximise) };
  });
}

function rank(name, job) {
  return 2 * (name === job.quality) + (name === job.cost);
}

function betterOf([left, right], maximise) {
  if (missing(left) || missing(right) || left === right) return null;
  return left > right === maximise ? 0 : 1;
}

function valueTable(trials, job) {
  const columns = ["Measured", ...trials.map(title), "Difference"];
  const rows = compareValues(trials, job).map(({ name, values, better, noisy }) => [label(name), [
    ...values.map((value, i) => h("td", { class: better === i ? "number better" : "number", "data-title": columns[i + 1] },
      h("span", {}, valueWords(name, value, trials[i], job), better === i ? mark() : null))),
    h("td", { class: "number", "data-title": columns[3] }, `${difference(name, values)}${noisy ? ", within noise" : ""}`),
  ]]);
  return pairTable(columns, rows, "Measured values", { more: "cards-when-narrow", numbers: true });
}

function mark() {
  return h("span", { class: "better-mark" }, "✓", h("span", { class: "visually-hidden" }, " better"));
}

function valueWords(name, value, trial, job) {
  const error = name === job.quality ? trial.standard_error : null;
  return error === null ? objective(name, value) : `${objective(name, value)} ± ${scoreBeside(error, value)}`;
}

function difference(name, [left, right]) {
  if (missing(left) || missing(right)) return "";
  if (left === right) return "none";
  if (objective(name, left) === objective(name, right)) return "hardly any";
  const by = apart(name, left, right);
  const words = signed(right - left, by);
  const times = left > 0 && right > 0 ? precise(right / left, 2) : 1;
  return (isCost(name) || isMinimised(name)) && times !== 1 ? `${words} (× ${times})` : words;
}

/** How far apart two values are: scores with the decimals that they are shown with, where these tell it. */
function apart(name, left, right) {
  const by = Math.abs(right - left);
  const digits = Math.max(...[left, right].map((value) => (score(value).split(".")[1] ?? "").length));
  const rounded = isCost(name) ? objective(name, by) : fixed(by, digits);
  return rounded === objective(name, 0) || Number(rounded) === 0 ? general(by, 2) : rounded;
}

function settingTable(trials, job) {
  const lines = [
    ["Note", ({ note }) => note ?? "none"],
    ["State", ({ state, failure }) => failure?.replaceAll("_", " ") ?? state],
    ["Learning rate", ({ configuration }) => configuration.learning_rate.toExponential(2)],
    ["Training", (trial) => trainingWords(trial) || "not recorded"],
    ["Boundaries", ({ map }) => map.boundaries.join(", ") || "none"],
    ["Adapted layers", ({ map }) => map.layers.filter(({ modules }) => modules.length).length],
    ["Techniques", ({ map }) => [...new Set(map.layers.flatMap(({ modules }) => modules.map((x) => x.technique)))].join(", ") || "none"],
    ["Virtual tokens", ({ map }) => (map.input ? `${map.input.technique} ${map.input.label}` : "none")],
    ["Seed", ({ seed }) => seed],
    ["Origin", ({ origin }) => originText(origin, job.spec.search.sampler)],
    ["On the front", ({ on_front: on }) => (on ? "yes" : "no")],
    ["Final training loss", ({ curve }) => (curve.length ? score(curve.at(-1)[1]) : "not recorded")],
    ["Device", ({ provenance }) => provenance.device ?? "not recorded"],
  ];
  const rows = lines.map(([name, read]) => {
    const values = trials.map((trial) => String(read(trial)));
    return [name, values, { class: values[0] === values[1] ? "same" : null }];
  });
  return pairTable(["Setting", ...trials.map(title)], rows, "Settings");
}

function title({ number }) {
  return `Trial ${number}`;
}

compare({ parameter: "trials", hint: "Choose two trials by their numbers.", waiting: "Loading both trials", load, render });
Promise.all([get(path`/jobs/${job}/front`), loadObjectives()])
  .then(([front]) => fillKnown(byId("known"), front.points), () => {});
