// The trial page: what the configuration is, how well it does, what it costs, and how to take it home.

import { get, page, path, post } from "../lib/api.js";
import { setWords } from "../lib/configuration.js";
import { copyBox } from "../lib/copy.js";
import { byId, h, replace, setText, withCommands } from "../lib/dom.js";
import { capitalised, duration, percent, shellWord } from "../lib/format.js";
import { follow } from "../lib/live.js";
import { loadObjectives } from "../lib/measures.js";
import { problemBox, toast } from "../lib/notice.js";
import { showCurves } from "../charts/curves.js";
import { showMap } from "../charts/map.js";
import { ConfirmRuns } from "../components/confirm-runs.js";
import { showExports } from "../components/exports.js";
import { bindKeys, fillCompare, showNeighbours } from "../components/other-trials.js";
import { stateText, untrainedText } from "../components/job-words.js";
import { costTable, qualityView } from "../components/quality.js";
import { showNote } from "../components/trial-note.js";
import { reasonsView } from "../components/trial-reasons.js";
import { provenanceFacts, settingFacts, stateBadge, timingFacts } from "../components/trial-facts.js";

const main = byId("main");
const name = main.dataset.job;
const number = Number(main.dataset.number);
const views = {};
/** Letters of a failure's message that are shown at once, and of one that is long. */
const SHOWN = 240;
const LONG = 320;

async function start() {
  bindKeys();
  try {
    const data = await load();
    render(data);
    if (isOpen(data.trial)) watch(data);
  } catch (problem) {
    replace(byId("notice"), problemBox(problem), h("p", {}, h("a", { href: page`/jobs/${name}` }, "Back to the job")));
  }
}

function watch({ job, trial }) {
  const onState = (state) => replace(byId("state"), stateBadge({ ...trial, state }, job));
  followTrial({ job, trial, box: byId("notice"), onState, onEnd: reload });
}

async function load() {
  // The job first: what ends after its event is announced by the stream, so nothing is missed.
  const [job] = await Promise.all([get(path`/jobs/${name}`), loadObjectives()]);
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
  replace(byId("state"), stateBadge(trial, job));
  setWords(byId("words"), trial.words);
  replace(byId("notice"), failure(trial));
  byId("trial").hidden = false;
  views.map ? views.map.update(trial.map) : (views.map = showMap(byId("map"), trial.map));
  replace(byId("settings"), settingFacts(trial));
  showNoteOnce(trial);
  replace(byId("reasons"), reasonsView({ trial, job }));
  for (const id of ["results", "costs-panel"]) byId(id).hidden = !done;
  if (done) renderResults({ job, trial, front });
  byId("exports-panel").hidden = !(done && trial.adapter);
  if (done && trial.adapter && !views.exports) {
    views.exports = showExports(byId("exports"), { job: name, kind: job.task_kind, pick: `trial ${number}`, label: `trial ${number}` });
  }
  byId("confirm-panel").hidden = !done;
  if (done && !views.confirm) {
    views.confirm = new ConfirmRuns({ job: name, pick: `trial ${number}`, workers: () => job.live_workers });
    byId("confirm").append(views.confirm.element);
  }
  replace(byId("timing"), timingFacts(trial, job));
  replace(byId("provenance"), provenanceFacts(trial));
  showReuse(byId("reuse"), { job: name, trial });
  showNeighbours(name, number, job);
  fillCompare({ job: name, number, front });
}

/** What is being written stays when the trial ends. */
function showNoteOnce(trial) {
  if (views.note) return;
  views.note = true;
  showNote(byId("note"), { job: name, trial, onChange: tellName });
}

function tellName({ name: called }) {
  setText(byId("trial-name"), called ? ` “${called}”` : "");
  document.title = `${called ?? `Trial ${number}`} of ${name} · peftsearch`;
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
    folded(trial.message ?? "No message was recorded."),
  );
}

/** A long message opens at its end: what follows the first words stands below them, once. */
function folded(message) {
  if (message.length <= LONG) return h("p", { class: "trial-message" }, withCommands(message));
  const space = message.lastIndexOf(" ", SHOWN);
  const end = space > SHOWN / 2 ? space : SHOWN;
  return h("details", { class: "trial-message" }, h("summary", {}, `${message.slice(0, end)} …`), h("p", {}, message.slice(end).trim()));
}

// A trial that waits or runs: its progress, until its end is announced.

// Follows the job's events; `onState` is told "queued" or "running", `onEnd` is called once the trial has ended.
function followTrial({ job, trial, box, onState, onEnd }) {
  const progress = makeProgress(box, trial, job);
  const finish = async () => {
    stream.close();
    try {
      await onEnd();
      toast(`Trial ${trial.number} has ended.`);
    } catch (problem) {
      toast(problem);
    }
  };
  const stream = follow(path`/jobs/${job.name}/events`, {
    status: ({ running, state }) => {
      const held = running.find(({ number }) => number === trial.number);
      onState(held ? "running" : "queued");
      progress(held, state);
    },
    trial: ({ point }) => point.number === trial.number && finish(),
    gone: () => {
      stream.close();
      replace(box, h("div", { class: "note note-warn" }, "The job was deleted."));
    },
  }, { after: job.event });
}

function makeProgress(box, trial, job) {
  const words = h("p", {});
  const done = h("span", { class: "bar-done" });
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": `Progress of trial ${trial.number}`, "aria-valuemin": 0, "aria-valuemax": 100 }, done);
  replace(box, h("div", { class: "note trial-progress" }, words, bar));
  const show = (held, state) => {
    const share = held?.steps_total ? held.steps_done / held.steps_total : 0;
    bar.hidden = !held;
    done.style.width = `${100 * share}%`;
    bar.setAttribute("aria-valuenow", Math.round(100 * share));
    setText(words, held ? progressWords(held, share) : waiting(state));
  };
  show(null, job.state);
  return show;
}

function progressWords({ worker, seconds, steps_done: done, steps_total: total }, share) {
  const who = `Training on ${worker} for ${duration(seconds)}`;
  return total ? `${who}: batch ${done} of ${total}, ${percent(share, 0)}` : `${who}: ${untrainedText(done, "preparing")}`;
}

function waiting(state) {
  return state === "running" ? "Queued: the next free worker takes it." : `${capitalised(stateText({ state: "queued" }, { state }))}. Resumed, it goes on with this trial.`;
}

// The same configuration outside this page: on the command line and in a job file.

async function showReuse(element, { job, trial }) {
  const command = `peftsearch export ${shellWord(job)} --pick "trial ${trial.number}" --out ${shellWord(`${job}-trial-${trial.number}`)}`;
  const exported = trial.state === "completed" && trial.adapter;
  try {
    const text = await jobFileOf(trial.configuration);
    replace(
      element,
      exported ? copyBox("Export on the command line", command, { help: "Add --storage where the database is not the usual one." }) : null,
      copyBox("Try it in another job", text, { help: "Put this into a job file: the search begins with it." }),
    );
  } catch (problem) {
    replace(element, problemBox(problem));
  }
}

async function jobFileOf({ strata, ...rest }) {
  const held = strata.filter(({ start, stop }) => start < stop);
  const { text } = await post("/specs/render", { spec: { try: [{ ...rest, strata: held }] } });
  return text;
}

start();
