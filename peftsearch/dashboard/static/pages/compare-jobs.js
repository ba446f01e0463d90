// Two jobs side by side: which found the better, both fronts, and in which settings they differ.

import { get, page } from "../lib/api.js";
import { byId, h, replace, withCommands } from "../lib/dom.js";
import { capitalised, count, duration, meanOf, plural } from "../lib/format.js";
import { inWords, loadObjectives, noun, write } from "../lib/measures.js";
import { showTwoFronts, valueWords } from "../charts/two-fronts.js";
import { compare, pairTable } from "../components/comparison.js";

const views = {};

function load(names, query) {
  return Promise.all([get("/compare", { jobs: names.join(","), cost: query.get("cost") }), loadObjectives()]).then(([found]) => found);
}

function render(found) {
  document.title = `${found.jobs.map((x) => x.name).join(" and ")} compared · peftsearch`;
  replace(byId("verdict"), verdict(found));
  replace(byId("facts"), pairTable(["", ...found.jobs.map(jobLink)], facts(found), "Facts of both jobs"));
  showFronts(found);
  replace(byId("settings"), settings(found));
}

function jobLink({ name }) {
  return h("a", { href: page`/jobs/${name}` }, name);
}

function verdict({ verdict: words, winner, obstacles, box }) {
  const notes = obstacles.filter((x) => x.weight === "note").map((x) => h("p", { class: "note note-warn" }, withCommands(`${capitalised(x.words)}.`)));
  return [
    h("p", { class: winner ? "note" : "note note-warn" }, winner ? h("strong", {}, withCommands(inWords(words))) : withCommands(inWords(words))),
    notes,
    box ? h("p", { class: "quiet small" }, `The hypervolume is each front's share of one box: ${box.words}.`) : null,
  ];
}

/** Rows [name, one value for each job]. */
function facts({ jobs, cost, level, winner, box }) {
  const each = (tell) => jobs.map(tell);
  const best = ({ best: x, quality, name }) => (x ? [name === winner ? h("strong", {}, valueWords(x, quality), " ✓") : valueWords(x, quality), " by ", trialLink(name, x.trials[0]), meanOf(x.trials)] : "none on the front");
  return [
    ["State", each((x) => x.state)],
    ["Trials", each((x) => `${count(x.completed)} completed, ${count(x.failed)} failed`)],
    ["Time with a trial running", each((x) => duration(3600 * x.hours))],
    [`Best`, each(best)],
    [`${capitalised(noun(cost))} of it`, each((x) => (x.best && x.best.cost !== null ? write(cost, x.best.cost) : ""))],
    ["Best floor, no adapter", each(({ floors: [floor], quality }) => (floor ? `${write(quality, floor.value)}, ${floor.short}` : "none"))],
    ["Points on the front", each((x) => count(x.front.length))],
    box ? ["Hypervolume, common box", each((x) => x.hypervolume_words)] : null,
    level === null ? null : [`To reach ${write(jobs[0].quality, level)}`, each(reachWords)],
  ].filter(Boolean);
}

function trialLink(job, number) {
  return h("a", { href: page`/jobs/${job}/trials/${number}` }, `trial ${number}`);
}

function reachWords({ reached: x }) {
  return x ? `${plural(x.trials, "trial")}, ${duration(x.trial_seconds)} of trials` : "";
}

function showFronts(found) {
  const [left, right] = found.jobs;
  const drawn = left.quality === right.quality && found.costs.includes(found.cost);
  byId("fronts").hidden = byId("cost").parentElement.hidden = !drawn;
  byId("fronts-title").textContent = drawn ? "Both fronts" : "Both fronts cannot stand in one picture";
  replace(byId("cost"), found.costs.map((name) => h("option", { value: name, selected: name === found.cost }, noun(name))));
  if (!drawn) return;
  views.fronts ? views.fronts.update(found) : (views.fronts = showTwoFronts(byId("fronts"), found));
}

function settings({ differences, jobs }) {
  if (!differences.length) return h("p", {}, "Their job files say the same.");
  return pairTable(["Setting", ...jobs.map((x) => x.name)], differences.map((x) => [h("code", {}, x.setting), x.values.map((value) => value ?? "none")]), "Settings that differ");
}

const choose = compare({ parameter: "jobs", hint: "Choose two jobs by their names.", waiting: "Loading both jobs", load, render });
byId("cost").addEventListener("change", () => choose(["left", "right"].map((side) => byId(side).value.trim()), { cost: byId("cost").value }));
get("/jobs", { limit: 500 }).then(({ jobs }) => replace(byId("known"), jobs.map((job) => h("option", { value: job.name }))), () => {});
