// A confirmation of the whole front: each configuration beside the best floor and tuned LoRA.

import { h } from "../lib/dom.js";
import { count, score, signed } from "../lib/format.js";
import { noun } from "../lib/measures.js";
import { plainTable } from "../charts/chart.js";
import { ends, percent, readingLine } from "./confirm-words.js";

export function frontTold(report) {
  const { front, metric, level, test_rows: rows } = report;
  const beside = front[0]?.differences.map((x) => `Minus ${x.versus}`) ?? [];
  const table = plainTable(
    ["Row", `Mean ${noun(metric)}`, `${percent(level)} interval`, ...beside, "Parameters", "Configuration"],
    front.map((x) => [count(x.row), score(x.mean), ends(x), ...x.differences.map((found) => compared(found, level)), count(x.trainable_parameters), x.description]),
  );
  return [
    h("p", {}, report.verdict),
    h("p", { class: "quiet small" }, `The front as it was then, on ${count(rows)} test rows; the interval of each mean is by the rows and the seeds together.`),
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "The front on the test split" }, table),
    readingLine(report),
  ];
}

/** Intervals are of each comparison by itself; claims are made for all together. */
function compared({ mean, low, high, verdict }, level) {
  return `${signed(mean)}, ${percent(level)} interval [${signed(low)}, ${signed(high)}]: ${verdict}`;
}
