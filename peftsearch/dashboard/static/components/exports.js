// Exports of a job: start one, follow it, download it, delete it.
//
//   const view = showExports(element, {job: "demo", kind: detail.task_kind, pick: "trial 17", label: "trial 17"})
//       a form to start an export of `pick`, above the list of the job's exports; without `pick` the list alone
//   view.aim("best", "the best")       what the form exports from now on
//   exportButton(model, "best")        a button that exports what `pick` means; every list on the page follows it

import { path, post } from "../lib/api.js";
import { h, replace } from "../lib/dom.js";
import { toast } from "../lib/notice.js";
import { ExportForm } from "./export-form.js";
import { makeItem, updateItem } from "./export-item.js";
import { RunList } from "./run-list.js";

const views = new Set();

/** Answers with the export; a Problem is thrown where it cannot be started. */
async function startExport(job, asked) {
  const started = await post(path`/jobs/${job}/exports`, asked);
  for (const view of views) if (view.options.job === job) view.list.take(started);
  return started;
}

export function showExports(element, options) {
  return new Exports(element, options);
}

class Exports {
  constructor(element, options) {
    this.options = options;
    const { job, kind, pick } = options;
    this.list = new RunList({
      where: path`/jobs/${job}/exports`, key: "exports", label: "Exports", told, question,
      none: "Nothing has been exported here yet. What the command line exported is not listed.",
      make: (item, actions) => makeItem(item, { ...actions, automatic: kind.automatic }), update: updateItem,
    });
    this.form = pick ? new ExportForm({ ...options, start: (asked) => startExport(job, asked) }) : null;
    replace(element, this.form?.element, this.list.element);
    views.add(this);
  }

  aim(pick, label = pick) {
    this.form?.aim(pick, label);
  }
}

function told({ trial, state }) {
  return state === "done" ? `The export of trial ${trial} is ready.` : `The export of trial ${trial} failed.`;
}

function question({ trial, state }) {
  if (state === "running") return { title: `Stop the export of trial ${trial}?`, text: "What it has written is removed.", action: "Stop" };
  const text = "Its files are removed from this machine; the trial stays, and can be exported again.";
  return { title: `Delete the export of trial ${trial}?`, text, action: "Delete" };
}

export function exportButton(model, pick) {
  const button = h("button", { type: "button", class: "button button-primary" }, "Export adapter");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await startExport(model.name, { pick });
    } catch (problem) {
      toast(problem);
    }
    button.disabled = false;
  });
  return button;
}
