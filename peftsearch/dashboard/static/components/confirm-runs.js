// Confirmations that are started in the browser: the form, and the list of those that run or have ended.
//
//   new ConfirmRuns({job: "demo", pick: "trial 17", workers: () => 0, ended: () => ...}).element
//       with `pick` of that one alone; `ended` is called when one has ended
//   runs.tell(commands)      what works on the job beside its search, as its status has it
//   runs.leaveOut(new Set(["In short: .."])): sentences that the page tells above, and the list no longer

import { path } from "../lib/api.js";
import { h, setText } from "../lib/dom.js";
import { ConfirmForm } from "./confirm-form.js";
import { makeRun, updateRun } from "./confirm-run.js";
import { RunList } from "./run-list.js";

export class ConfirmRuns {
  constructor(options) {
    const { job, pick, ended } = options;
    this.options = options;
    this.above = new Set();
    this.list = new RunList({
      where: path`/jobs/${job}/confirmations`, key: "confirmations", label: "Confirmations started here",
      make: makeRun, update: (element, run, actions) => updateRun(element, run, actions, this.above),
      told, question, ended, mine: (run) => !pick || run.pick === pick,
    });
    const form = new ConfirmForm({ ...options, started: (run) => this.list.take(run) });
    this.elsewhere = h("p", { class: "note", role: "status", hidden: true });
    this.element = h("div", { class: "confirm" }, this.elsewhere, form.element, this.list.element);
  }

  /** Tells of those that run and were not started here, by the commands of the job's status; `ended` is called after them too. */
  tell(commands = []) {
    const here = this.list.items.some(({ state }) => state === "running");
    const found = here ? [] : commands.filter(({ command }) => command === "confirm");
    const ended = !this.elsewhere.hidden && !found.length;
    setText(this.elsewhere, found.map(({ host, pid }) => `A confirmation runs as process ${pid} on ${host}; what it finds will stand here.`).join(" "));
    this.elsewhere.hidden = !found.length;
    if (ended) this.options.ended?.();
  }

  leaveOut(sentences) {
    this.above = sentences;
    this.list.show(this.list.items);
  }
}

function told({ state, sentence, message }) {
  return state === "done" ? sentence : `The confirmation failed: ${message}`;
}

function question({ state }) {
  if (state !== "running") return { title: "Remove this line?", text: "What it found stays with the job.", action: "Remove", danger: false };
  return {
    title: "Stop this confirmation?",
    text: "What it has trained is kept: the same again goes on there, as the same reading. Once it has begun to read the test split, that reading stays counted.",
    action: "Stop",
  };
}
