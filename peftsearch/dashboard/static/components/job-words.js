// How far a job is, in the words of its card and of its page: both tell one story.

import { count, duration, plural } from "../lib/format.js";

/** `20 of 24 trials`; of a finished job `20 trials`, for the rest was never to come. */
export function trialsText({ state, counts, budget }) {
  const ended = counts.completed + counts.failed;
  return state === "finished" || !budget.trials ? plural(ended, "trial") : `${count(ended)} of ${plural(budget.trials, "trial")}`;
}

/** `2 min 00 s of 3 min 00 s`; trials that had begun may end after the budget: `3 min 20 s (budget 3 min 00 s)`. */
export function timeText({ used_hours: used, budget }) {
  const text = duration(3600 * used);
  if (!budget.hours) return text;
  const whole = duration(3600 * budget.hours);
  return used > budget.hours && text !== whole ? `${text} (budget ${whole})` : `${text} of ${whole}`;
}

/** `2`, `1, 1 loading`, `2 loading` or `none`. */
export function workersText({ live_workers: live, pool }) {
  const parts = [live ? count(live) : "", pool?.loading ? `${count(pool.loading)} loading` : ""];
  return parts.filter(Boolean).join(", ") || "none";
}

/** What its workers do before the first result. */
export function doingText({ counts, live_workers: live, floors }) {
  if (counts.running) return `${plural(counts.running, "trial")} ${counts.running === 1 ? "is" : "are"} in training`;
  if (!live) return "the workers load the model and the data";
  const measure = floors?.length ? "" : "measure what needs no adapter and ";
  return `the workers ${measure}choose the first configurations`;
}

/** What a held trial does of which no batches are told: one done of none means that it waits for the store of its adapter. */
export function untrainedText(done, otherwise) {
  return done ? "waits for the artefact store" : otherwise;
}

/** The state of a trial; of one that waits, whether anybody is going to take it. */
export function stateText(trial, job) {
  if (!isLeftOver(trial, job)) return trial.state;
  return `not started (the job ${job.state === "finished" ? "ended" : "is stopped"})`;
}

/** What became of a trial that still waits: of a job that has ended, nobody takes it. */
export function isLeftOver(trial, job) {
  return trial.state === "queued" && job.state !== "running";
}

/** Each job with its baselines and ablations right after it; where it is not listed they stay in their place. */
export function besideTheirs(listed) {
  const names = new Set(listed.map((job) => job.name));
  const isBelow = (job) => job.parent !== null && names.has(job.parent);
  return listed.filter((job) => !isBelow(job)).flatMap((job) => [job, ...listed.filter((x) => isBelow(x) && x.parent === job.name)]);
}
