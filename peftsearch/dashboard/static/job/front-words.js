// What a point of the front chart says: in its note, and in the table beside the chart.

import { h } from "../dom.js";
import { duration, score } from "../format.js";
import { meaning } from "./failures.js";
import { noun, write } from "./measures.js";
import { pathOf } from "./pick-result.js";
import { runs } from "./words.js";

/** Children of the note of a point of one of the chart's groups. */
export function note(group, point, model, costs, errors) {
  const title = `${HEADS[group] ?? ""}${trialsText(point.trials)}`;
  const values = point.values ?? {};
  return [
    h("strong", {}, title),
    ...sentences(group, point, model, errors).map((text) => h("p", {}, text)),
    h("p", { class: "tip-words" }, runs(point.words ?? "")),
    h("dl", {}, ...costs.filter((name) => (values[name] ?? null) !== null).flatMap((name) => [
      h("dt", {}, noun(name)), h("dd", {}, write(name, values[name])),
    ])),
    matchMedia("(hover: none)").matches ? h("a", { href: `${pathOf(model)}/trials/${point.trials[0]}` }, "Open trial") : "",
  ];
}

const HEADS = { front: "On the front: ", running: "Running: ", failed: "Failed: " };

function sentences(group, point, model, errors) {
  if (group === "failed") return [meaning(point.failure)];
  if (group === "running") return [point.seconds ? `for ${duration(point.seconds)}` : "not measured yet"];
  const error = errors.get(point.key);
  const spread = error ? ` ± ${error.toFixed(4)} (one standard error)` : "";
  const text = `${noun(model.quality)} ${score(point.real ?? point.y)}${spread}`;
  return group === "below" ? [text, "far below the front; drawn on the edge"] : [text];
}

/** `trial 17`, `trials 8, 17 (mean of 2 seeds)`. */
export function trialsText(trials) {
  if (trials.length === 1) return `trial ${trials[0]}`;
  return `trials ${trials.join(", ")} (mean of ${trials.length} seeds)`;
}

/** One sentence for those who do not see the chart. */
export function alternative(model, view) {
  const members = view.front;
  if (!members.length) return "No trial has completed yet.";
  const [first, last] = [members[0], members.at(-1)];
  const ring = members[view.knee];
  const said = (x) => `${noun(model.quality)} ${score(x.values[model.quality])} at ${write(model.cost, x.values[model.cost])}`;
  return `The front has ${members.length} points, from ${said(first)} to ${said(last)} (${noun(model.cost)}); `
    + `the knee is ${said(ring)}. ${view.dominated.length + view.below.length} configurations are dominated, `
    + `${view.failed.length} failed trials are marked.`;
}
