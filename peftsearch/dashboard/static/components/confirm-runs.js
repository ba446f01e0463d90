// Confirmations that are started in the browser: the form, and the list of those that run or have ended.
//
//   new ConfirmRuns({job: "demo", pick: "trial 17", workers: () => 0, ended: () => ...}).element
//       with `pick` of that one alone; `ended` is called when one has ended

import { del, get, path } from "../lib/api.js";
import { h, keep, replace, setSentence } from "../lib/dom.js";
import { ago } from "../lib/format.js";
import { confirmBox, problemBox, toast } from "../lib/notice.js";
import { ConfirmForm } from "./confirm-form.js";
import { makeRun, updateRun } from "./confirm-run.js";

const POLL_MS = 1500;

export class ConfirmRuns {
  constructor(options) {
    Object.assign(this, { options, items: [], timer: 0 });
    this.form = new ConfirmForm({ ...options, started: (run) => this.take(run) });
    this.problem = h("div", {});
    this.said = h("p", { class: "visually-hidden", role: "status" });
    this.list = h("ul", { class: "confirm-runs", "aria-label": "Confirmations started here" });
    this.element = h("div", { class: "confirm" }, this.form.element, this.problem, this.said, this.list);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
    this.refresh();
  }

  take(run) {
    this.show([run, ...this.items.filter(({ id }) => id !== run.id)]);
    this.later();
  }

  async refresh() {
    try {
      const { confirmations } = await get(path`/jobs/${this.options.job}/confirmations`);
      const { pick } = this.options;
      const mine = confirmations.filter((x) => !pick || x.pick === pick);
      replace(this.problem);
      this.tell(mine);
      this.show(mine);
    } catch (problem) {
      replace(this.problem, problemBox(problem));
    }
    this.later();
  }

  /** Says aloud what has ended since the last look. */
  tell(found) {
    const open = new Set(this.items.filter(({ state }) => state === "running").map(({ id }) => id));
    const ended = found.filter(({ id, state }) => open.has(id) && state !== "running");
    for (const { state, sentence, message } of ended) {
      setSentence(this.said, state === "done" ? sentence : `The confirmation failed: ${message}`);
    }
    if (ended.length) this.options.ended?.();
  }

  /** A service that is away may be back soon. */
  later() {
    clearTimeout(this.timer);
    const waits = this.items.some(({ state }) => state === "running");
    if (waits && !document.hidden) this.timer = setTimeout(() => this.refresh(), POLL_MS);
  }

  show(items) {
    this.items = items;
    const actions = { remove: (run) => this.remove(run), ago: (then) => ago(Date.now() / 1000 - then) };
    keep(this.list, items, ({ id, state }) => `${id}-${state}`, (run) => makeRun(run, actions), (element, run) => updateRun(element, run, actions));
  }

  async remove(run) {
    const running = run.state === "running";
    const sure = await confirmBox({
      title: running ? "Stop this confirmation?" : "Remove this line?",
      text: running
        ? "What it has trained is kept: the same again goes on there, as the same reading. Once it has begun to read the test split, that reading stays counted."
        : "What it found stays with the job.",
      action: running ? "Stop" : "Remove",
      danger: running,
    });
    if (!sure) return;
    try {
      await del(path`/jobs/${this.options.job}/confirmations/${run.id}`);
    } catch (problem) {
      toast(problem);
    }
    await this.refresh();
  }
}
