// The form that starts a confirmation: what is asked for, a forecast, and the consent to use up a reading.
//
//   const form = new ConfirmForm({job: "demo", pick: "trial 17", workers: () => 2, started: (run) => ...})
//       without `pick` the form offers rules and the whole front; form.element is the form

import { path, post } from "../lib/api.js";
import { h, replace, withCommands } from "../lib/dom.js";
import { capitalised, count, plural } from "../lib/format.js";
import { problemBox } from "../lib/notice.js";
import { RULES } from "../lib/rules.js";
import { AskFields } from "./ask-fields.js";

const PICKS = [...RULES, ["front", "All of the front"]];
const FIELDS = [
  ["seeds", "Trainings of each", "3 (2 are the fewest), or with a width at most 10", { type: "text", inputmode: "numeric", autocomplete: "off" }],
  ["width", "Width of the interval", "add seeds until it is as narrow", { type: "text", inputmode: "decimal", autocomplete: "off" }],
  ["sweep", "And the best of the LoRA sweep", "that peftsearch baselines has trained", { type: "checkbox" }],
  ["by", "Group the test rows by", "a column of the data", { type: "text", maxlength: 200, autocomplete: "off", spellcheck: "false" }],
];
let forms = 0;

export class ConfirmForm {
  constructor(options) {
    forms += 1;
    Object.assign(this, { options, name: `confirm-${forms}`, turn: 0 });
    this.fields = new AskFields(this.name, FIELDS);
    this.answer = h("div", { "aria-live": "polite" });
    this.button = h("button", { class: "button" }, "Forecast");
    const hint = h("span", { class: "help" }, "Nothing is scored or trained before you agree.");
    this.element = h("form", { class: "confirm-form", novalidate: true },
      h("div", { class: "confirm-fields" }, options.pick ? null : this.chooser(), this.fields.elements),
      h("div", { class: "row" }, this.button, hint), this.answer);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.foresee();
    });
    this.element.addEventListener("input", (event) => (event.target.type !== "checkbox" || event.target === this.fields.inputs.sweep) && this.forget());
    this.suit();
  }

  chooser() {
    this.pick = h("select", { id: `${this.name}-pick` }, PICKS.map(([value, text]) => h("option", { value }, text)));
    this.pick.addEventListener("change", () => this.suit());
    return h("div", { class: "field" }, h("label", { for: this.pick.id }, "What"), h("p", { class: "help" }, "one point, as the picker names them, or all of them"), this.pick);
  }

  get isFront() {
    return this.pick?.value === "front";
  }

  /** A front has neither a width, nor groups, nor the sweep beside it. */
  suit() {
    for (const name of ["width", "by", "sweep"]) this.fields.inputs[name].disabled = this.isFront;
  }

  /** A forecast is of what the form says; of anything else nobody agreed to it. */
  forget() {
    this.turn += 1;
    replace(this.answer);
    this.fields.mark([]);
  }

  asked() {
    const { fields } = this;
    const pick = this.isFront ? null : (this.options.pick ?? this.pick.value);
    const sweep = fields.inputs.sweep.checked && !this.isFront;
    return { pick, seeds: fields.number("seeds"), width: fields.number("width"), by: fields.text("by"), sweep };
  }

  async foresee() {
    this.forget();
    const [turn, asked] = [this.turn, this.asked()];
    this.button.disabled = true;
    replace(this.answer, h("p", { class: "note loading" }, "Counting the trainings, and looking which reading of the test rows it would be, which takes some seconds"));
    try {
      const found = await post(path`/jobs/${this.options.job}/confirm-forecast`, asked);
      if (turn === this.turn) this.offer(asked, found);
    } catch (problem) {
      if (turn === this.turn) this.fail(problem);
    } finally {
      this.button.disabled = false;
    }
  }

  fail(problem) {
    const own = this.fields.mark(problem.mistakes ?? []);
    replace(this.answer, own ? null : problemBox(problem));
  }

  offer(asked, found) {
    const agreed = h("input", { type: "checkbox" });
    const start = h("button", { type: "button", class: "button button-primary", disabled: !found.begun }, "Start the confirmation");
    agreed.addEventListener("change", () => (start.disabled = !agreed.checked));
    start.addEventListener("click", () => this.start(asked, found, start));
    const consent = h("label", { class: "check" }, agreed, `I agree that this uses up the ${found.ordinal} reading of this test split.`);
    replace(this.answer, h("div", { class: "note confirm-forecast" },
      h("p", {}, h("strong", {}, found.what)),
      h("ul", {}, [...this.facts(found), ...found.notes].map((text) => h("li", {}, withCommands(`${capitalised(text)}.`)))),
      found.begun ? null : h("p", {}, consent), h("div", { class: "row" }, start)));
  }

  facts({ words, test_rows: rows, reading_words: told, width_words: width, groups }) {
    const working = this.options.workers?.() ?? 0;
    return [
      words, `${count(rows)} test rows`, ...told, ...width,
      ...(groups === null ? [] : [`${plural(groups, "group")} of test rows ${groups === 1 ? "has" : "have"} rows enough for an interval`]),
      ...(working ? [`${plural(working, "worker")} of this job ${working === 1 ? "is" : "are"} at work: both will be slower`] : []),
    ];
  }

  async start(asked, { reading }, button) {
    button.disabled = true;
    try {
      const run = await post(path`/jobs/${this.options.job}/confirmations`, { ...asked, reading });
      this.forget();
      this.options.started(run);
    } catch (problem) {
      this.fail(problem);
    }
  }
}
