// The head of the page: state, budget, time left, best so far, what runs now, and what one can do.

import { page } from "../lib/api.js";
import { byId, h, keep, replace, setAttribute, setSentence, setText, withCommands } from "../lib/dom.js";
import { capitalised, clock, count, meanOf, plural, score, shortName, size } from "../lib/format.js";
import { noun } from "../lib/measures.js";
import { makeBar, updateBar } from "./bar.js";
import { doingText, timeText, trialsText, untrainedText, workersText } from "./job-words.js";
import { actionButtons, actionsOf, hasWorkers, isLeaving, isSpent, stateOf } from "./job-actions.js";

export class Head {
  constructor(model) {
    this.model = model;
    this.badge = byId("job-state");
    this.bar = makeBar();
    byId("job-bar").append(this.bar);
    this.facts = byId("job-facts");
    this.now = byId("job-now");
    for (const kind of ["trial", "status", "detail"]) model.on(kind, () => this.show());
    this.show();
  }

  show() {
    const job = this.model.summary;
    const [kind, words] = stateOf(job);
    setAttribute(this.badge, "data-state", kind);
    setText(this.badge, words);
    updateBar(this.bar, job);
    const create = ([name]) => h("div", {}, h("dt", {}, name), h("dd", {}));
    keep(this.facts, factsOf(this.model, job), ([name]) => name, create, writeFact);
    this.showRunning(job.running ?? []);
    this.showActions(job);
    this.showNext(nextStep(job));
    this.showNotes(job.notes ?? []);
  }

  showNotes(notes) {
    const place = byId("job-notes");
    setText(place.querySelector("summary"), plural(notes.length, "note"));
    keep(place.querySelector("ul"), notes, (x) => x, (x) => h("li", {}, withCommands(x)), () => {});
    place.hidden = notes.length === 0;
  }

  showNext(text) {
    if (text === this.next) return;
    this.next = text;
    replace(byId("job-next"), withCommands(text));
    byId("job-next").hidden = text === "";
  }

  showRunning(running) {
    const create = () => h("li", {}, h("span", { class: "now-text" }), h("progress", { max: 1 }));
    keep(this.now, running, (x) => x.number, create, writeRunning);
    this.now.hidden = running.length === 0;
  }

  /** Rebuilt only when other actions fit, so that no press is lost; each means the job as it is then. */
  showActions(job) {
    const offers = actionsOf(job).map(([name]) => name).join();
    if (this.offers === offers) return;
    this.offers = offers;
    const now = new Proxy({}, { get: (_, name) => this.model.summary[name] });
    replace(byId("job-actions"), actionButtons(now, (action) => this.done(action)));
  }

  done(action) {
    if (action === "delete") location.assign(page`/`);
    else this.model.refresh();
  }
}

function writeFact(row, [, value]) {
  const place = row.lastElementChild;
  if (Array.isArray(value)) {
    const key = JSON.stringify(value[0]);
    if (place.dataset.shown !== key) replace(place, ...value[1]);
    place.dataset.shown = key;
  } else setText(place, value);
}

function writeRunning(row, { number, words, steps_done: done, steps_total: total }) {
  const [text, meter] = row.children;
  const batches = total ? `batch ${count(done ?? 0)} of ${count(total)}` : untrainedText(done, "preparing");
  setSentence(text, `Trial ${number}: ${words} · ${batches}`);
  meter.hidden = !total;
  if (total) meter.value = (done ?? 0) / total;
  setAttribute(meter, "aria-label", `Batches of trial ${number}`);
}

function factsOf(model, job) {
  const live = job.state === "running";
  const { failed } = job.counts;
  const trials = trialsText(job);
  return [
    ["Trials", failed ? `${trials}, ${count(failed)} failed` : trials],
    ["Time with a trial running", timeText(job)],
    live ? ["Time left", job.left_words ?? "not known yet"] : null,
    [job.state === "finished" ? "Best" : "Best so far", best(model, job)],
    job.floors.length ? ["Floor, no adapter", floorFact(job.floors[0], model)] : null,
    live ? ["Workers", workersText(job)] : null,
    ["Model", shortName(job.model)],
    job.base_bytes === null ? null : ["Frozen base", `${size(job.base_bytes)}, one for all adapters, without the parts that the trained head replaces`],
    ["Data", shortName(job.data)],
    ["Created", clock(job.created)],
  ].filter(Boolean);
}

function best(model, job) {
  if (!job.best) return job.state === "finished" ? "nothing" : "nothing yet";
  const { value, trial, trials } = job.best;
  const called = model.namesOf([trial]);
  const link = h("a", { href: `${model.page}/trials/${trial}` }, `trial ${trial} ${called}`.trimEnd());
  return [[value, trial, called, trials.length], [h("strong", {}, score(value)), ` ${noun(model.quality)}, `, link, meanOf(trials)]];
}

function floorFact({ value, short, label }, model) {
  return [[value, short], [h("strong", {}, score(value)), ` ${noun(model.quality)}, `, h("span", { title: label }, short)]];
}

/** What a person does next; nothing while the job runs as it should. */
function nextStep(job) {
  if (job.pool?.state === "failed") return `The workers ended: ${job.pool.message ?? "no message"}`;
  const over = job.state !== "running" || (isSpent(job) && !hasWorkers(job));
  if (!over && !hasWorkers(job)) {
    return `No worker: start workers here, or run \`peftsearch worker ${job.name}\` on any machine.
      Those that were just started elsewhere appear once they have loaded.`;
  }
  if (isLeaving(job)) return "Workers finish their trials.";
  if (!over) return "";
  if (!job.counts.completed) return job.ending ? `${capitalised(job.ending)}.` : "";
  const goesOn = job.state === "stopped" ? "resumed, it goes on" : "a larger budget continues the search";
  return `${capitalised(job.ending ?? "the budget is spent")}. Pick a configuration by your budget below and export its adapter;
    ${goesOn}.`;
}

// What happens before the first result, in place of empty charts.

/** Keeps the words of the empty state true while there is no result. */
export function tellWaiting(model) {
  const tell = () => {
    const job = model.summary;
    const waiting = hasWorkers(job) ? "The first result is on its way" : "Waiting for a worker";
    setText(byId("empty-title"), job.state === "running" ? waiting : "No result");
    setText(byId("empty-text"), words(model, job));
  };
  for (const kind of ["trial", "status", "detail"]) model.on(kind, tell);
  tell();
}

function words(model, job) {
  const { failed } = job.counts;
  if (failed) return `Every trial ${job.state === "running" ? "so far " : ""}has failed; the messages below say why.`;
  if (job.state !== "running") return "The job ended before a trial completed.";
  const first = model.hasFreshHead
    ? "the linear probe comes first: the task's head alone is trained on the frozen model"
    : "the base model comes first: it is measured as it is";
  const [floor] = job.floors;
  const begun = hasWorkers(job) ? `${capitalised(doingText(job))}. ${capitalised(first)}` : `Once a worker has loaded the model and the data, ${first}`;
  const known = floor ? `The floor without an adapter is ${noun(model.quality)} ${score(floor.value)}, ${floor.label}. ` : "";
  return `${known}${begun}, the quality that costs nothing. The front starts there, and the charts appear with it.`;
}
