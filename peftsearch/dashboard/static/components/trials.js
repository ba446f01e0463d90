// The trials table: the service filters, sorts and pages it; new trials come in by themselves.

import { get } from "../lib/api.js";
import { setWords } from "../lib/configuration.js";
import { h, keep, replace, setAttribute, setSentence, setText } from "../lib/dom.js";
import { count, duration, failureText, originText, score } from "../lib/format.js";
import { goalOf, noun, write } from "../lib/measures.js";
import { onTrials } from "../lib/refresh.js";
import { stateText } from "./job-words.js";
import { Filters } from "./trial-filters.js";

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
    this.room = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Table of trials" }, table);
    this.element = h("div", {}, this.filters.element, bar, this.room, this.pager);
    model.on("states", onTrials(model, () => this.follow(), 1000).refresh);
    this.mark();
  }

  columns() {
    const [quality, ...others] = this.model.goals;
    return [
      [null, "Compare", "tick"], ["number", "Trial", "number"], [null, "State", "state"],
      [quality, noun(quality), "number"], ...others.map((name) => [name, noun(name), "number wide"]),
      ["seconds", "time in all", "number wide wider"],
      [null, "Origin", "wide wider"], [null, "Configuration, layers from input to output", "row-words"],
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
    const down = name === "number" || (this.model.goals.includes(name) && goalOf(name).sign > 0);
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
    const create = (trial) => createRow(trial, this.model.goals.length - 1, (number, on) => this.tick(number, on));
    keep(this.body, trials, (x) => x.number, create, (row, x) => fillRow(row, x, this.model, this.compared));
    this.tell(trials.length);
  }

  tell(shown) {
    const range = `${count(this.offset + 1)} to ${count(this.offset + shown)} of ${count(this.total)} trials`;
    const none = this.filters.any ? "No trial passes the filters." : this.model.state === "running" ? "No trials yet." : "No trials.";
    setText(this.status, shown ? range : none);
    this.filters.element.hidden = this.room.hidden = !this.total && !this.filters.any;
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
    setAttribute(this.compare, "href", `${this.model.page}/compare?trials=${this.compared.join(",")}`);
  }
}

function press(text, possible, onclick) {
  return h("button", { type: "button", class: "button button-small", disabled: !possible, onclick }, text);
}

// One row of the trials table.

/** An empty row of a trial with so many costs; `tick(number, on)` hears its checkbox. */
function createRow({ number }, costs, tick) {
  const change = () => tick(number, box.checked);
  const box = h("input", { type: "checkbox", value: number, "aria-label": `Compare trial ${number}`, onchange: change });
  return h("tr", {},
    h("td", { class: "tick" }, box),
    h("th", { scope: "row", class: "number" }, h("a", {}, `${number}`)),
    h("td", { class: "state" }, h("span", { class: "badge" })),
    ["number", ...new Array(costs).fill("number wide"), "number wide wider", "wide wider"].map((look) => h("td", { class: look })),
    h("td", { class: "row-words" }, h("strong", { class: "row-name" }), h("span", {}),
      h("span", { class: "row-note" }), h("span", { class: "row-message", hidden: true })));
}

/** Writes what changed; the row and its checkbox stay the same elements. */
function fillRow(row, trial, model, compared) {
  const [tick, number, state, quality, ...rest] = row.children;
  const [costs, [seconds, origin, words]] = [rest.slice(0, -3), rest.slice(-3)];
  tick.firstElementChild.checked = compared.includes(trial.number);
  setAttribute(number.firstElementChild, "href", `${model.page}/trials/${trial.number}`);
  const ended = stateText(trial, model);
  setAttribute(state.firstElementChild, "data-state", trial.on_front ? "front" : trial.state);
  setText(state.firstElementChild, trial.on_front ? "on the front" : ended);
  const value = trial.values[model.quality];
  setText(quality, value === undefined ? "" : score(value));
  for (const [i, name] of model.goals.slice(1).entries()) {
    const known = trial.values[name] ?? (name === model.cost ? trial.cost : undefined);
    setText(costs[i], known === undefined ? "" : write(name, known));
  }
  setText(seconds, trial.seconds === null ? "" : duration(trial.seconds));
  setText(origin, originText(trial.origin, model.detail.spec.search.sampler));
  const [name, configuration, note] = words.children;
  written(name, trial.name);
  setWords(configuration, trial.words);
  written(note, trial.note);
  message(words.lastElementChild, trial);
}

/** What people wrote, where they did. */
function written(place, text) {
  place.hidden = !text;
  setText(place, text ?? "");
}

function message(place, { state, failure, message: text }) {
  place.hidden = state !== "failed";
  setSentence(place, state === "failed" ? `${failureText(failure)}: ${text ?? "no message"}` : "");
  place.title = state === "failed" ? text ?? "" : "";
}
