// The dialog that resumes a job.
//
//   await resumeJob(job)      true when the job goes on

import { path, post } from "./api.js";
import { h } from "./dom.js";
import { problemBox, toast } from "./notice.js";

/** A dialog for the number of workers, their device and, where the budget is spent, a larger one. */
export function resumeJob(job) {
  const dialog = resumeDialog(job);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "done");
    });
  });
}

function resumeDialog(job) {
  const isRunning = job.state === "running";
  const title = `${isRunning ? "Start workers for" : "Resume"} ${job.name}`;
  const action = isRunning ? "Start" : "Resume";
  const form = h(
    "form",
    { class: "stack" },
    h("h2", { id: "resume-title" }, title),
    h("p", { class: "quiet" }, `Its budget is ${job.budget_text}. Workers start on the machine of this dashboard.`),
    h("div", { class: "fields" }, workersField(), deviceField(), budget(job)),
    h("div", { class: "problems" }),
    h("div", { class: "row row-end" }, cancelButton(), h("button", { class: "button button-primary" }, action)),
  );
  form.addEventListener("submit", (event) => resumeBy(event, job));
  return h("dialog", { class: "dialog", id: "resume", "aria-labelledby": "resume-title" }, form);
}

/** A finished job has spent its budget, so that twice as much is offered. */
function budget(job) {
  const factor = job.state === "finished" ? 2 : 1;
  const { trials, hours } = job.budget;
  const more = Number((factor * hours).toPrecision(4));
  return [
    trials ? numberField("trials", "Budget of trials", factor * trials, { min: 1 }) : null,
    hours ? numberField("hours", "Budget of hours", more, { min: 0, step: "any" }) : null,
  ];
}

function workersField() {
  return numberField("workers", "Workers", 1, { min: 0, max: 64 });
}

function numberField(name, text, value, limits) {
  const id = `resume-${name}`;
  const input = h("input", { id, name, type: "number", value, required: true, ...limits });
  return h("div", { class: "field" }, h("label", { for: id }, text), input);
}

function deviceField() {
  const id = "resume-device";
  const names = [["auto", "automatic"], ["cpu", "processor (cpu)"], ["cuda", "GPU (cuda)"]];
  const options = names.map(([value, text]) => h("option", { value }, text));
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
  const wanted = { trials: numberOf(trials), hours: numberOf(hours) };
  const same = wanted.trials === job.budget.trials && wanted.hours === job.budget.hours;
  return { workers: Number(workers), device, ...(same ? {} : { budget: wanted }) };
}

function numberOf(text) {
  return text === undefined || text === "" ? null : Number(text);
}
