// What `peftsearch confirm` found on the test split, in the words that it prints.

import { get } from "../lib/api.js";
import { commandBox } from "../lib/copy.js";
import { h, replace } from "../lib/dom.js";
import { count, score } from "../lib/format.js";
import { label, noun } from "../lib/measures.js";
import { plainTable } from "../charts/chart.js";

/** Fills `box` with the latest report, or with what the command is for. */
export async function showConfirmation(model, box) {
  const { reports } = await get(`${model.path}/reports/confirm`);
  const report = reports.at(-1);
  replace(box, report ? told(report, model) : offer(model));
}

function offer(model) {
  const text = `Validation drove this search, so its scores flatter the front. This retrains the proposed point, the cheapest within one standard error of the best, the ${model.probeName}
    and a tuned plain LoRA with new seeds and compares them on the test split, which nothing else reads:`;
  return [h("p", {}, text), commandBox(`peftsearch confirm ${model.name}`)];
}

function told(found, model) {
  const report = found.content ?? found;
  const { metric, test_rows: rows, seeds, arms, differences } = report;
  const table = plainTable(
    ["", `Mean ${noun(metric)}`, "Each seed", "Parameters", "Configuration"],
    arms.map((x) => [x.name, score(x.mean), x.values.map(score).join("  "), count(x.trainable_parameters), x.description]),
  );
  return [
    h("p", {}, `${label(metric)} on ${count(rows)} test rows, ${seeds.length} seeds of what is trained.`),
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Arms of the comparison" }, table),
    floorsLine(report, metric),
    h("ul", { class: "verdicts" }, differences.map((x) => h("li", {}, difference(x, report.level, model)))),
    report.verdict ? h("p", {}, report.verdict) : null,
    readingLine(report),
  ];
}

/** Reports of before floors were measured name none. */
function floorsLine({ floors = [] }, metric) {
  if (!floors.length) return null;
  const each = floors.map((x) => `${x.label} ${score(x.value)}`).join("; ");
  return h("p", { class: "quiet small" }, `Without adapters, ${noun(metric)} on the validation rows: ${each}.`);
}

/** Reports of before readings were counted have none. */
function readingLine({ reading, level }) {
  if (!reading) return null;
  const told = `Reading number ${reading.number} of this test split; intervals hold at ${percent(level)}.`;
  return h("p", { class: "quiet small" }, told);
}

function percent(level = 0.95) {
  return `${Number((100 * level).toPrecision(4))} %`;
}

function difference({ versus, mean, low, high }, level, model) {
  const interval = `${percent(level)} interval [${signed(low)}, ${signed(high)}]`;
  return `Picked minus ${versus}: ${signed(mean)}, ${interval}: ${verdict({ versus, mean, low, high }, model)}.`;
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}

function verdict({ versus, mean, low, high }, model) {
  if (low <= 0 && high >= 0) return "not resolved by these rows and seeds";
  return model.sign * mean > 0 ? "the picked point is better" : `the ${versus} is better`;
}
