// Measures of a trial in words and units: nouns within sentences, limits as a person writes them. What a measure is
// called, how it is written and whether it is a quality says the API's table of objectives.
//
//   await loadObjectives()     once per page, before any of the others is called

import { get } from "./api.js";
import { capitalised, count, duration, missing, scaled, score, size } from "./format.js";

const BYTES = [["B", 1], ["KB", 1e3], ["MB", 1e6], ["GB", 1e9], ["TB", 1e12], ["PB", 1e15], ["EB", 1e18]];
const COUNTS = [["", 1], ["K", 1e3], ["M", 1e6]];
const LARGE = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"]];
let table = new Map();
let loading = null;

export function loadObjectives() {
  loading ??= fetchTable();
  return loading;
}

async function fetchTable() {
  try {
    const { objectives } = await get("/objectives");
    table = new Map(objectives.map((row) => [row.name, row]));
  } catch (problem) {
    loading = null;
    throw problem;
  }
}

/** `Adapter size`: what heads a row or a field. */
export function label(name) {
  return capitalised(noun(name));
}

/** `adapter size`: the label as it stands within a sentence. */
export function noun(name) {
  return table.get(name)?.label ?? name.replaceAll("_", " ");
}

/** A value with its unit: `18.4 KB`, `4,608`, `0.7600`; a dash where it is missing. */
export function objective(name, value) {
  const { style, unit } = table.get(name) ?? {};
  if (style === "size") return size(value);
  if (style === "duration") return duration(value);
  if (style === "count") return missing(value) || !unit ? count(value) : counted(value, unit);
  return score(value);
}

/** `12 layers`, `32.5 TFLOPs`: fourteen digits would be compared by their number alone. */
function counted(value, unit) {
  const units = LARGE.map(([scale, prefix]) => [scale, ` ${prefix}${unit}`]);
  return scaled(value, units, (small) => `${count(small)} ${small === 1 ? singular(unit) : unit}`);
}

function singular(unit) {
  return unit.replace(/s$/, "");
}

/** The same within a sentence. */
export function write(name, value) {
  return missing(value) ? "unknown" : objective(name, value);
}

/** Names of the costs that the values have, in the order of the table. */
export function costsOf(values) {
  return [...table.keys()].filter((name) => isCost(name) && name in values);
}

/** Costs among the values that only a training tells. */
export function measuredCostsOf(values) {
  return costsOf(values).filter((name) => !table.get(name).known);
}

/** Whether a name is that of a cost. */
export function isCost(name) {
  return table.has(name) && table.get(name).style !== "score";
}

/** How a front sees an objective: {name, sign: 1 where more is better, log, known}. */
export function goalOf(name) {
  const { maximise = true, style = "score", known = false } = table.get(name) ?? {};
  return { name, sign: maximise ? 1 : -1, log: known || style !== "score", known };
}

/** `accuracy, file size and training time`. */
export function listed(names) {
  const nouns = names.map(noun);
  return `${nouns.slice(0, -1).join(", ")} and ${nouns.at(-1)}`;
}

/** Whether less of it is better. */
export function isMinimised(name) {
  return table.has(name) && !table.get(name).maximise;
}

/** A sentence of the service with measures told in words: `needs adapter size 184 KB`. */
export function inWords(text) {
  return text.replace(/\b[a-z]+(_[a-z]+)+\b/g, (name) => (isCost(name) ? noun(name) : name));
}

/** Whether a quality is a share of the rows that are right, between 0 and 1. */
export function isShare(name) {
  return table.get(name)?.share ?? false;
}

/** A limit as the expression of a pick writes it: `200 KB`, `30 s`, `4608`. */
export function quantity(name, value) {
  const units = unitsOf(table.get(name));
  const fits = units.filter(([, scale]) => value >= scale);
  const [unit, scale] = fits.at(-1) ?? units[0];
  const number = Number((value / scale).toPrecision(12));
  return unit ? `${number} ${unit}` : `${number}`;
}

function unitsOf({ style, unit } = {}) {
  if (style === "size") return BYTES;
  if (style === "duration") return [["s", 1]];
  if (style !== "count") return [["", 1]];
  return unit ? [[unit, 1], ...LARGE.map(([scale, prefix]) => [prefix + unit, scale]).reverse()] : COUNTS;
}

/** The number that `200 KB` means, in the unit of the measure; null where it is none. */
export function parseQuantity(name, text) {
  const match = /^\s*(\d[\d_,]*(?:\.\d+)?(?:e[-+]?\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return null;
  const scale = scaleOf(name, match[2].toUpperCase());
  const number = Number(match[1].replace(/[_,]/g, ""));
  const value = scale === 1 ? number : Number((number * scale).toPrecision(15));
  return Number.isFinite(value) ? value : null;
}

const THOUSANDS = { K: 1e3, M: 1e6, G: 1e9 };
const COUNTED = { ...THOUSANDS, T: 1e12, P: 1e15 };
const BINARY = { KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 };
const SCALES = {
  size: { ...THOUSANDS, ...BINARY, ...Object.fromEntries(BYTES) },
  duration: { S: 1, MIN: 60, H: 3600 },
  count: COUNTED,
};

function scaleOf(name, unit) {
  const row = table.get(name);
  const prefix = row?.style === "count" ? withoutUnit(unit, row.unit ?? "") : unit;
  return prefix === "" ? 1 : SCALES[row?.style]?.[prefix];
}

/** `T` of `TFLOPS`, where the unit is FLOPs. */
function withoutUnit(text, unit) {
  const form = [unit, singular(unit)].find((x) => x && text.endsWith(x.toUpperCase()));
  return form ? text.slice(0, -form.length) : text;
}
