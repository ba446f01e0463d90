// Fields of a small form that starts something, each with its help and the mistake that was made in it.
//
//   const fields = new AskFields("confirm-1", [["seeds", "Trainings of each", "at most 10", {type: "number", min: 2}], ...])
//   fields.elements         to be placed; fields.inputs.seeds is the <input>
//   fields.text("seeds")    what stands there, null where nothing does or the field is disabled
//   fields.number("seeds")  the same as a number; what is none stays text, so that the service says what is wrong
//   fields.mark(mistakes)   tells each mistake beside its field, takes away what stood there; whether one was of these

import { problemText } from "../lib/api.js";
import { h, setSentence } from "../lib/dom.js";
import { capitalised } from "../lib/format.js";
import { readNumber } from "../lib/numbers.js";

export class AskFields {
  constructor(name, rows) {
    Object.assign(this, { name, inputs: {}, mistakes: {} });
    this.elements = rows.map((row) => this.make(...row));
  }

  make(name, label, help, attributes) {
    const id = `${this.name}-${name}`;
    const input = h("input", { id, "aria-describedby": `${id}-help ${id}-mistake`, ...attributes });
    const mistake = h("p", { class: "mistake", id: `${id}-mistake` });
    Object.assign(this.inputs, { [name]: input });
    Object.assign(this.mistakes, { [name]: mistake });
    return h("div", { class: "field" }, h("label", { for: id }, label), h("p", { class: "help", id: `${id}-help` }, help), input, mistake);
  }

  text(name) {
    const input = this.inputs[name];
    return (input.disabled ? "" : input.value.trim()) || null;
  }

  number(name) {
    return readNumber(this.text(name) ?? "") ?? null;
  }

  mark(found) {
    let first = null;
    for (const [name, input] of Object.entries(this.inputs)) {
      const mine = found.find(({ where }) => where?.split(".").at(-1) === name);
      setSentence(this.mistakes[name], mine ? `${capitalised(problemText({ ...mine, hint: "" }))}.` : "");
      if (mine) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      first ??= mine ? input : null;
    }
    first?.focus();
    return first !== null;
  }
}
