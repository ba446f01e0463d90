// Stop, resume and delete a job, with their dialogs; the Jobs page and the page of one job share them.
//
//   await stopJob(job)      await deleteJob(job)     await resumeJob(job)
//       job is a JobSummary or JobDetail; each returns true when it was done; a problem is shown as a toast
//   actionButtons(job, done)     the buttons that fit the job's state, as <button data-action="stop">; `job` may be
//                                a function that gives the job as it is when a button is pressed

import { del, get, path, post } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { duration, plural } from "../lib/format.js";
import { readHours, writeHours } from "../lib/numbers.js";
import { confirmBox, problemBox, toast } from "../lib/notice.js";

async function stopJob(job) {
  return attempt(() => post(path`/jobs/${job.name}/stop`), `${job.name} stops: trials in training finish first.`);
}

async function deleteJob(job) {
  const trials = Object.values(job.counts).reduce((sum, number) => sum + number, 0);
  const sure = await confirmBox({
    title: `Delete ${job.name}?`,
    text: [
      `This deletes ${plural(trials, "trial")} with their measurements and adapters, the ` +
        `front and its history: ${duration(3600 * job.used_hours)} with a trial running.`,
      "It cannot be undone. Downloaded exports stay where they are.",
    ],
    action: "Delete",
    danger: true,
  });
  return sure && attempt(() => del(path`/jobs/${job.name}`), `${job.name} is deleted.`);
}

async function attempt(request, message) {
  try {
    await request();
    toast(message);
    return true;
  } catch (problem) {
    toast(problem);
    return false;
  }
}

export function actionButtons(job, done) {
  const current = typeof job === "function" ? job : () => job;
  return actionsOf(current()).map(([action, title, run]) => {
    const press = (event) => once(event.currentTarget, run, current(), () => done?.(action));
    const look = action === "delete" ? "button button-small button-danger" : "button button-small";
    const label = `${title} ${current().name}`;
    const attributes = { type: "button", class: look, "data-action": action, "aria-label": label, onclick: press };
    return h("button", attributes, title);
  });
}

/** A disabled button would lose the focus that a dialog gives back. */
async function once(button, run, job, done) {
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  if (await run(job)) done();
  button.ariaBusy = "false";
}

/** What fits the state: [action, words, function]. */
export function actionsOf(job) {
  const stop = ["stop", "Stop", stopJob];
  const resume = (words) => (job.problem ? [] : [["resume", words, resumeJob]]);
  const remove = ["delete", "Delete", deleteJob];
  if (isLeaving(job)) return [];
  if (job.state !== "running") return [...resume("Resume"), remove];
  return hasWorkers(job) ? [stop] : [...resume(isSpent(job) ? "Resume" : "Start workers"), stop];
}

/** Nothing of the budget is left, though no worker has come by to end the job. */
export function isSpent({ budget, counts, used_hours: used }) {
  const { trials, hours } = budget;
  const ended = counts.completed + counts.failed;
  return (hours !== null && used >= hours) || (trials !== null && ended >= trials);
}

/** The job has ended and its workers finish their trials. */
export function isLeaving(job) {
  return job.state !== "running" && hasWorkers(job);
}

export function hasWorkers(job) {
  return job.live_workers > 0 || job.pool?.state === "running" || job.pool?.state === "stopping";
}

/** Its kind and its words. A job runs in the database as long as it has budget; for people it runs while somebody works on it. */
export function stateOf(job) {
  if (job.state === "running" && !hasWorkers(job)) return ["warn", isSpent(job) ? "budget spent" : "waits for workers"];
  if (isLeaving(job) && job.state === "stopped") return ["stopping", "stopping"];
  const { completed, failed } = job.counts;
  return job.state === "finished" && failed && !completed ? ["bad", "every trial failed"] : [job.state, job.state];
}

// The dialog that resumes a job.
//
//   await resumeJob(job)      true when the job goes on

/** A dialog for the number of workers, their device and, where the budget is spent, a larger one. */
async function resumeJob(job) {
  const dialog = resumeDialog(job, await workersBefore(job));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "done");
    });
  });
}

function resumeDialog(job, workers) {
  const isRunning = job.state === "running" && !isSpent(job);
  const title = `${isRunning ? "Start workers for" : "Resume"} ${job.name}`;
  const action = isRunning ? "Start" : "Resume";
  const form = h(
    "form",
    { class: "stack" },
    h("h2", { id: "resume-title" }, title),
    h("p", { class: "quiet" }, `Its budget is ${job.budget_text}. Workers start on the machine of this dashboard.`),
    h("div", { class: "fields" }, numberField("workers", "Workers", workers, { min: 0, max: 64 }), deviceField(job), budget(job)),
    h("div", { class: "problems" }),
    h("div", { class: "row row-end" }, cancelButton(), h("button", { class: "button button-primary" }, action)),
  );
  form.addEventListener("submit", (event) => resumeBy(event, job));
  return h("dialog", { class: "dialog", id: "resume", "aria-labelledby": "resume-title" }, form);
}

/** Where the budget is spent, twice as much is offered. */
function budget(job) {
  const factor = job.state === "finished" || isSpent(job) ? 2 : 1;
  const { trials, hours } = job.budget;
  return [
    trials ? numberField("trials", "Budget of trials", factor * trials, { min: 1 }) : null,
    hours ? textField("hours", "Budget of time", { value: writeHours(factor * hours), placeholder: "2 h, 30 min" }) : null,
  ];
}

/** As many as worked on it before: in a pool of this dashboard, or in whatever ended its last trials. */
async function workersBefore({ name, pool, workers_before: known }) {
  const before = known ?? (await get(path`/jobs/${name}`).catch(() => null))?.workers_before ?? 0;
  return Math.min(64, Math.max(1, pool?.workers ?? 0, before));
}

function numberField(name, text, value, limits) {
  return textField(name, text, { type: "number", value, ...limits });
}

function textField(name, text, more) {
  const id = `resume-${name}`;
  const input = h("input", { id, name, type: "text", required: true, autocomplete: "off", ...more });
  return h("div", { class: "field" }, h("label", { for: id }, text), input);
}

function deviceField({ pool }) {
  const id = "resume-device";
  const names = [["auto", "automatic"], ["cpu", "processor (cpu)"], ["cuda", "GPU (cuda)"]];
  const options = names.map(([value, text]) => h("option", { value, selected: value === pool?.device }, text));
  return h("div", { class: "field" }, h("label", { for: id }, "Device"), h("select", { id, name: "device" }, options));
}

function cancelButton() {
  const cancel = (event) => event.currentTarget.closest("dialog").close("cancel");
  return h("button", { type: "button", class: "button", onclick: cancel }, "Cancel");
}

async function resumeBy(event, job) {
  event.preventDefault();
  const form = event.currentTarget;
  const given = Object.fromEntries(new FormData(form));
  try {
    await post(path`/jobs/${job.name}/resume`, resumeBody(given, job));
    toast(`${job.name} goes on.`);
    form.closest("dialog").close("done");
  } catch (problem) {
    form.querySelector(".problems").replaceChildren(problemBox(problem));
  }
}

/** The budget goes as a whole, since it takes the place of the old one. */
function resumeBody({ workers, device, trials, hours }, job) {
  const wanted = { trials: numberOf(trials), hours: readHours(hours ?? "") ?? null };
  const same = wanted.trials === job.budget.trials && wanted.hours === job.budget.hours;
  return { workers: Number(workers), device, ...(same ? {} : { budget: wanted }) };
}

function numberOf(text) {
  return text === undefined || text === "" ? null : Number(text);
}
