// Runs of a program that were started here, as a list that follows them: exports, confirmations.
//
//   const list = new RunList({
//     where: "/jobs/demo/exports", key: "exports",     what is asked for, and under which name the runs come
//     label: "Exports", none: "Nothing yet.",          `none` may be left out
//     make: (run, actions) => element, update: (element, run, actions) => ...,   actions: {remove(run), ago(then)}
//     told: (run) => "It is ready.",                   said aloud when one has ended
//     question: (run) => ({title, text, action}),      before one is ended or removed
//     mine: (run) => true,                             those to be shown; all, if left out
//     ended: () => ...,                                after some have ended, if wanted
//   });
//   list.element; list.take(run) shows one that was started just now

import { del, get } from "../lib/api.js";
import { h, keep, replace, setSentence } from "../lib/dom.js";
import { ago } from "../lib/format.js";
import { confirmBox, problemBox, toast } from "../lib/notice.js";

const POLL_MS = 1200;

export class RunList {
  constructor(options) {
    Object.assign(this, { options, items: [], timer: 0 });
    this.actions = { remove: (run) => this.remove(run), ago: (then) => ago(Date.now() / 1000 - then) };
    this.problem = h("div", {});
    this.said = h("p", { class: "visually-hidden", role: "status" });
    this.none = options.none ? h("p", { class: "quiet", hidden: true }, options.none) : null;
    this.list = h("ul", { class: "runs", "aria-label": options.label });
    this.element = h("div", {}, this.problem, this.said, this.none, this.list);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
    this.refresh();
  }

  take(run) {
    this.show([run, ...this.items.filter(({ id }) => id !== run.id)]);
    this.later();
  }

  async refresh() {
    const { where, key, mine = () => true } = this.options;
    try {
      const found = (await get(where))[key].filter(mine);
      replace(this.problem);
      this.tell(found);
      this.show(found);
    } catch (problem) {
      replace(this.problem, problemBox(problem));
    }
    this.later();
  }

  /** Says aloud what has ended since the last look. */
  tell(found) {
    const open = new Set(this.items.filter(({ state }) => state === "running").map(({ id }) => id));
    const ended = found.filter(({ id, state }) => open.has(id) && state !== "running");
    for (const run of ended) setSentence(this.said, this.options.told(run));
    if (ended.length) this.options.ended?.();
  }

  /** A service that is away may be back soon. */
  later() {
    clearTimeout(this.timer);
    const waits = this.items.some(({ state }) => state === "running");
    if (waits && !document.hidden) this.timer = setTimeout(() => this.refresh(), POLL_MS);
  }

  show(items) {
    const { make, update } = this.options;
    this.items = items;
    if (this.none) this.none.hidden = items.length > 0;
    keep(this.list, items, ({ id, state }) => `${id}-${state}`, (run) => make(run, this.actions), (element, run) => update(element, run, this.actions));
  }

  async remove(run) {
    if (!(await confirmBox({ danger: true, ...this.options.question(run) }))) return;
    try {
      await del(`${this.options.where}/${run.id}`);
    } catch (problem) {
      toast(problem);
    }
    await this.refresh();
  }
}
