// A trial that waits or runs: its progress, until its end is announced.

import { path } from "./api.js";
import { h, replace, setText } from "./dom.js";
import { duration, percent } from "./format.js";
import { follow } from "./live.js";
import { toast } from "./notice.js";

// Follows the job's events; `onState` is told "queued" or "running", `onEnd` is called once the trial has ended.
export function followTrial({ job, trial, box, onState, onEnd }) {
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
    done.style.width = `${100 * share}%`;
    bar.setAttribute("aria-valuenow", Math.round(100 * share));
    setText(words, held ? progressWords(held, share) : waiting(state));
  };
  show(null, job.state);
  return show;
}

function progressWords({ worker, seconds, steps_done: done, steps_total: total }, share) {
  const who = `Training on ${worker} for ${duration(seconds)}`;
  return total ? `${who}: step ${done} of ${total}, ${percent(share, 0)}` : `${who}: preparing`;
}

function waiting(state) {
  return state === "running" ? "Queued: the next free worker takes it." : `Queued, but the job is ${state}: resume it to go on.`;
}
