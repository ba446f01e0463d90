// The markup of groups and fields.

import { h } from "../dom.js";
import { makeWidget } from "./widgets.js";

export function drawGroup(group, boxes) {
  const help = group.help ? h("p", { class: "help group-help" }, group.help) : null;
  const inner = [help, h("div", { class: "fields" }, boxes)];
  const id = `group-${group.id}`;
  if (!group.advanced) {
    const title = h("h2", { id: `${id}-title` }, group.title);
    return h("section", { id, class: "panel", "aria-labelledby": `${id}-title` }, title, inner);
  }
  const summary = h("summary", {}, h("h2", {}, group.title), h("span", { class: "quiet group-set" }));
  return h("details", { id, class: "panel form-more" }, summary, inner);
}

/** {field, widget, box, mistake, group, touched} */
export function drawField(field, group) {
  const id = `field-${field.where.replaceAll(".", "-")}`;
  const help = field.help ? h("p", { class: "help", id: `${id}-help` }, rich(field.help)) : null;
  const mistake = h("p", { class: "mistake", id: `${id}-mistake` });
  const described = [mistake.id, help?.id].filter(Boolean).join(" ");
  const widget = makeWidget(field, { id, "aria-describedby": described, "aria-required": field.required || null });
  const look = isWide(field) ? "field field-wide" : "field";
  const box = h("div", { class: look, "data-field": field.where }, labelOf(field, id), widget.control, mistake, help);
  return { field, widget, box, mistake, group, touched: false };
}

/** A group of checkboxes has no single control to be the label of. */
function labelOf({ kind, title, unit, required }, id) {
  const isGroup = kind === "set";
  const name = isGroup ? { class: "label", id: `${id}-label` } : { for: id };
  const more = [unit ? ` (${unit})` : null, required ? " (needed)" : null].filter(Boolean);
  return h(isGroup ? "span" : "label", name, title, more.length ? h("span", { class: "unit" }, more) : null);
}

function isWide({ kind, where }) {
  return ["json", "ladders", "set"].includes(kind) || where === "space.preset";
}

/** Text in backticks as code. */
function rich(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}
