// Why a trial was proposed: by whom, what the model hoped for, and which known configurations looked most like it.

import { runs } from "../lib/configuration.js";
import { page } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { percent, plural } from "../lib/format.js";
import { label, write } from "../lib/measures.js";

/** A gain of this many times the hypervolume says that nothing was on the front yet. */
const FIRST = 10;

export function reasonsView({ trial, job }) {
  return [h("p", {}, originWords(trial, job)), nearestTable(trial, job)];
}

function originWords({ origin, reasons, same_key: others, number }, job) {
  const earlier = others.filter((x) => x < number);
  const links = earlier.flatMap((x, i) => [i ? ", " : "", trialLink(x, job)]);
  if (reasons) return hopeWords(reasons, origin);
  const words = {
    probe: [`The ${job.task_kind.baseline}, with which every job begins.`],
    try: ["Given by the job file."],
    earlier: ["From the front of an earlier job of this storage: the job's notes name it."],
    imported: ["Measured elsewhere and imported."],
    recipe: ["A published recipe, to begin with what is known to work."],
    learnt: ["Learnt from recorded trainings of other data: what was best to try first there."],
    sobol: ["A point of a Sobol sequence, which spreads over all that may be tried."],
    repeat: ["A further seed of a member of the front, to tell luck from merit", ...(links.length ? [": as trial ", ...links] : []), "."],
    search: ["Proposed by the model; what it hoped for was not kept."],
    random: ["Drawn at random."],
  };
  return words[origin] ?? [`Proposed by the sampler ${origin}.`];
}

/** What the model hoped for, with what it knew then. */
export function hopeWords({ expected_gain: gain, known }, origin) {
  const after = `when ${plural(known, "configuration")} had a result`;
  if (origin === "random" || gain === 0) return `Drawn at random: the model expected no gain from anything new ${after}.`;
  const hoped = gain < FIRST ? `to raise the front's hypervolume by ${percent(gain)} of what it was` : "to give the front its first gain";
  return `Proposed by the model, which expected it ${hoped}, ${after}.`;
}

function nearestTable({ reasons, values, words }, job) {
  if (!reasons?.nearest.length) return null;
  const heads = ["Trial", label(job.quality), label(job.cost), "Configuration, layers from input to output"];
  const cells = (row, name, quality) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, quality),
    h("td", { class: "number" }, write(job.cost, row.cost)), h("td", { class: "near-words" }, runs(row.words)));
  const own = values[job.quality] === undefined ? "not known yet" : write(job.quality, values[job.quality]);
  const rows = reasons.nearest.map((x) => cells(x, trialLink(x.number, job), x.quality === null ? "failed" : write(job.quality, x.quality)));
  const table = h("table", {}, h("caption", { class: "quiet small" }, "Most like it of what was known then, with their results of today"),
    h("thead", {}, h("tr", {}, heads.map((text, i) => h("th", { scope: "col", class: i === 1 || i === 2 ? "number" : null }, text)))),
    h("tbody", {}, cells({ cost: values[job.cost], words }, "this", own), rows));
  return h("div", { class: "scroller near", tabindex: "0", role: "region", "aria-label": "Configurations most like it" }, table);
}

function trialLink(number, job) {
  return h("a", { href: page`/jobs/${job.name}/trials/${number}` }, `${number}`);
}
