// Two trials of a job side by side.

import { get, path } from "./api.js";
import { alignMaps } from "./compare-maps.js";
import { settingTable, valueTable } from "./compare-tables.js";
import { showCurves } from "./curve.js";
import { byId, h, replace, setText } from "./dom.js";
import { plural } from "./format.js";
import { showMap } from "./map.js";
import { problemBox } from "./notice.js";
import { fillKnown } from "./trial-compare.js";

const SIDES = ["left", "right"];
const job = byId("main").dataset.job;
const inputs = SIDES.map((side) => byId(`${side}-number`));
const views = {};

function chosen() {
  const found = new URLSearchParams(location.search).get("trials")?.match(/\d+/g) ?? [];
  return found.slice(0, 2).map(Number);
}

async function show() {
  const numbers = chosen();
  numbers.forEach((number, i) => (inputs[i].value = number));
  byId("comparison").hidden = true;
  if (numbers.length < 2) return replace(byId("notice"), h("p", { class: "quiet" }, "Choose two trials by their numbers."));
  replace(byId("notice"), h("p", { class: "loading" }, "Loading both trials"));
  try {
    const [detail, ...trials] = await Promise.all([
      get(path`/jobs/${job}`), ...numbers.map((number) => get(path`/jobs/${job}/trials/${number}`)),
    ]);
    replace(byId("notice"));
    return render(detail, trials);
  } catch (problem) {
    return replace(byId("notice"), problemBox(problem));
  }
}

function render(detail, trials) {
  byId("comparison").hidden = false;
  document.title = `Trials ${trials.map(({ number }) => number).join(" and ")} of ${job} · peftsearch`;
  const aligned = alignMaps(trials[0].map, trials[1].map);
  setText(byId("difference"), differenceWords(aligned, trials));
  trials.forEach((trial, i) => renderSide(SIDES[i], trial, aligned));
  replace(byId("values"), valueTable(trials, detail));
  replace(byId("settings"), settingTable(trials));
  const series = trials.map(({ number, curve }) => ({ name: `trial ${number}`, points: curve }));
  views.curves ? views.curves.update(series) : (views.curves = showCurves(byId("curves"), series));
}

function renderSide(side, trial, aligned) {
  const options = { ...aligned, small: true, title: `Strata map of trial ${trial.number}` };
  replace(byId(`${side}-title`), h("a", { href: path`/jobs/${job}/trials/${trial.number}` }, `Trial ${trial.number}`));
  setText(byId(`${side}-words`), trial.words);
  views[side] ? views[side].update(trial.map, options) : (views[side] = showMap(byId(`${side}-map`), trial.map, options));
}

function differenceWords({ differs, layers }, [left, right]) {
  if (left.key === right.key) return "The same configuration, trained with other seeds.";
  if (!differs.size) return "The same techniques in every layer; they differ in what the tables below say.";
  return `They differ in ${plural(layers, "layer")}; frames show where.`;
}

function choose(numbers) {
  history.pushState(null, "", `?trials=${numbers.join(",")}`);
  show();
}

byId("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  choose(inputs.map((input) => input.value));
});
byId("swap").addEventListener("click", () => choose(inputs.map((input) => input.value).reverse()));
addEventListener("popstate", show);
show();
get(path`/jobs/${job}/front`).then((front) => fillKnown(byId("compare-known"), front.points), () => {});
