// The form itself: groups of fields, which of them show, what was typed.
//
//   const form = makeForm(schema, place, onChange)
//   await form.read() -> {spec, mistakes}   only what was set; mistakes of reading as the service words them
//   form.write(spec)                     fills all fields
//   form.withoutDefaults(spec)           what of a complete spec differs from the defaults
//   form.valueOf("task.train", spec)     what a spec says of a field
//   form.unknown(spec)                   keys that no field has
//   form.boxes                           Map of where -> {field, widget, box, mistake, group, touched}

import { h, replace, withCommands } from "../lib/dom.js";
import { arranged, fieldsOf } from "./fields.js";
import { readingFault } from "./job-file.js";
import { findKind } from "./kinds.js";
import { makeWidget } from "./widgets.js";
import { isRead, usualColumn } from "./wording.js";

export function makeForm(schema, place, onChange) {
  return new Form(schema, place, onChange);
}

class Form {
  constructor(schema, place, onChange) {
    this.boxes = new Map();
    this.sections = (schema.required ?? []).filter((name) => schema.properties[name].$ref);
    const groups = arranged(fieldsOf(schema));
    const entries = groups.flatMap((group) => group.fields.map((field) => drawField(field, group.id)));
    for (const entry of entries) this.boxes.set(entry.field.where, entry);
    replace(place, groups.map((group) => drawGroup(group, group.fields.map(({ where }) => this.boxes.get(where).box))));
    place.addEventListener("input", () => this.changed(onChange));
    place.addEventListener("focusout", (event) => this.left(event.target, onChange));
    this.adapt();
  }

  changed(onChange) {
    this.adapt();
    onChange(false);
  }

  left(control, onChange) {
    const where = control.closest("[data-field]")?.dataset.field;
    if (!where) return;
    this.boxes.get(where).touched = true;
    onChange(true);
  }

  /** Keys of a spec that no field has. */
  unknown(spec) {
    const isKnown = (where) => this.boxes.has(where);
    const keys = Object.entries(spec).flatMap(([name, value]) =>
      isKnown(name) || !isTable(value) ? [name] : Object.keys(value).map((inner) => `${name}.${inner}`),
    );
    return keys.filter((where) => !isKnown(where));
  }

  /** Shows what this kind of task reads, with its usual columns and metrics. */
  adapt() {
    const kind = this.boxes.get("task.kind")?.widget.read() ?? "classification";
    if (this.kind !== kind) this.forgetUsual(kind);
    for (const [where, { field, widget, box }] of this.boxes) {
      box.hidden = !isRead(where, kind);
      const column = usualColumn(where, kind);
      if (where.startsWith("task.") && field.fallback === null && widget.control.tagName === "INPUT") {
        widget.control.placeholder = column ? `default: ${column}` : "";
      }
    }
    this.boxes.get("task.metric")?.widget.offer?.(findKind(kind)?.qualities ?? []);
    this.tell();
  }

  /** A column under the usual name of the kind before says nothing about the new kind. */
  forgetUsual(kind) {
    for (const [where, { widget }] of this.boxes) {
      const usual = usualColumn(where, this.kind);
      if (usual !== null && widget.control.value === usual) widget.write(undefined);
    }
    this.kind = kind;
  }

  /** How many fields of a closed group are set. */
  tell() {
    for (const place of document.querySelectorAll(".form-more")) {
      const inside = [...this.boxes.values()].filter(({ box }) => place.contains(box) && !box.hidden);
      const number = inside.filter(({ widget }) => widget.isSet()).length;
      place.querySelector(".group-set").textContent = number ? `${number} set` : "as usual";
    }
  }

  /** Whether all that a spec cannot be without is there. */
  isWhole() {
    return [...this.boxes.values()].every(({ field, widget }) => !field.required || widget.isSet());
  }

  async read() {
    // A needed section stands there even if empty, so that its mistakes name its fields.
    const spec = Object.fromEntries(this.sections.map((name) => [name, {}]));
    const mistakes = [];
    const read = [...this.boxes.values()].filter(({ box }) => !box.hidden).map(tryRead);
    for (const { field, value, error } of await Promise.all(read)) {
      const { where } = field;
      if (error) mistakes.push({ where, expected: "a value that can be read", got: readingFault(error) });
      else if (value !== undefined) put(spec, field.path, value);
    }
    return { spec, mistakes };
  }

  withoutDefaults(spec) {
    const left = {};
    for (const { field } of this.boxes.values()) {
      const value = valueAt(spec, field.path);
      if (!isEqual(value ?? null, field.fallback)) put(left, field.path, value);
    }
    return left;
  }

  valueOf(where, spec) {
    return valueAt(spec, this.boxes.get(where).field.path);
  }

  write(spec) {
    this.boxes.get("task.kind")?.widget.write(spec.task?.kind);
    this.adapt();
    for (const { field, widget } of this.boxes.values()) {
      widget.write(valueAt(spec, field.path));
    }
    this.boxes.forEach((entry) => (entry.touched = false));
    this.adapt();
  }
}

async function tryRead({ field, widget }) {
  try {
    return { field, value: await widget.read() };
  } catch (error) {
    return { field, error };
  }
}

/** `1.0` is equal to `1`, whatever way it is written. */
function isEqual(value, fallback) {
  return JSON.stringify(JSON.parse(JSON.stringify(value))) === JSON.stringify(fallback);
}

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(spec, path) {
  return path.reduce((inner, name) => inner?.[name], spec);
}

function put(spec, path, value) {
  const inner = path.slice(0, -1).reduce((table, name) => (table[name] ??= {}), spec);
  inner[path.at(-1)] = value;
}

// The markup of groups and fields.

function drawGroup(group, boxes) {
  const help = group.help ? h("p", { class: "help group-help" }, withCommands(group.help)) : null;
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
function drawField(field, group) {
  const id = `field-${field.where.replaceAll(".", "-")}`;
  const help = field.help ? h("p", { class: "help", id: `${id}-help` }, withCommands(field.help)) : null;
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
