// The form that starts an export: in which form, and what is wished of its probabilities.
//
//   const form = new ExportForm({pick: "trial 17", label: "trial 17", kind: detail.task_kind, start: async (asked) => ...})
//   form.aim("best", "the best")       what it exports from now on

import { h, replace, setText } from "../lib/dom.js";
import { problemBox } from "../lib/notice.js";
import { AskFields } from "./ask-fields.js";

const FORMS = [
  ["auto", "Automatic", "peft where it can hold the adapter exactly, else adapter."],
  ["peft", "peft", "Loads with the peft library; a pooled head by head.py, which comes along."],
  ["adapter", "adapter", "The changed tensors; loads with peftsearch.load_adapter. Holds every configuration."],
  ["merged", "merged", "A transformers model with the changes folded in, as large as the model; a pooled head by head.py."],
];
const PRECISION = ["precision", "Wished precision", "Such as 0.9: finds for each class the probability from which on answers are right so often. Empty for none.",
  { type: "text", inputmode: "decimal", autocomplete: "off", placeholder: "none" }];
let forms = 0;

export class ExportForm {
  constructor(options) {
    forms += 1;
    Object.assign(this, { options, name: `export-${forms}` });
    this.problem = h("div", {});
    this.button = h("button", { class: "button button-primary" });
    this.element = h("form", { class: "export-start", novalidate: true },
      h("fieldset", {}, h("legend", {}, "Form"), h("div", { class: "export-forms" }, FORMS.map((x) => this.choice(...x)))),
      options.kind.classes ? this.wishes() : null,
      h("div", { class: "row" }, this.button, h("span", { class: "help" }, "It is loaded again and compared with the trial before it counts as done.")), this.problem);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    this.aim(options.pick, options.label);
  }

  choice(value, title, meaning) {
    const input = h("input", { type: "radio", name: `${this.name}-form`, value, checked: value === "auto" });
    return h("label", { class: "export-form" }, input, h("span", {}, h("strong", {}, title), h("span", { class: "help" }, meaning)));
  }

  wishes() {
    this.fields = new AskFields(this.name, [PRECISION]);
    this.temperature = h("input", { type: "checkbox" });
    const help = "The program in its card divides outputs by a temperature that validation rows told.";
    const label = h("label", { class: "export-form" }, this.temperature, h("span", {}, h("strong", {}, "Calibrated"), h("span", { class: "help" }, help)));
    return h("fieldset", {}, h("legend", {}, "Probabilities"), h("div", { class: "export-wishes" }, this.fields.elements, label));
  }

  aim(pick, label = pick) {
    this.options.pick = pick;
    setText(this.button, `Export ${label}`);
  }

  asked() {
    const form = new FormData(this.element).get(`${this.name}-form`);
    const wishes = this.fields ? { precision: this.fields.number("precision"), temperature: this.temperature.checked } : {};
    return { pick: this.options.pick, form, ...wishes };
  }

  async start() {
    this.button.disabled = true;
    replace(this.problem);
    this.fields?.mark([]);
    try {
      await this.options.start(this.asked());
    } catch (problem) {
      if (!this.fields?.mark(problem.mistakes ?? [])) replace(this.problem, problemBox(problem));
    }
    this.button.disabled = false;
  }
}
