// Exports of a job: start one, follow it, download it, delete it.
//
//   const view = showExports(element, {job: "demo", automatic: "AutoModelForCausalLM", pick: "trial 17", label: "trial 17"})
//       a form to start an export of `pick`, above the list of the job's exports; without `pick` the list alone
//   view.aim("best", "the best")       what the form exports from now on
//   await startExport(job, pick, form) starts one from elsewhere; every list on the page follows it

import { del, get, path, post } from "../lib/api.js";
import { h, keep, replace, setText } from "../lib/dom.js";
import { ago } from "../lib/format.js";
import { confirmBox, problemBox, toast } from "../lib/notice.js";
import { makeItem, updateItem } from "./export-item.js";

const POLL_MS = 1200;
const FORMS = [
  ["auto", "Automatic", "peft where it can hold the adapter exactly, else adapter."],
  ["peft", "peft", "Loads with the peft library; a pooled head by head.py, which comes along."],
  ["adapter", "adapter", "The changed tensors; loads with peftsearch.load_adapter. Holds every configuration."],
  ["merged", "merged", "A transformers model with the changes folded in, as large as the model; a pooled head by head.py."],
];
const views = new Set();

/** Answers with the export; a Problem is thrown where it cannot be started. */
async function startExport(job, pick, form = "auto") {
  const started = await post(path`/jobs/${job}/exports`, { pick, form });
  for (const view of views) if (view.options.job === job) view.take(started);
  return started;
}

export function showExports(element, options) {
  return new Exports(element, options);
}

class Exports {
  constructor(element, options) {
    Object.assign(this, { options, items: [], timer: 0 });
    this.form = options.pick ? this.makeForm() : null;
    this.problem = h("div", {});
    this.list = h("ul", { class: "exports", "aria-label": "Exports" });
    this.none = h("p", { class: "quiet", hidden: true }, "Nothing has been exported here yet. What the command line exported is not listed.");
    this.said = h("p", { class: "visually-hidden", role: "status" });
    replace(element, this.form, this.problem, this.said, this.none, this.list);
    views.add(this);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
    this.refresh();
  }

  makeForm() {
    const name = `form-${views.size}`;
    const choices = FORMS.map(([value, title, meaning]) => h(
      "label",
      { class: "export-form" },
      h("input", { type: "radio", name, value, checked: value === "auto" }),
      h("span", {}, h("strong", {}, title), h("span", { class: "help" }, meaning)),
    ));
    this.button = h("button", { class: "button button-primary" });
    const form = h("form", { class: "export-start" }, h("fieldset", {}, h("legend", {}, "Form"), h("div", { class: "export-forms" }, choices)),
      h("div", { class: "row" }, this.button, h("span", { class: "help" }, "It is loaded again and compared with the trial before it counts as done.")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start(new FormData(form).get(name));
    });
    this.label();
    return form;
  }

  label() {
    setText(this.button, `Export ${this.options.label ?? this.options.pick}`);
  }

  aim(pick, label = pick) {
    Object.assign(this.options, { pick, label });
    if (this.button) this.label();
  }

  async start(form) {
    this.button.disabled = true;
    replace(this.problem);
    try {
      await startExport(this.options.job, this.options.pick, form);
    } catch (problem) {
      replace(this.problem, problemBox(problem));
    }
    this.button.disabled = false;
  }

  take(started) {
    this.show([started, ...this.items.filter(({ id }) => id !== started.id)]);
    this.later();
  }

  async refresh() {
    try {
      const { exports } = await get(path`/jobs/${this.options.job}/exports`);
      this.tell(exports);
      this.show([...exports].sort((a, b) => b.created - a.created));
    } catch (problem) {
      replace(this.problem, problemBox(problem));
    }
    this.later();
  }

  /** Says aloud what has ended since the last look. */
  tell(found) {
    const open = new Set(this.items.filter(({ state }) => state === "running").map(({ id }) => id));
    for (const { id, trial, state } of found) {
      if (open.has(id) && state !== "running") {
        setText(this.said, state === "done" ? `The export of trial ${trial} is ready.` : `The export of trial ${trial} failed.`);
      }
    }
  }

  later() {
    clearTimeout(this.timer);
    const waits = this.items.some(({ state }) => state === "running");
    if (waits && !document.hidden) this.timer = setTimeout(() => this.refresh(), POLL_MS);
  }

  show(items) {
    this.items = items;
    this.none.hidden = items.length > 0;
    const actions = { automatic: this.options.automatic, remove: (item) => this.remove(item), ago: (then) => ago(Date.now() / 1000 - then) };
    keep(this.list, items, ({ id, state }) => `${id}-${state}`, (item) => makeItem(item, actions), (element, item) => updateItem(element, item, actions));
  }

  async remove(item) {
    const running = item.state === "running";
    const sure = await confirmBox({
      title: running ? `Stop the export of trial ${item.trial}?` : `Delete the export of trial ${item.trial}?`,
      text: running ? "What it has written is removed." : "Its files are removed from this machine; the trial stays, and can be exported again.",
      action: running ? "Stop" : "Delete",
      danger: true,
    });
    if (!sure) return;
    try {
      await del(path`/jobs/${this.options.job}/exports/${item.id}`);
    } catch (problem) {
      toast(problem);
    }
    await this.refresh();
  }
}

// The export button of a pick.

/** A button that exports what `pick` means; the list of exports below follows it. */
export function exportButton(model, pick) {
  const button = h("button", { type: "button", class: "button button-primary" }, "Export adapter");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await startExport(model.name, pick);
    } catch (problem) {
      toast(problem);
    }
    button.disabled = false;
  });
  return button;
}
