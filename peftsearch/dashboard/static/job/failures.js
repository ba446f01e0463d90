// Failures by kind with their latest messages; nothing where nothing failed.

import { get } from "../api.js";
import { h, keep, setText } from "../dom.js";
import { plural } from "../format.js";
import { onTrials } from "./pace.js";
import { pathOf } from "./pick-result.js";

const MEANINGS = {
  out_of_memory: "out of memory",
  non_finite_loss: "the loss was not finite",
  timeout: "took too long",
  data: "the data could not be used",
  lost_worker: "the worker was lost",
  bug: "an error in the program",
};

export class Failures {
  constructor(model, section) {
    Object.assign(this, { model, section });
    this.list = h("div", { class: "stack" });
    section.append(this.list);
    onTrials(model, () => this.load(), 2000);
  }

  /** Asked only where the counts know of a failure. */
  async load() {
    const failed = this.model.columns.state.includes("failed");
    this.section.hidden = !failed;
    if (!failed) return;
    const { kinds } = await get(`${this.model.path}/failures`);
    const create = ({ kind }) => h("div", {}, h("h3", {}), h("ul", { class: "messages", "data-kind": kind }));
    keep(this.list, kinds, (x) => x.kind, create, (box, x) => this.fill(box, x));
  }

  fill(box, { kind, count: number, latest }) {
    setText(box.firstElementChild, `${meaning(kind)}: ${plural(number, "trial")}`);
    const link = (x) => h("a", { href: `${pathOf(this.model)}/trials/${x.number}` }, `Trial ${x.number}`);
    const line = (x) => h("li", {}, link(x), " ", h("span", {}, x.message ?? "no message"));
    keep(box.lastElementChild, latest, (x) => x.number, line);
  }
}

/** A kind of failure in words. */
export function meaning(kind) {
  return MEANINGS[kind] ?? (kind ?? "failed").replaceAll("_", " ");
}
