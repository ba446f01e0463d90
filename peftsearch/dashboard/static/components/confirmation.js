// What confirmations found on the test split, in the words that `peftsearch confirm` prints.

import { get } from "../lib/api.js";
import { commandBox } from "../lib/copy.js";
import { h, replace } from "../lib/dom.js";
import { capitalised, count, score, signed } from "../lib/format.js";
import { label, noun } from "../lib/measures.js";
import { plainTable } from "../charts/chart.js";
import { frontTold } from "./confirmed-front.js";
import { ends, percent, readingLine } from "./confirm-words.js";

/** Fills `box` with the latest report of each kind, the earlier ones folded; or with what the command is for. Answers
    all sentences that it has told. */
export async function showConfirmation(model, box) {
  const [tested, data] = await Promise.all([load(model, "confirm", { also: "confirm-front" }), load(model, "confirm-data")]);
  const told = [
    ...latest(tested.filter((x) => x.arms && !x.front), "of one point", (x) => one(x, model)),
    ...latest(tested.filter((x) => x.front), "of the front", (x) => frontTold(x)),
    ...latest(data.filter((x) => x.arms), "on other data", (x) => [h("p", {}, `The kept adapters on ${x.data}, nothing trained:`), ...one(x, model)]),
  ];
  replace(box, told.length ? [await moved(model, tested), told] : offer(model));
  return new Set([...tested, ...data].map(inSentence));
}

function inSentence(report) {
  return report.sentence ?? report.verdict ?? "";
}

/** That what is proposed by now is none of what was confirmed; nothing where it is, or where nothing is proposed.
    The last reading comes last. */
async function moved(model, reports) {
  const arms = reports.flatMap((x) => x.front ?? x.arms?.slice(0, 1) ?? []);
  const proposed = arms.length ? await propose(model).catch(() => null) : null;
  if (!proposed || arms.some((x) => (x.key ? x.key === proposed.point.key : x.description === proposed.point.description))) return null;
  return h("p", { class: "note" }, `What is confirmed is ${arms.at(-1).description}. Proposed now is trial ${proposed.trial}, ${proposed.point.description}, of which the test rows said nothing:
    the form below confirms it, as a further reading.`);
}

async function propose(model) {
  const found = await get(`${model.path}/pick`, { pick: "1se" });
  return found.above ? get(`${model.path}/pick`, { pick: `${found.above}` }) : found;
}

async function load(model, kind, asked = {}) {
  const { reports } = await get(`${model.path}/reports/${kind}`, asked);
  return reports.map((x) => x.content ?? x);
}

/** The last of some reports; those before it can be unfolded. */
function latest(reports, what, tell) {
  const [last, ...earlier] = [...reports].reverse();
  if (!last) return [];
  const older = h("details", {}, h("summary", {}, `Earlier ones ${what} (${count(earlier.length)})`),
    h("ul", { class: "verdicts" }, earlier.map((x) => h("li", {}, inSentence(x), readingLine(x)))));
  return [h("section", { class: "confirmed" }, tell(last), earlier.length ? older : null)];
}

function offer(model) {
  const text = `Validation drove this search, so its scores flatter the front. A confirmation retrains the proposed point, the cheapest within one standard error of the best, the ${model.probeName}
    and a tuned plain LoRA with new seeds and compares them on the test split, which nothing else reads. Start it below, or on the command line:`;
  return [h("p", {}, text), commandBox(`peftsearch confirm ${model.name}`)];
}

function one(report, model) {
  const { metric, test_rows: rows, seeds, arms, differences, level } = report;
  const table = plainTable(
    ["", `Mean ${noun(metric)}`, `${percent(level)} interval`, "Each seed", "Parameters", "Configuration"],
    arms.map((x) => [x.name, score(x.mean), ends(x), x.values.map(score).join("  "), count(x.trainable_parameters), x.description]),
  );
  return [
    h("p", {}, inSentence(report)),
    h("p", { class: "quiet small" }, `${label(metric)} on ${count(rows)} test rows, ${seeds.length} seeds of what is trained; intervals are by the rows and the seeds together.`),
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Arms of the comparison" }, table),
    floorsLine(report, metric),
    h("ul", { class: "verdicts" }, differences.map((x) => h("li", {}, difference(x, report.level, model)))),
    groups(report.by, metric),
    readingLine(report),
  ];
}

/** Reports of before floors were measured name none. */
function floorsLine({ floors = [] }, metric) {
  if (!floors.length) return null;
  const each = floors.map((x) => `${x.label} ${score(x.value)}`).join("; ");
  return h("p", { class: "quiet small" }, `Without adapters, ${noun(metric)} on the validation rows: ${each}.`);
}

function difference({ versus, mean, low, high }, level, model) {
  const interval = `${percent(level)} interval [${signed(low)}, ${signed(high)}]`;
  return `Picked minus ${versus}: ${signed(mean)}, ${interval}: ${verdict({ versus, mean, low, high }, model)}.`;
}

function verdict({ versus, mean, low, high }, model) {
  if (low <= 0 && high >= 0) return "not told apart by these rows and seeds";
  return model.sign * mean > 0 ? "the picked point is better" : `the ${versus} is better`;
}

/** The worst group first, as the report has them. */
function groups(by, metric) {
  if (!by) return null;
  const rows = by.groups.map((x) => [x.group || "(empty)", score(x.mean), `[${score(x.low)}, ${score(x.high)}]`, count(x.rows)]);
  const table = plainTable([by.column, noun(metric), `${percent(by.level)} interval of all together`, "Rows"], rows);
  const words = by.left_out_words ?? (by.left_out ? [`${count(by.left_out)} groups of few rows are left out`] : []);
  const left = words.map((text) => h("p", { class: "quiet small" }, `${capitalised(text)}.`));
  return h("details", { open: true }, h("summary", {}, `By ${by.column}, the worst first`),
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Groups of the test rows" }, table), left);
}
