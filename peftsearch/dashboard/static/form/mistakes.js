// Mistakes beside their fields; those of no field on top.
//
//   showMistakes(form, mistakes, {all, place}) -> {marked, onTop}: how many fields are marked, and how many lines are on top
//       all: also of fields that nobody has touched yet
//   openFirst(form)                            opens the group of the first field that is marked -> its widget, or null
//   isSame(form, where, one, other)            whether two specs say the same where a mistake is

import { problemText } from "../lib/api.js";
import { h, replace, setSentence, withCommands } from "../lib/dom.js";

export function showMistakes(form, mistakes, { all, place }) {
  const byField = new Map();
  const others = [];
  for (const mistake of mistakes) {
    const where = nearest(form, mistake.where);
    if (where === null) others.push(mistake);
    else byField.set(where, [...(byField.get(where) ?? []), mistake]);
  }
  let marked = 0;
  for (const [where, entry] of form.boxes) marked += mark(entry, all || entry.touched ? byField.get(where) : undefined);
  const onTop = all ? others.length : 0;
  replace(place, onTop ? box(others) : null);
  return { marked, onTop };
}

export function isSame(form, where, one, other) {
  const field = nearest(form, where);
  const value = (spec) => JSON.stringify(field === null ? spec : form.valueOf(field, spec));
  return value(one) === value(other);
}

/** `space.learning_rates.0` belongs to `space.learning_rates`; a hidden field's mistake goes on top. */
function nearest(form, where = "") {
  const parts = where.split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const entry = form.boxes.get(parts.slice(0, length).join("."));
    if (entry) return entry.box.hidden ? null : entry.field.where;
  }
  return sectionStart(form, where);
}

/** A mistake of a whole section, such as `budget`, stands beside its first field. */
function sectionStart(form, where) {
  if (!where) return null;
  const inside = [...form.boxes.values()].find(({ field, box: found }) => field.where.startsWith(`${where}.`) && !found.hidden);
  return inside?.field.where ?? null;
}

/** Whether it is marked now. */
function mark({ widget, mistake, field }, found) {
  const text = found ? found.map((one) => words(one, field)).join(" ") : "";
  setSentence(mistake, text);
  const controls = widget.inputs ?? [widget.control];
  for (const control of controls) {
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
  return text !== "";
}

function words(mistake, field) {
  if (mistake.got === "nothing") return "This is needed.";
  const expected = plainly(mistake.expected, field);
  const text = problemText({ ...mistake, expected, hint: usefulHint(mistake.hint) });
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

/** The check speaks of job files and patterns; beside a field that says little. */
function usefulHint(hint) {
  return hint?.startsWith("correct ") ? "" : hint;
}

function plainly(expected, field) {
  return expected.startsWith("text that matches") && field?.help ? lower(field.help.replace(/\.$/, "")) : expected;
}

function lower(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function box(mistakes) {
  const lines = mistakes.map((mistake) => h("li", {}, mistake.where ? `${mistake.where}: ` : "", withCommands(words(mistake))));
  return h("div", { class: "problem", role: "alert" }, h("p", { class: "problem-title" }, "Please correct"), h("ul", {}, lines));
}

export function openFirst(form) {
  const first = [...form.boxes.values()].find(({ mistake }) => mistake.textContent !== "");
  const more = first?.box.closest("details");
  if (more) more.open = true;
  return first?.widget ?? null;
}
