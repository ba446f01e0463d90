// Numbers and times in words, as the command line writes them. A value that is missing is an en dash.
//
//   count(332546) "332,546"   size(12300) "12.3 KB"   duration(125) "2 min 05 s"   percent(0.123) "12.3 %"
//   score(0.8031) "0.8031"    ago(seconds) "3 min ago"     clock(epochSeconds)
//   shortName("/data/models/minilm") "minilm"
//   failureText("out_of_memory") "out of memory"              shellWord("a b") "'a b'"

import { fixed, general, precise } from "./rounding.js";

export const NOTHING = "–";
const MINUS = "−";

const BYTES = [[1e18, " EB"], [1e15, " PB"], [1e12, " TB"], [1e9, " GB"], [1e6, " MB"], [1e3, " KB"]];
const ENGINE = "bo";
const ORIGINS = { sobol: "spread", search: "model", try: "own" };
const FAILURES = {
  out_of_memory: "out of memory",
  non_finite_loss: "the loss was not finite",
  collapsed: "the training collapsed",
  timeout: "took too long",
  data: "the data could not be used",
  lost_worker: "the worker was lost",
  bug: "an error in the program",
};

export function missing(value) {
  return value === null || value === undefined || Number.isNaN(value);
}

/** A number with the minus sign that people read; what programs read keeps its hyphen. */
export function withMinus(text) {
  return text.startsWith("-") ? `${MINUS}${text.slice(1)}` : text;
}

export function count(value) {
  if (missing(value)) return NOTHING;
  const whole = Number.isInteger(value) || Math.abs(value) >= 1000;
  return withMinus(whole ? Number(fixed(value, 0)).toLocaleString("en-US") : general(value, 4));
}

export function size(value) {
  if (missing(value)) return NOTHING;
  return scaled(value, BYTES, (small) => `${fixed(small, 0)} B`);
}

/** Three digits, or the thousands of the largest, in the first of `units`, [[least, text behind], ..], that the value reaches; else what `small` says. */
export function scaled(value, units, small) {
  const rounded = precise(value, 3);
  const found = units.find(([scale]) => Math.abs(rounded) >= scale);
  return found ? count(precise(rounded / found[0], 3)) + found[1] : small(value);
}

export function duration(seconds) {
  if (missing(seconds)) return NOTHING;
  const tenths = Math.max(1, Math.floor(10 * seconds + 0.5));
  if (seconds > 0 && tenths < 10) return `${tenths / 10} s`;
  const whole = Math.max(0, Number(fixed(seconds, 0)));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

function two(value) {
  return String(value).padStart(2, "0");
}

export function ago(seconds) {
  if (missing(seconds)) return NOTHING;
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export function clock(epoch) {
  if (missing(epoch)) return NOTHING;
  return new Date(epoch * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function percent(share, digits = 1) {
  return missing(share) ? NOTHING : `${fixed(100 * share, digits)} %`;
}

export function score(value) {
  if (missing(value)) return NOTHING;
  if (Math.abs(value) >= 100) return count(value);
  return withMinus(value !== 0 && Math.abs(value) < 0.01 ? general(value, 3) : fixed(value, 4));
}

/** A difference of two scores, or an error of one: with the decimals of that score; nothing but 0 is told as 0. */
export function scoreBeside(value, beside) {
  const text = score(beside);
  const rounded = fixed(value, (text.split(".")[1] ?? "").length);
  return withMinus(text.includes("e") || (value && !Number(rounded)) ? general(value, 2) : rounded);
}

/** A difference with its sign: what `text` says of its size. */
export function signed(value, text = fixed(Math.abs(value), 4)) {
  return `${value < 0 ? MINUS : "+"}${text}`;
}

/** `max_grad_norm` as "Max grad norm". */
export function sentence(name) {
  return capitalised(String(name).replaceAll("_", " "));
}

export function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "1 trial", "2 trials". */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Beside a value that is a mean of several trainings, of which trials. */
export function meanOf(trials) {
  return trials.length > 1 ? ` (mean of trials ${trials.join(", ")})` : "";
}

/** The last part of a path; the name of a sample or of something on the hub as it is. */
export function shortName(path) {
  const isPath = /^([/~.]|[A-Za-z]:)/.test(path) || path.split("/").length > 2;
  return (isPath && path.split(/[/\\]/).filter(Boolean).at(-1)) || path;
}

/** A kind of failure in words. */
export function failureText(kind) {
  return FAILURES[kind] ?? (kind ?? "failed").replaceAll("_", " ");
}

/** Who proposed a trial, in words that fit a list as well as a space; of another sampler than the engine its name. */
export function originText(origin, sampler) {
  return sampler === ENGINE ? ORIGINS[origin] ?? origin : origin;
}

/** A word of a POSIX shell, quoted where it must be. */
export function shellWord(text) {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
