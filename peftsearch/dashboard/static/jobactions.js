// Stop, resume and delete a job, with their dialogs; the Jobs page and the page of one job share them.
//
//   await stopJob(job)      await deleteJob(job)     (resumeJob: resume.js)
//       job is a JobSummary or JobDetail; each returns true when it was done; a problem is shown as a toast
//   actionButtons(job, done)     the buttons that fit the job's state, as <button data-action="stop">; `job` may be
//                                a function that gives the job as it is when a button is pressed

import { del, path, post } from "./api.js";
import { h } from "./dom.js";
import { duration, plural } from "./format.js";
import { confirmBox, toast } from "./notice.js";
import { resumeJob } from "./resume.js";

export async function stopJob(job) {
  return attempt(() => post(path`/jobs/${job.name}/stop`), `${job.name} stops: trials in training finish first.`);
}

export async function deleteJob(job) {
  const trials = Object.values(job.counts).reduce((sum, number) => sum + number, 0);
  const sure = await confirmBox({
    title: `Delete ${job.name}?`,
    text: [
      `This deletes ${plural(trials, "trial")} with their measurements and adapters, the ` +
        `front and its history: ${duration(3600 * job.used_hours)} of training.`,
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
  const remove = ["delete", "Delete", deleteJob];
  if (isLeaving(job)) return [];
  if (job.state !== "running") return [["resume", "Resume", resumeJob], remove];
  return hasWorkers(job) ? [stop] : [["resume", "Start workers", resumeJob], stop];
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
  if (job.state === "running" && !hasWorkers(job)) return ["warn", "waits for workers"];
  return isLeaving(job) && job.state === "stopped" ? ["stopping", "stopping"] : [job.state, job.state];
}
