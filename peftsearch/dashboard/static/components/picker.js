// The budget picker: limits on costs, and the configuration that fits them best.

import { get } from "../lib/api.js";
import { runs } from "../lib/configuration.js";
import { commandBox } from "../lib/copy.js";
import { after, h, withCommands } from "../lib/dom.js";
import { capitalised, score, shellWord, size } from "../lib/format.js";
import { costsOf, inWords, isCost, noun, write } from "../lib/measures.js";
import { onTrials } from "../lib/refresh.js";
import { RULES } from "../lib/rules.js";
import { exportButton } from "./exports.js";
import { Limit, OtherLimits, bounds, roundUp, smallest } from "./limits.js";

export class Picker {
  constructor(model, picked) {
    Object.assign(this, { model, picked, mode: "1se", asked: 0, limits: [] });
    this.ask = after(150, () => this.fetch());
    this.quick = h("div", { class: "quick-picks", role: "group", "aria-label": "Quick picks" },
      [...RULES, ["budget", "Within my limits"]].map(([mode, text]) => this.button(mode, text)));
    this.sliders = h("div", { class: "limits" });
    this.others = new OtherLimits();
    this.answer = h("div", { class: "pick-answer", "aria-live": "polite" });
    this.element = h("div", { class: "picker" }, this.quick, this.sliders, this.others.element, this.answer);
    onTrials(model, async () => this.update(), 1000);
    this.update();
  }

  button(mode, text) {
    const press = () => this.choose(mode);
    return h("button", { type: "button", class: "button button-small", "data-mode": mode, onclick: press }, text);
  }

  choose(mode) {
    this.mode = mode;
    this.mark();
    this.answer.inert = true;
    this.fetch();
  }

  mark() {
    this.others.tell();
    for (const made of this.quick.children) made.setAttribute("aria-pressed", `${made.dataset.mode === this.mode}`);
  }

  /** New points may widen the ranges; limits that stand stay as they are. */
  update() {
    for (const name of costsOf(this.model.columns.values)) this.adjust(name);
    this.mark();
    if (this.model.entries.length) this.ask();
  }

  adjust(name) {
    const range = bounds(this.model.columns.values[name]);
    const known = this.limits.find((x) => x.name === name);
    if (!range) return;
    if (known) {
      Object.assign(known, range);
      known.set(known.value);
      return;
    }
    const made = new Limit(name, range, () => this.limited());
    const order = costsOf(this.model.columns.values);
    this.limits = [...this.limits, made].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    const isGoal = ({ name: cost }) => this.model.goals.includes(cost);
    this.sliders.append(...this.limits.filter(isGoal).map((x) => x.element));
    this.others.show(this.limits.filter((x) => !isGoal(x)));
  }

  limited() {
    this.mode = "budget";
    this.mark();
    this.answer.inert = true;
    this.ask();
  }

  /** Limits that even the cheapest point breaks. */
  tooTight() {
    return this.limits.filter((x) => x.value !== null && x.value < smallest(this.model.columns.values[x.name]));
  }

  loosen(name, value) {
    this.limits.find((x) => x.name === name)?.set(roundUp(value));
    this.others.open();
    this.limited();
  }

  /** `1se`, `knee`, `best`, or `accuracy where adapter_bytes <= 200 KB and training_seconds <= 30 s`. */
  get text() {
    if (this.mode !== "budget") return this.mode;
    const parts = this.limits.map((x) => x.text).filter((x) => x !== null);
    return parts.length ? `${this.model.quality} where ${parts.join(" and ")}` : "best";
  }

  /** Only the answer to the latest question is shown; what answered another cannot be pressed meanwhile. */
  async fetch() {
    const [turn, text] = [++this.asked, this.text];
    const loosen = (name, value) => this.loosen(name, value);
    const take = (row) => this.choose(`${row}`);
    try {
      const found = await get(`${this.model.path}/pick`, { pick: text });
      if (turn !== this.asked) return;
      this.showAnswer([text, found], () => result(this.model, text, found, loosen, take));
      this.picked(found.point.key);
    } catch (problem) {
      if (turn !== this.asked) return;
      this.showAnswer([text, problem.message], () => fault(problem, this.tooTight(), loosen));
      this.picked(null);
    }
  }

  /** The same answer again stays as it is, with the focus in it. */
  showAnswer(facts, build) {
    const key = JSON.stringify(facts);
    if (this.shown !== key) this.answer.replaceChildren(...build());
    this.shown = key;
    this.answer.inert = false;
  }
}

/** What the picker is for, in a sentence with the job's own cost. */
export function purpose(model) {
  return `Proposed, on the command line 1se, is the cheapest within one standard error of the best. Or set the most that you can afford,
    for example in ${noun(model.cost)}; the best configuration within it is named here and ringed in the chart.`;
}

// The picker's answer: the configuration, why it, what next, and how to take it home.

/** Elements that tell the pick of `text`; `loosen(name, value)` sets a limit so that the next better fits, `take(row)` picks a row. */
function result(model, text, { point, trial, why, floor, caveat, above, tested, next }, loosen, take) {
  const values = point.values;
  const doubt = caveat ? `${capitalised(caveat)}. This is the pick all the same:` : floor?.verdict === "above" ? null : floor?.words;
  return [
    ...(doubt ? [h("p", { class: "note note-warn" }, withCommands(inWords(doubt)))] : []),
    h("p", { class: "pick-head" }, h("strong", { class: "pick-score" }, score(values[model.quality])),
      ` ${noun(model.quality)} · trial ${trial} ${model.namesOf(point.trials)}`.trimEnd()),
    h("p", { class: "pick-words" }, runs(point.description)),
    h("p", {}, withCommands(inWords(why))),
    ...(tested.length ? [h("p", { class: "pick-tested" }, h("strong", {}, "Confirmed. "), inWords(tested.join(" ")))] : []),
    h("dl", { class: "pick-costs" }, costsOf(values).map((name) => fact(noun(name), write(name, values[name]))),
      base(model.detail)),
    h("div", { class: "pick-actions" }, offers(next, loosen), above === null || floor?.verdict === "above" ? [] : better(above, take)),
    actions(model, text, trial),
  ];
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

/** What stands beside every adapter; nothing before a worker has counted it. */
function base({ base_bytes: bytes }) {
  return bytes === null ? [] : [fact("frozen base", size(bytes))];
}

/** One button for each limit that keeps the next better one out. */
function offers(next, loosen) {
  const blocked = next?.blocked_by.split(" and ").map((x) => x.split(" ")[0]) ?? [];
  const costs = blocked.filter((name) => isCost(name) && name in next.values);
  return costs.map((name) => allow(name, next.values[name], loosen));
}

/** The cheapest that beats the floor, where what is proposed does not. */
function better(row, take) {
  return h("button", { type: "button", class: "button button-small", onclick: () => take(row) }, `Take row ${row}, which beats the floor`);
}

function allow(name, value, loosen) {
  const text = `Allow ${noun(name)} ${write(name, roundUp(value))}`;
  return h("button", { type: "button", class: "button button-small", onclick: () => loosen(name, value) }, text);
}

function actions(model, text, trial) {
  const place = `${model.page}/trials/${trial}`;
  const command = `peftsearch export ${shellWord(model.name)} --pick ${shellWord(text)} --out ${shellWord(`${model.name}-adapter`)}`;
  return h("div", { class: "pick-actions" },
    h("a", { class: "button", href: place }, "Open trial"),
    exportButton(model, text),
    commandBox(command));
}

/** Nothing fits, or the pick is wrong: what was expected and what to do. */
function fault(problem, tight, loosen) {
  const { expected, got, hint, detail } = problem;
  const text = expected ? `Expected ${expected}; got ${got}.` : detail ?? problem.message;
  const rest = hint ? [h("p", { class: "quiet" }, withCommands(inWords(`${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`)))] : [];
  const buttons = tight.map(({ name, low }) => allow(name, low, loosen));
  return [h("p", { class: "note note-warn" }, withCommands(inWords(text))), ...rest, h("div", { class: "pick-actions" }, buttons)];
}
