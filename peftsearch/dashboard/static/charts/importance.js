// Which parameters decide: bars in a table, so that they need no other text.

import { get } from "../lib/api.js";
import { h, keep, setText } from "../lib/dom.js";
import { count, percent, plural } from "../lib/format.js";
import { measuredCostsOf, noun } from "../lib/measures.js";
import { onTrials } from "../lib/refresh.js";

export class Importance {
  constructor(model) {
    Object.assign(this, { model, target: "quality" });
    this.rows = h("tbody", {});
    this.caption = h("p", { class: "quiet small" }, "");
    const heads = ["Parameter", "Share"].map((text) => h("th", { scope: "col" }, text));
    const head = h("thead", { class: "visually-hidden" }, h("tr", {}, heads));
    this.table = h("table", { class: "importance" }, head, this.rows);
    const options = targets(model).map(([value, text]) => h("option", { value }, text));
    this.chooser = h("select", { id: "importance-target", onchange: () => this.aim(this.chooser.value) }, options);
    const label = h("label", { for: "importance-target", class: "small" }, "For");
    this.element = h("div", {}, h("div", { class: "row" }, label, this.chooser), this.table, this.caption);
    this.follower = onTrials(model, () => this.fetch(), 4000);
  }

  aim(target) {
    this.target = target;
    return this.load();
  }

  load() {
    return this.follower.ask();
  }

  /** Shares from the service, and of which event they are; those of quality order the axes of the parallel coordinates. */
  async fetch() {
    const asked = this.target;
    const { event, importance, trials, method, warning } = await get(`${this.model.path}/importance`, { target: asked });
    if (asked !== this.target) return undefined;
    if (asked === "quality") this.order = importance.map((x) => x.name);
    const most = importance[0]?.share || 1;
    keep(this.rows, importance, (x) => x.name, rowOf, (row, x) => fill(row, x, most));
    setText(this.caption, importance.length
      ? `${method} over ${count(trials)} trials: how far the best trials differ from all trials in each parameter
        alone. Shares sum to 100 %. ${warning}`.trim()
      : `${plural(trials, "completed trial")} ${trials === 1 ? "is" : "are"} too few to tell which parameters matter.`);
    return event;
  }
}

/** What the parameters may decide: quality, and the costs that only a training tells. */
function targets(model) {
  const names = [...new Set([model.cost, ...measuredCostsOf(model.columns.values)])];
  return [["quality", noun(model.quality)], ...names.map((name) => [name, noun(name)])];
}

function rowOf({ label }) {
  const cell = h("td", {}, h("span", { class: "share-bar" }), h("span", { class: "share-text" }));
  return h("tr", {}, h("th", { scope: "row" }, label), cell);
}

function fill(row, { share }, most) {
  const [bar, text] = row.lastElementChild.children;
  bar.style.width = `${(62 * share) / most}%`;
  setText(text, percent(share));
}
