// What happens before the first result, in place of empty charts.

import { byId, setText } from "../dom.js";
import { hasWorkers } from "../jobactions.js";

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
  if (job.state !== "running") return "The job ended before a trial completed. Failures, if any, are told below.";
  if (job.counts.failed) return "Every trial so far has failed; the messages below say why.";
  const first = model.probeName === "base model"
    ? "the base model comes first: it is measured as it is"
    : "the linear probe comes first: the task's head alone is trained on the frozen model";
  const load = hasWorkers(job)
    ? "The workers load the model and the data. Then"
    : "Once a worker has loaded the model and the data,";
  return `${load} ${first}, the quality that costs nothing. The front starts there, and the charts appear with it.`;
}
