// Progress of a job: done, failed and running trials as shares of the budget.

import { h, setAttribute } from "../lib/dom.js";

const PARTS = ["done", "failed", "running"];

export function makeBar() {
  const parts = PARTS.map((name) => h("span", { class: `bar-${name}` }));
  return h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, parts);
}

export function updateBar(bar, job) {
  const shares = sharesOf(job);
  [...bar.children].forEach((part, index) => (part.style.width = `${100 * shares[index]}%`));
  const whole = Math.round(100 * (shares[0] + shares[1]));
  setAttribute(bar, "aria-label", `Progress of ${job.name}`);
  setAttribute(bar, "aria-valuenow", whole);
  setAttribute(bar, "aria-valuetext", job.state === "finished" ? "finished" : `${whole} % of the budget`);
}

/** By trials, or by hours where they are the tighter limit; of a finished job how its trials ended. */
function sharesOf(job) {
  const { completed, failed, running } = job.counts;
  if (job.state === "finished") return completed + failed ? [completed / (completed + failed), failed / (completed + failed), 0] : [1, 0, 0];
  const hours = job.budget.hours ? Math.min(1, job.used_hours / job.budget.hours) : 0;
  const trials = job.budget.trials ?? 0;
  const done = trials ? Math.min(1, (completed + failed) / trials) : 0;
  if (hours > done || !trials) return [hours, 0, 0];
  const part = (number) => Math.min(1, number / trials);
  return [part(completed), part(failed), Math.min(part(running), 1 - done)];
}
