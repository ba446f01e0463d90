// The trial page: what the configuration is, how well it does, what it costs, and how to take it home.

import { get, path } from "./api.js";
import { showCurves } from "./curve.js";
import { byId, h, replace, setText } from "./dom.js";
import { showExports } from "./exports.js";
import { showMap } from "./map.js";
import { problemBox } from "./notice.js";
import { bindKeys, fillCompare, showNeighbours } from "./trial-compare.js";
import { provenanceFacts, settingFacts, stateBadge, timingFacts } from "./trial-facts.js";
import { followTrial } from "./trial-live.js";
import { costTable, qualityView } from "./trial-quality.js";
import { showReuse } from "./trial-reuse.js";

const main = byId("main");
const name = main.dataset.job;
const number = Number(main.dataset.number);
const views = {};

async function start() {
  bindKeys();
  try {
    const data = await load();
    render(data);
    if (isOpen(data.trial)) watch(data);
  } catch (problem) {
    replace(byId("notice"), problemBox(problem), h("p", {}, h("a", { href: path`/jobs/${name}` }, "Back to the job")));
  }
}

function watch({ job, trial }) {
  const onState = (state) => replace(byId("state"), stateBadge({ ...trial, state }));
  followTrial({ job, trial, box: byId("notice"), onState, onEnd: reload });
}

async function load() {
  // The job first: what ends after its event is announced by the stream, so nothing is missed.
  const job = await get(path`/jobs/${name}`);
  const [trial, front] = await Promise.all([get(path`/jobs/${name}/trials/${number}`), get(path`/jobs/${name}/front`)]);
  return { job, trial, front };
}

async function reload() {
  render(await load());
}

function isOpen({ state }) {
  return state === "queued" || state === "running";
}

function render({ job, trial, front }) {
  const done = trial.state === "completed";
  replace(byId("state"), stateBadge(trial));
  setText(byId("words"), trial.words);
  replace(byId("notice"), failure(trial));
  byId("trial").hidden = false;
  views.map ? views.map.update(trial.map) : (views.map = showMap(byId("map"), trial.map));
  replace(byId("settings"), settingFacts(trial));
  for (const id of ["results", "costs-panel"]) byId(id).hidden = !done;
  if (done) renderResults({ job, trial, front });
  byId("exports-panel").hidden = !(done && trial.adapter);
  if (done && trial.adapter && !views.exports) {
    views.exports = showExports(byId("exports"), { job: name, kind: job.kind, pick: `trial ${number}`, label: `trial ${number}` });
  }
  replace(byId("timing"), timingFacts(trial, job));
  replace(byId("provenance"), provenanceFacts(trial));
  showReuse(byId("reuse"), { job: name, trial });
  showNeighbours(name, number, job);
  fillCompare({ job: name, number, front });
}

function renderResults({ job, trial, front }) {
  replace(byId("quality"), qualityView({ job, trial, front }));
  const series = [{ name: `trial ${number}`, points: trial.curve }];
  views.curve ? views.curve.update(series) : (views.curve = showCurves(byId("curve"), series));
  replace(byId("costs"), costTable({ job, trial, front }));
}

function failure(trial) {
  if (trial.state !== "failed") return null;
  const kind = (trial.failure ?? "failed").replaceAll("_", " ");
  return h(
    "div",
    { class: "problem" },
    h("p", { class: "problem-title" }, `Failed: ${kind}`),
    h("p", { class: "trial-message" }, trial.message ?? "No message was recorded."),
  );
}

start();
