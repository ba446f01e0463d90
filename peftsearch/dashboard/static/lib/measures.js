// Measures of a trial in words and units: nouns within sentences, limits as a person writes them.

import { NOTHING, count, duration, missing, score, sentence, size } from "./format.js";

const LABELS = {
  accuracy: "Accuracy",
  f1: "F1",
  matthews: "Matthews correlation",
  pearson: "Pearson correlation",
  spearman: "Spearman correlation",
  loss: "Loss",
  perplexity: "Perplexity",
  exact_match: "Exact match",
  trainable_parameters: "Trained parameters",
  adapter_bytes: "Adapter size",
  backward_depth: "Backward depth",
  training_seconds: "Training time",
  peak_memory_bytes: "Peak memory",
};
const BYTES = [["B", 1], ["KB", 1e3], ["MB", 1e6], ["GB", 1e9]];
const UNITS = {
  trainable_parameters: [["", 1], ["K", 1e3], ["M", 1e6]],
  adapter_bytes: BYTES,
  training_seconds: [["s", 1]],
  peak_memory_bytes: BYTES,
  backward_depth: [["", 1]],
};
const NAMES = /^(F1|Matthews|Pearson|Spearman)/;

export function label(name) {
  return LABELS[name] ?? sentence(name);
}

export function objective(name, value) {
  if (name.endsWith("_bytes")) return size(value);
  if (name.endsWith("_seconds")) return duration(value);
  if (name === "trainable_parameters") return count(value);
  if (name === "backward_depth") return missing(value) ? NOTHING : `${count(value)} layers`;
  return score(value);
}

/** Names of the costs that the values have, in the order in which people ask for them. */
export function costsOf(values) {
  return Object.keys(UNITS).filter((name) => name in values);
}

/** Whether a name is that of a cost. */
export function isCost(name) {
  return name in UNITS;
}

/** `adapter size`: the label as it stands within a sentence. */
export function noun(name) {
  const text = label(name);
  return NAMES.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

/** A value with its unit: `18.4 KB`, `4,608`, `0.7600`. */
export function write(name, value) {
  return missing(value) ? "unknown" : objective(name, value);
}

/** A sentence of the service with measures told in words: `needs adapter size 184 KB`. */
export function inWords(text) {
  return text.replace(/\b[a-z]+(_[a-z]+)+\b/g, (name) => (name in UNITS ? noun(name) : name));
}

/** A limit as the expression of a pick writes it: `200 KB`, `30 s`, `4608`. */
export function quantity(name, value) {
  const units = UNITS[name] ?? [["", 1]];
  const fits = units.filter(([, scale]) => value >= scale);
  const [unit, scale] = fits.at(-1) ?? units[0];
  const number = Number((value / scale).toPrecision(12));
  return unit ? `${number} ${unit}` : `${number}`;
}

/** The number that `200 KB` means, in the unit of the measure; null where it is none. */
export function parseQuantity(name, text) {
  const match = /^\s*(\d[\d_,]*(?:\.\d+)?(?:e[-+]?\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return null;
  const scale = scaleOf(name, match[2].toUpperCase());
  return scale === undefined ? null : Number(match[1].replace(/[_,]/g, "")) * scale;
}

const THOUSANDS = { K: 1e3, M: 1e6, G: 1e9 };
const BINARY = { KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 };
const BYTE_SCALES = { ...THOUSANDS, ...BINARY, B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };
const SCALES = {
  adapter_bytes: BYTE_SCALES,
  peak_memory_bytes: BYTE_SCALES,
  training_seconds: { S: 1, MIN: 60, H: 3600 },
  trainable_parameters: THOUSANDS,
};

function scaleOf(name, unit) {
  return unit === "" ? 1 : SCALES[name]?.[unit];
}
