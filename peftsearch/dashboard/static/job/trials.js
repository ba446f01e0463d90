// The trials table: the service filters, sorts and pages it; new trials come in by themselves.

import { get } from "../api.js";
import { h, keep, replace, setAttribute, setText } from "../dom.js";
import { count } from "../format.js";
import { noun } from "./measures.js";
import { onTrials } from "./pace.js";
import { pathOf } from "./pick-result.js";
import { Filters } from "./trial-filters.js";
import { createRow, fillRow } from "./trial-row.js";

const PAGE = 50;

export class Trials {
  constructor(model) {
    Object.assign(this, { model, sort: "-number", offset: 0, total: 0, turn: 0, compared: [] });
    this.filters = new Filters(model, () => this.restart());
    this.body = h("tbody", {});
    this.heads = this.columns().map(([name, text, kind]) => this.head(name, text, kind));
    const caption = h("caption", { class: "visually-hidden" }, "Trials of this job");
    const table = h("table", { class: "trials" }, caption, h("thead", {}, h("tr", {}, this.heads)), this.body);
    this.status = h("p", { class: "quiet small", role: "status" });
    this.compare = h("a", { class: "button button-small", hidden: true });
    this.pager = h("div", { class: "row pager" });
    const bar = h("div", { class: "row" }, this.status, h("span", { class: "push" }), this.compare);
    const room = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Trials" }, table);
    this.element = h("div", {}, this.filters.element, bar, room, this.pager);
    model.on("states", onTrials(model, () => this.follow(), 1000));
    this.mark();
  }

  columns() {
    const { quality, cost } = this.model;
    return [
      [null, "Compare", "tick"], ["number", "Trial", "number"], [null, "State", "state"],
      [quality, noun(quality), "number"], [cost, noun(cost), "number wide"], ["seconds", "time", "number wide"],
      [null, "Origin", "wide"], [null, "Configuration, layers from input to output", "words"],
    ];
  }

  head(name, text, kind) {
    const title = text.charAt(0).toUpperCase() + text.slice(1);
    const sort = () => h("button", { type: "button", class: "sort", onclick: () => this.sortBy(name) }, title);
    const plain = kind === "tick" ? h("span", { class: "visually-hidden" }, title) : title;
    return h("th", { scope: "col", class: kind, "data-name": name }, name ? sort() : plain);
  }

  /** First by what is best, then the other way round. */
  sortBy(name) {
    const down = (name === this.model.quality) === (this.model.sign > 0) || name === "number";
    const first = down ? `-${name}` : name;
    this.sort = this.sort === first ? (down ? name : `-${name}`) : first;
    this.mark();
    this.restart();
  }

  mark() {
    const [name, order] = this.sort.startsWith("-") ? [this.sort.slice(1), "descending"] : [this.sort, "ascending"];
    for (const head of this.heads) {
      if (head.dataset.name) setAttribute(head, "aria-sort", head.dataset.name === name ? order : "none");
    }
  }

  restart() {
    this.offset = 0;
    return this.load();
  }

  follow() {
    this.filters.offer();
    return this.load();
  }

  /** Only the answer to the latest question is shown. */
  async load() {
    const turn = ++this.turn;
    const query = { ...this.filters.query, sort: this.sort, offset: this.offset, limit: PAGE };
    const { trials, total } = await get(`${this.model.path}/trials`, query);
    if (turn !== this.turn) return;
    this.total = total;
    const create = (trial) => createRow(trial, (number, on) => this.tick(number, on));
    keep(this.body, trials, (x) => x.number, create, (row, x) => fillRow(row, x, this.model, this.compared));
    this.tell(trials.length);
  }

  tell(shown) {
    const range = `${count(this.offset + 1)} to ${count(this.offset + shown)} of ${count(this.total)} trials`;
    const none = this.filters.any ? "No trial passes the filters." : "No trials yet.";
    setText(this.status, shown ? range : none);
    this.showPager();
  }

  showPager() {
    const last = Math.floor(Math.max(this.total - 1, 0) / PAGE) * PAGE;
    const [back, on] = [this.offset > 0, this.offset < last];
    const focused = [...this.pager.children].indexOf(document.activeElement);
    replace(this.pager,
      press("First", back, () => this.turnTo(0)), press("Previous", back, () => this.turnTo(this.offset - PAGE)),
      press("Next", on, () => this.turnTo(this.offset + PAGE)), press("Last", on, () => this.turnTo(last)),
      this.filters.any ? press("Clear filters", true, () => this.filters.clear()) : null);
    this.pager.children[focused]?.focus();
    this.pager.hidden = this.total <= PAGE && !this.filters.any;
  }

  turnTo(offset) {
    this.offset = Math.max(offset, 0);
    return this.load();
  }

  /** Two trials are compared: a third tick takes the place of the oldest. */
  tick(number, on) {
    this.compared = [...this.compared.filter((x) => x !== number), ...(on ? [number] : [])].slice(-2);
    for (const box of this.body.querySelectorAll("input")) box.checked = this.compared.includes(Number(box.value));
    this.compare.hidden = this.compared.length < 2;
    setText(this.compare, `Compare trials ${this.compared.join(" and ")}`);
    setAttribute(this.compare, "href", `${pathOf(this.model)}/compare?trials=${this.compared.join(",")}`);
  }
}

function press(text, possible, onclick) {
  return h("button", { type: "button", class: "button button-small", disabled: !possible, onclick }, text);
}
