// What a person calls a trial and wrote on it, and the form that changes both.
//
//   showNote(element, {job, trial, onChange})     onChange({name, text}) at once and after each that was saved

import { path, post } from "../lib/api.js";
import { h, replace } from "../lib/dom.js";
import { problemBox, toast } from "../lib/notice.js";

const LONGEST = { name: 64, text: 4000 };
const HELP = "Letters, digits, blanks and _ . + ( ) = -. Picks and exports take it in place of the number.";

export function showNote(element, { job, trial, onChange }) {
  const show = (note) => {
    const words = note.name || note.text ? "Change" : "Name it or write a note";
    const button = h("button", { type: "button", class: "button button-small", onclick: () => open(note) }, words);
    replace(element, told(note), h("p", {}, button));
    onChange(note);
    return button;
  };
  const open = (note) => {
    const save = async (sent) => show(await post(path`/jobs/${job}/trials/${trial.number}/note`, sent)).focus();
    const form = makeForm(note, save, () => show(note).focus());
    replace(element, form);
    form.querySelector("input").focus();
  };
  show({ name: trial.name, text: trial.note });
}

function told({ name, text }) {
  if (!name && !text) return h("p", { class: "quiet" }, "No name and no note yet.");
  return [
    name ? h("p", {}, "Called ", h("strong", {}, name), "; ", h("code", {}, `--pick "${name}"`), " means this trial.") : null,
    text ? h("p", { class: "note-text" }, text) : null,
  ];
}

function makeForm(note, save, cancel) {
  const name = h("input", { id: "note-name", type: "text", maxlength: LONGEST.name, autocomplete: "off", "aria-describedby": "note-help" });
  const text = h("textarea", { id: "note-text", rows: 4, maxlength: LONGEST.text });
  [name.value, text.value] = [note.name ?? "", note.text ?? ""];
  const problem = h("div", {});
  const submit = h("button", { class: "button button-primary button-small" }, "Save");
  const onsubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await save({ name: name.value, text: text.value });
      toast("Saved.");
    } catch (error) {
      replace(problem, problemBox(error));
    }
    submit.disabled = false;
  };
  return h("form", { class: "stack note-form", onsubmit },
    h("div", { class: "field" }, h("label", { for: "note-name" }, "Name"), name, h("p", { class: "help", id: "note-help" }, HELP)),
    h("div", { class: "field" }, h("label", { for: "note-text" }, "Note"), text),
    problem,
    h("div", { class: "row" }, submit, h("button", { type: "button", class: "button button-small", onclick: cancel }, "Cancel")));
}
