// The budget picker: limits on costs, and the configuration that fits them best.

import { get } from "../api.js";
import { after, h } from "../dom.js";
import { Limit, bounds, roundUp, smallest } from "./limits.js";
import { costsOf, noun } from "./measures.js";
import { onTrials } from "./pace.js";
import { fault, result } from "./pick-result.js";

export class Picker {
  constructor(model, picked) {
    Object.assign(this, { model, picked, mode: "knee", asked: 0, limits: [] });
    this.ask = after(150, () => this.fetch());
    this.quick = h("div", { class: "quick-picks", role: "group", "aria-label": "Quick picks" },
      this.button("knee", "Knee"), this.button("best", "Best quality"), this.button("budget", "Within my limits"));
    this.sliders = h("div", { class: "limits" });
    this.answer = h("div", { class: "pick-answer", "aria-live": "polite" });
    this.element = h("div", { class: "picker" }, this.quick, this.sliders, this.answer);
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
    this.sliders.append(...this.limits.map((x) => x.element));
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
    this.limited();
  }

  /** `knee`, `best`, or `accuracy where adapter_bytes <= 200 KB and training_seconds <= 30 s`. */
  get text() {
    if (this.mode !== "budget") return this.mode;
    const parts = this.limits.map((x) => x.text).filter((x) => x !== null);
    return parts.length ? `${this.model.quality} where ${parts.join(" and ")}` : "best";
  }

  /** Only the answer to the latest question is shown; what answered another cannot be pressed meanwhile. */
  async fetch() {
    const [turn, text] = [++this.asked, this.text];
    const loosen = (name, value) => this.loosen(name, value);
    try {
      const found = await get(`${this.model.path}/pick`, { pick: text });
      if (turn !== this.asked) return;
      this.showAnswer([text, found], () => result(this.model, text, found, loosen));
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
  return `Set the most that you can afford, for example in ${noun(model.cost)}; the best configuration within it
    is named here and ringed in the chart.`;
}
