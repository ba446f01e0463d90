// The Workers page: who lives, on what, doing what.

import { get, page } from "../lib/api.js";
import { byId, h, keep, replace, setAttribute, setSentence, setText } from "../lib/dom.js";
import { NOTHING, ago, capitalised, duration, plural } from "../lib/format.js";
import { follow } from "../lib/live.js";
import { problemBox } from "../lib/notice.js";
import { untrainedText } from "../components/job-words.js";
import { refresher } from "../lib/refresh.js";

const MOST_SILENT = 200;
const refresh = refresher(load, { every: 3000, onProblem: show });

function show(problem) {
  byId("workers-loading").hidden = true;
  replace(byId("workers-problem"), problemBox(problem));
}

async function load() {
  const { workers, pools, programs } = await get("/workers");
  replace(byId("workers-problem"));
  byId("workers-loading").hidden = true;
  byId("workers-body").hidden = false;
  const live = workers.filter((worker) => worker.live);
  drawLive(live, pools, programs);
  drawStarted(pools, programs);
  drawSilent(workers.filter((worker) => !worker.live));
}

function drawLive(live, pools, programs) {
  const searching = live.filter((worker) => worker.command === null);
  const busy = searching.filter((worker) => worker.trial).length;
  setText(byId("workers-count"), searching.length ? `${plural(searching.length, "worker")} at work, ${busy} with a trial` : "");
  const coming = comingText(pools, programs);
  setText(byId("live-coming"), coming);
  byId("live-coming").hidden = live.length > 0 || coming === "";
  byId("live-none").hidden = live.length > 0 || coming !== "";
  byId("live-region").hidden = live.length === 0;
  keep(byId("live-rows"), live, keyOf, () => makeRow(["job", "trial", "progress", "since", "lease", "heard"]), updateRow);
}

/** Who is about to work, while nobody is heard of. */
function comingText(pools, programs) {
  const number = pools.reduce((sum, pool) => sum + pool.loading, 0);
  if (number) return `${plural(number, "worker starts", "workers start")}: the model and the data are being loaded.`;
  return programs.length ? "No worker searches now. What this dashboard runs beside a search stands below." : "";
}

function drawSilent(silent) {
  const newest = [...silent].sort((one, two) => one.seconds_silent - two.seconds_silent).slice(0, MOST_SILENT);
  byId("silent").hidden = silent.length === 0;
  setText(byId("silent-count"), plural(silent.length, "worker"));
  keep(byId("silent-rows"), newest, keyOf, () => makeRow(["job", "trial", "lease", "heard"]), updateRow);
}

function keyOf(worker) {
  return `${worker.job}/${worker.name}`;
}

const TITLES = { job: "Job", trial: "Does", progress: "Progress", since: "Since", lease: "Lease left", heard: "Heard of" };
const NUMBERS = ["since", "lease", "heard"];

function makeRow(columns) {
  const cell = (name) =>
    h("td", { class: NUMBERS.includes(name) ? "number" : null, "data-title": TITLES[name], "data-part": name }, h("div"));
  const head = h("th", { scope: "row" }, h("span", { class: "worker-name" }), h("span", { class: "help" }));
  return h("tr", {}, head, columns.map(cell));
}

function updateRow(row, worker) {
  row.dataset.worker = worker.name;
  const [name, where] = row.firstElementChild.children;
  setText(name, worker.name);
  setText(where, `${worker.host} · ${worker.device} · process ${worker.pid}`);
  const { trial } = worker;
  const put = (part, build, key) => putIn(row, part, build, key);
  put("job", () => jobLink(worker.job), worker.job);
  put("trial", () => trialText(worker), trial ? `${trial.number} ${trial.attempt}` : worker.doing);
  put("progress", () => progressOf(worker), null);
  setPart(row, "since", trial ? duration(trial.seconds) : NOTHING);
  setPart(row, "lease", leaseText(trial));
  setPart(row, "heard", ago(worker.seconds_silent));
}

/** Rebuilt only when its key changes, so that a focused link stays. Without a key it is updated in place. */
function putIn(row, part, build, key) {
  const place = row.querySelector(`[data-part="${part}"] > div`);
  if (!place) return;
  if (part === "progress") return updateProgress(place, build());
  const written = String(key);
  if (place.dataset.shown === written) return;
  place.dataset.shown = written;
  replace(place, build());
}

function setPart(row, part, text) {
  const place = row.querySelector(`[data-part="${part}"] > div`);
  if (place) setText(place, text);
}

function jobLink(job) {
  return h("a", { href: page`/jobs/${job}` }, job);
}

function trialText({ job, trial, doing }) {
  if (!trial) return h("span", { class: "quiet" }, doing ?? NOTHING);
  const href = page`/jobs/${job}/trials/${trial.number}`;
  const again = trial.attempt > 1 ? h("span", { class: "quiet" }, `, attempt ${trial.attempt}`) : null;
  return [h("a", { href }, `trial ${trial.number}`), again, h("div", { class: "words" }, trial.words)];
}

function progressOf({ name, trial }) {
  if (!trial) return null;
  const { steps_done: done, steps_total: total } = trial;
  const known = done !== null && total;
  const words = known ? `batch ${done} of ${total}` : untrainedText(done, "prepares");
  return { name, words, share: known ? Math.min(1, done / total) : 0 };
}

function updateProgress(place, found) {
  if (!found) return place.replaceChildren();
  if (!place.firstElementChild) place.append(...makeProgress());
  const [bar, words] = place.children;
  bar.firstElementChild.style.width = `${100 * found.share}%`;
  setAttribute(bar, "aria-label", `Training of ${found.name}`);
  setAttribute(bar, "aria-valuenow", Math.round(100 * found.share));
  setAttribute(bar, "aria-valuetext", found.words);
  setText(words, found.words);
}

function makeProgress() {
  const done = h("span", { class: "bar-done" });
  const bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, done);
  return [bar, h("span", { class: "small quiet" })];
}

function leaseText(trial) {
  if (!trial || trial.lease_seconds === null) return NOTHING;
  return trial.lease_seconds < 0 ? "over" : duration(trial.lease_seconds);
}

function drawStarted(pools, programs) {
  byId("pools").hidden = pools.length + programs.length === 0;
  const rows = [...pools.map(poolRow), ...programs.map(programRow)];
  keep(byId("pool-rows"), rows, ({ key }) => key, makeStarted, updateStarted);
}

function poolRow({ job, state, workers, device, loading, started, message }) {
  const load = loading ? `, ${loading === workers ? "" : `${loading} `}loading the model and the data` : "";
  return { key: job, job, state, words: `${plural(workers, "worker")} on ${device}${load}`, started, help: message ?? "" };
}

function programRow({ job, noun, step, started }) {
  return { key: `${job} ${noun} ${started}`, job, state: "running", words: noun, started, help: step ? `${capitalised(step)}.` : "" };
}

function makeStarted({ key, job }) {
  const badge = h("span", { class: "badge" });
  const line = h("p", { class: "row" }, badge, jobLink(job), h("span", { class: "quiet" }));
  return h("li", { "data-pool": key }, line, h("p", { class: "help" }));
}

function updateStarted(item, { state, words, started, help }) {
  const [badge, , text] = item.firstElementChild.children;
  setText(badge, state);
  setAttribute(badge, "data-state", state);
  setText(text, `${words}, started ${ago(Date.now() / 1000 - started)}`);
  setSentence(item.lastElementChild, help);
}

follow("/events", { jobs: refresh }, { onOpen: refresh });
refresh();
