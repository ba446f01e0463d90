// One widget for each kind of field: {control, read() -> value or undefined, isSet(), write(value), focus()}.
// `control` carries the id and what describes it; a mistake of reading is thrown by read() as an Error. What only
// the service can read is a promise.

import { h } from "../lib/dom.js";
import { readHours, readNumber, writeHours, writeItem } from "../lib/numbers.js";
import { readJobFile } from "./job-file.js";
import * as texts from "./texts.js";
import { choiceWords } from "./wording.js";

export function makeWidget(field, ids) {
  const make = WIDGETS[field.kind] ?? jsonWidget;
  return make(field, ids);
}

function lineWidget(read, write, extra = {}) {
  return (field, ids) => {
    const attributes = { ...ids, type: "text", autocomplete: "off", spellcheck: "false", ...extra };
    return typed(h("input", { ...attributes, placeholder: placeholder(field) }), read, write);
  };
}

function areaWidget(read, write, example, rows = 3) {
  return (field, ids) => {
    const attributes = { ...ids, rows, spellcheck: "false", placeholder: example };
    return typed(h("textarea", attributes), read, write);
  };
}

function typed(control, read, write) {
  return {
    control,
    read: () => read(control.value),
    isSet: () => control.value.trim() !== "",
    write: (value) => (control.value = value === undefined || value === null ? "" : write(value)),
    focus: () => control.focus(),
  };
}

function placeholder({ fallback, kind, where }) {
  if (fallback === null && where.startsWith("space.")) return "as in the space";
  if (fallback === null || (Array.isArray(fallback) && fallback.length === 0)) return "";
  return kind === "json" ? "" : `default: ${texts.writeList(fallback)}`;
}

function readText(text) {
  return text.trim() === "" ? undefined : text.trim();
}

function readColumns(text) {
  const names = texts.readList(text, (item) => item);
  return names?.length === 1 ? names[0] : names;
}

/** One number, or several to search. */
function readValues(text) {
  const values = texts.readList(text, readNumber);
  return values?.length === 1 ? values[0] : values;
}

function choiceWidget(field, ids) {
  const control = h("select", ids);
  const widget = typed(control, (value) => readChoice(field, value), (value) => keep(control, writeItem(value)));
  widget.offer = (options) => offer(control, field, options);
  widget.offer(field.kind === "boolean" ? ["true", "false"] : field.options);
  return widget;
}

/** A value that is no choice stands among them, so that it is marked as a mistake and not lost. */
function keep(control, value) {
  if (![...control.options].some((option) => option.value === value)) control.append(h("option", { value }, value));
  return value;
}

function readChoice(field, value) {
  if (value === "") return undefined;
  return field.kind === "boolean" && value in YES_NO ? value === "true" : value;
}

const YES_NO = { true: "yes", false: "no" };

function offer(control, field, options) {
  const chosen = control.value;
  const text = (value) => (field.kind === "boolean" ? YES_NO[value] : choiceWords(field.where, value));
  const usual = field.fallback === null ? placeholder(field) || "default" : `default: ${text(field.fallback)}`;
  const all = options.map((value) => h("option", { value }, text(value)));
  control.replaceChildren(h("option", { value: "" }, usual), ...all);
  control.value = options.includes(chosen) ? chosen : "";
}

function pairWidget(field, ids) {
  const [low, high] = ["lowest", "highest"].map((name, index) =>
    h("input", {
      ...ids,
      id: index ? `${ids.id}-high` : ids.id,
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      placeholder: field.fallback?.[index] ?? name,
      "aria-label": `${field.title}, ${name}`,
    }),
  );
  const control = h("div", { class: "pair" }, low, h("span", { "aria-hidden": "true" }, "to"), high);
  return {
    control,
    read: () => readBoth(low.value, high.value),
    isSet: () => `${low.value}${high.value}`.trim() !== "",
    write: (value) => [low, high].forEach((input, index) => (input.value = writeItem(value?.[index] ?? ""))),
    focus: () => low.focus(),
    inputs: [low, high],
  };
}

function readBoth(low, high) {
  const both = [readNumber(low), readNumber(high)];
  return both.every((value) => value === undefined) ? undefined : both.map((value) => value ?? null);
}

function setWidget(field, ids) {
  const described = { "aria-describedby": ids["aria-describedby"] };
  const boxes = field.options.map((value) => h("input", { type: "checkbox", value, ...described }));
  const rows = boxes.map((box) => h("label", { class: "check" }, box, box.value));
  return {
    control: h("div", { id: ids.id, class: "row", role: "group", "aria-labelledby": `${ids.id}-label` }, rows),
    read: () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      return chosen.length ? chosen : undefined;
    },
    isSet: () => boxes.some((box) => box.checked),
    write: (value) => boxes.forEach((box) => (box.checked = value?.includes(box.value) ?? false)),
    focus: () => boxes[0].focus(),
    inputs: boxes,
  };
}

function jsonWidget(field, ids) {
  const write = (value) => JSON.stringify(value, null, 1);
  if (field.where === "try") return areaWidget(makeTryReader(), write, "[[try]]\nlearning_rate = 1e-3", 5)(field, ids);
  if (field.where === "space.configurations") return areaWidget(readListed, writeListed, "list.jsonl", 5)(field, ids);
  return areaWidget((text) => (text.trim() ? JSON.parse(text) : undefined), write, "{ } as JSON", 5)(field, ids);
}

/** A closed list: the name of its file, or JSON. */
function readListed(text) {
  const found = text.trim();
  return found.startsWith("[") ? JSON.parse(found) : found || undefined;
}

function writeListed(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}

/** The user's own configurations: JSON, or `[[try]]` blocks of a job file. What could be read is not sent again. */
function makeTryReader() {
  let known = { text: "", found: undefined };
  return (text) => {
    if (known.text === text) return known.found;
    known = { text, found: readTry(text.trim()) };
    known.found?.catch(() => (known = { text: "", found: undefined }));
    return known.found;
  };
}

function readTry(text) {
  if (text === "") return undefined;
  return /^\[\s*[{\]]/.test(text) ? parseList(text) : readBlocks(text);
}

async function parseList(text) {
  return JSON.parse(text);
}

async function readBlocks(text) {
  const found = await readJobFile(text);
  return found.try ?? [found];
}

const number = lineWidget(readNumber, writeItem, { inputmode: "decimal" });
const WIDGETS = {
  hours: lineWidget(readHours, writeHours),
  text: lineWidget(readText, writeItem),
  number,
  integer: lineWidget(readNumber, writeItem, { inputmode: "numeric" }),
  boolean: choiceWidget,
  choice: choiceWidget,
  columns: lineWidget(readColumns, texts.writeList),
  strings: lineWidget((text) => texts.readList(text, (item) => item), texts.writeList),
  numbers: lineWidget((text) => texts.readList(text, readNumber), texts.writeList),
  values: lineWidget(readValues, texts.writeList),
  pair: pairWidget,
  pairs: areaWidget(texts.readPairs, texts.writePairs, "0.1, 0.5"),
  set: setWidget,
  ladders: areaWidget(texts.readLadders, texts.writeLadders, "lora = 1, 2, 4, 8"),
  weights: areaWidget(texts.readWeights, texts.writeWeights, "balanced, or a class a line: spam = 5"),
  json: jsonWidget,
};
