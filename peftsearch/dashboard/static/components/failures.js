// Failures by kind with their latest messages; nothing where nothing failed.

import { get } from "../lib/api.js";
import { h, keep, setText, withCommands } from "../lib/dom.js";
import { failureText, plural } from "../lib/format.js";
import { onTrials } from "../lib/refresh.js";

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
    setText(box.firstElementChild, `${failureText(kind)}: ${plural(number, "trial")}`);
    const link = (x) => h("a", { href: `${this.model.page}/trials/${x.number}` }, `Trial ${x.number}`);
    const line = (x) => h("li", {}, link(x), " ", h("span", {}, withCommands(x.message ?? "no message")));
    keep(box.lastElementChild, latest, (x) => x.number, line);
  }
}
