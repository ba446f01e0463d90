// The Jobs page: cards that follow the service's events.

import { get, page } from "../lib/api.js";
import { byId, h, keep, replace, setAttribute, setText, withCommands } from "../lib/dom.js";
import { capitalised, clock, count, duration, meanOf, plural, sentence, shortName } from "../lib/format.js";
import { follow } from "../lib/live.js";
import { loadObjectives, noun, objective } from "../lib/measures.js";
import { problemBox } from "../lib/notice.js";
import { refresher } from "../lib/refresh.js";
import { makeBar, updateBar } from "../components/bar.js";
import { besideTheirs, doingText, timeText, trialsText } from "../components/job-words.js";
import { actionButtons, actionsOf, hasWorkers, isLeaving, stateOf } from "../components/job-actions.js";

const MANY = 6;
const PAGE = 100;
let jobs = [];
let total = 0;
let shown = PAGE;

const refresh = refresher(load, { every: 30_000, onProblem: show });

async function load() {
  const [found] = await Promise.all([get("/jobs", { limit: Math.min(shown, 500) }), loadObjectives()]);
  jobs = found.jobs;
  total = found.total;
  replace(byId("jobs-problem"));
  draw();
}

function show(problem) {
  byId("jobs-loading").hidden = true;
  replace(byId("jobs-problem"), problemBox(problem));
}

function draw() {
  byId("jobs-loading").hidden = true;
  byId("welcome").hidden = total > 0;
  byId("jobs-filter").hidden = total < MANY;
  byId("filter-beside").parentElement.hidden = !jobs.some((job) => job.parent);
  const wanted = besideTheirs(jobs.filter(matches));
  keep(byId("jobs"), wanted, (job) => `${job.name} ${job.created}`, (job) => makeCard(job, refresh), updateCard);
  setText(byId("jobs-count"), total === 0 ? "" : countText(wanted.length));
  byId("jobs-none").hidden = total === 0 || wanted.length > 0;
  byId("jobs-more").hidden = jobs.length >= total || shown >= 500;
}

function countText(number) {
  return number === total ? plural(total, "job") : `${number} of ${plural(total, "job")}`;
}

function matches(job) {
  const text = byId("filter-text").value.trim().toLowerCase();
  const state = byId("filter-state").value;
  const words = `${job.name} ${job.model} ${job.data} ${job.kind}`.toLowerCase();
  return (!state || job.state === state) && words.includes(text) && !(job.parent && byId("filter-beside").checked);
}

// Two jobs are compared: a third tick takes the place of the oldest.

let compared = [];

function tick(name, on) {
  compared = [...compared.filter((x) => x !== name), ...(on ? [name] : [])].slice(-2);
  for (const box of byId("jobs").querySelectorAll(".job-tick input")) box.checked = compared.includes(box.value);
  const link = byId("jobs-compare");
  link.hidden = compared.length < 2;
  setText(link, `Compare ${compared.join(" with ")}`);
  setAttribute(link, "href", `${page`/compare`}?jobs=${compared.join(",")}`);
}

// One job as a card: made once, then updated in place.

const WHERE = " on any machine that reaches the database.";

function makeCard(job, done) {
  const id = `job-${job.name}`;
  const link = h("a", { href: page`/jobs/${job.name}` }, job.name);
  const box = h("input", { type: "checkbox", value: job.name, "aria-label": `Compare ${job.name}`, onchange: () => tick(job.name, box.checked) });
  const beside = job.parent ? h("span", { class: "quiet small" }, "beside ", h("a", { href: page`/jobs/${job.parent}` }, job.parent)) : null;
  const head = h("div", { class: "row job-head" }, h("h2", { id }, link), part("state", "span", "badge"), part("outcome", "span", "quiet small"), beside, h("label", { class: "check small push job-tick" }, box, " Compare"));
  const body = [part("about", "p", "quiet small"), makeBar(), part("progress", "p"), part("best", "div", "job-best")];
  const foot = h("div", { class: "row job-foot" }, part("time", "p", "quiet small"), part("actions", "div", "row push"));
  const card = h("article", { class: "panel job-card", "aria-labelledby": id }, head, body, foot, part("note", "div"));
  card.refreshJobs = done;
  return h("li", { class: job.parent ? "is-beside" : null, "data-job": job.name, "data-key": job.name }, card);
}

function part(name, tag, look = null) {
  return h(tag, { class: look, "data-part": name });
}

function updateCard(item, job) {
  const find = (name) => item.querySelector(`[data-part="${name}"]`);
  setAttribute(item, "data-state", job.state);
  const [shape, word] = stateOf(job);
  setText(find("state"), word);
  setAttribute(find("state"), "data-state", shape);
  setText(find("outcome"), job.outcome ?? "");
  once(find("about"), [job.model, job.data, job.problem], () => (job.problem ? null : about(job)));
  updateBar(item.querySelector(".bar"), job);
  setText(find("progress"), progress(job));
  once(find("best"), [job.best, job.problem, job.state, job.counts.failed, job.counts.running > 0, hasWorkers(job)], () => (job.problem ? null : best(job)));
  setText(find("time"), footText(job));
  once(find("note"), [noteKey(job)], () => note(job));
  item.job = job;
  once(find("actions"), [actionsOf(job).map(([name]) => name), isLeaving(job), job.problem], () => actions(item));
}

/** Rebuilds a part only when what it shows has changed, so that focus and selection stay. */
function once(place, facts, build) {
  const key = JSON.stringify(facts);
  if (place.shown === key) return;
  place.shown = key;
  const isFocused = place.contains(document.activeElement);
  replace(place, build());
  if (isFocused) place.querySelector("a, button")?.focus();
}

function actions(item) {
  const { refreshJobs } = item.querySelector(".job-card");
  if (isLeaving(item.job)) return h("span", { class: "quiet small" }, "Workers finish their trials.");
  return [item.job.problem ? null : copyLink(item.job), ...actionButtons(() => item.job, refreshJobs)];
}

function copyLink({ name }) {
  const href = page`/new?copy=${name}`;
  return h("a", { class: "button button-small button-quiet", href, "aria-label": `Copy ${name}` }, "Copy");
}

function about(job) {
  const short = (path) => h("span", { title: path }, shortName(path));
  return [sentence(job.kind), " · ", short(job.model), " on ", short(job.data)];
}

function progress(job) {
  const { completed, failed, running } = job.counts;
  const parts = [`${trialsText(job)} done`];
  if (running) parts.push(`${running} in training`);
  if (failed) parts.push(`${failed} failed`);
  return parts.join(" · ");
}

function best(job) {
  if (!job.best) return h("p", { class: "quiet" }, noResult(job));
  const where = page`/jobs/${job.name}/trials/${job.best.trial}`;
  const value = h("strong", { class: "job-value" }, objective(job.quality, job.best.value));
  const from = h("a", { href: where }, `trial ${job.best.trial}`);
  const name = noun(job.quality);
  return [
    h("p", {}, `Best ${name}${job.state === "finished" ? "" : " so far"} `, value, " by ", from, meanOf(job.best.trials)),
    h("p", { class: "words" }, job.best.words),
  ];
}

function noResult(job) {
  const { state, counts } = job;
  if (counts.failed && !counts.completed) return "No result: every trial has failed.";
  if (state !== "running") return "No result: the job ended before a trial completed.";
  return hasWorkers(job) ? `No result yet: ${doingText(job)}.` : "No result yet.";
}

function footText(job) {
  const over = job.state === "finished" && job.budget_text;
  const parts = over ? [`${duration(3600 * job.used_hours)} with a trial running`, `its budget was ${job.budget_text}`] : [`${timeText(job)} with a trial running`];
  if (job.left_words !== null && job.state === "running") parts.push(`${job.left_words} left`);
  if (job.live_workers) parts.push(plural(job.live_workers, "worker"));
  if (job.pool?.loading) parts.push(`${plural(job.pool.loading, "worker")} loading`);
  parts.push(`created ${clock(job.created)}`);
  return parts.join(" · ");
}

function noteKey(job) {
  return [job.problem, job.pool?.state, job.pool?.message, job.state, hasWorkers(job)].join("|");
}

function note(job) {
  if (job.problem) return h("p", { class: "note note-warn job-note" }, withCommands(capitalised(job.problem)));
  if (job.pool?.state === "failed") {
    return h("p", { class: "note note-warn job-note" }, withCommands(`The workers ended: ${job.pool.message ?? "no message"}`));
  }
  if (job.state !== "running" || hasWorkers(job)) return null;
  const command = h("code", {}, `peftsearch worker ${job.name}`);
  return h("p", { class: "note note-warn job-note" }, "Start workers here, or run ", command, WHERE);
}

byId("filter-text").addEventListener("input", draw);
byId("filter-state").addEventListener("change", draw);
byId("filter-beside").addEventListener("change", draw);
byId("jobs-more").addEventListener("click", () => {
  shown += PAGE;
  refresh();
});
follow("/events", { jobs: refresh }, { onOpen: refresh });
refresh();
