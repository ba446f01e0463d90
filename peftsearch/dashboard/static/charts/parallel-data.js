// Parallel coordinates as plain data: which axes, where each configuration crosses them, what the best have in common.

import { missing, withMinus } from "../lib/format.js";
import { isCost, label as title, write } from "../lib/measures.js";

const BEST_SHARE = 0.1;
const FEWEST_BEST = 3;
const TICKS = 4;

/** Dimensions to draw: the most important parameters first, then the goals, the quality last. */
export function chosen(dimensions, order, most, goals = 2) {
  const place = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  const varying = dimensions.slice(0, -goals).filter(({ values }) => new Set(values).size > 1);
  const ranked = varying.map((x, i) => [place(x), i, x]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return [...ranked.slice(0, most).map((x) => x[2]), ...dimensions.slice(-goals)];
}

/** An axis: {name, title, at: place of each configuration from 0 (bottom) to 1, or null, ticks: [{at, text}]}. */
export function axisOf(dimension, flipped) {
  const { name, kind, log } = dimension;
  const numbers = log || isCost(name) ? logarithmic : linear;
  const scale = (kind === "category" ? categories : numbers)(dimension);
  const turn = (at) => (at === null ? null : flipped ? 1 - at : at);
  return {
    name, title: titleOf(dimension), at: scale.at.map(turn),
    ticks: scale.ticks.map(({ at, text }) => ({ at: turn(at), text })),
  };
}

function titleOf({ name, label }) {
  return label && label !== name ? label.charAt(0).toUpperCase() + label.slice(1) : title(name);
}

/** Configurations of one category are spread a little, so that they do not hide each other. */
function categories({ categories: names, values }) {
  const index = new Map(names.map((x, i) => [x, i]));
  const step = 1 / Math.max(names.length, 1);
  const spread = (i) => (((i * 0.618) % 1) - 0.5) * 0.5;
  const at = values.map((x, i) => ((typeof x === "number" ? x : index.get(x)) + 0.5 + spread(i)) * step);
  const every = Math.ceil(names.length / 12);
  const ticks = names.map((text, i) => ({ at: (i + 0.5) * step, text })).filter((_, i) => i % every === 0);
  return { at, ticks };
}

function linear({ name, values }) {
  const [low, high] = extent(values);
  const whole = values.every((x) => missing(x) || Number.isInteger(x));
  const places = evenly(low, high, whole);
  const scale = (x) => (high > low ? (x - low) / (high - low) : 0.5);
  const ticks = places.map((x) => ({ at: scale(x), text: told(name, x) }));
  return { at: values.map((x) => (missing(x) ? null : scale(x))), ticks };
}

/** A value of 0 stands half a decade below the smallest other one, as in the front chart. */
function logarithmic({ name, values }) {
  const [low, high] = extent(values.filter((x) => x > 0)).map(Math.log10);
  const zero = values.some((x) => x === 0);
  const start = low - (zero ? 0.5 : 0);
  const scale = (x) => (high > start ? (x - start) / (high - start) : 0.5);
  const at = values.map((x) => (missing(x) ? null : x > 0 ? scale(Math.log10(x)) : 0));
  const rounded = (x) => Number((10 ** x).toPrecision(2));
  const ticks = evenly(low, high, false).map((x) => ({ at: scale(x), text: told(name, rounded(x)) }));
  return { at, ticks: zero ? [{ at: 0, text: "0" }, ...ticks] : ticks };
}

function evenly(low, high, whole) {
  if (!(high > low)) return [low];
  const step = whole ? Math.max(Math.ceil((high - low) / (TICKS + 1)), 1) : (high - low) / (TICKS - 1);
  return Array.from({ length: Math.floor((high - low) / step + 1e-9) + 1 }, (_, i) => low + i * step);
}

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const x of values) {
    if (missing(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return low <= high ? [low, high] : [1, 1];
}

/** A value of a parameter or a measure, short. */
export function told(name, value) {
  if (isCost(name)) return write(name, value);
  if (Number.isInteger(value)) return withMinus(`${value}`);
  return withMinus(Math.abs(value) < 0.01 ? value.toExponential(1) : `${Number(value.toPrecision(4))}`);
}

/** Configurations from the worst to the best by the last dimension; those without it are left out. */
export function ranked(dimensions, sign) {
  const quality = dimensions.at(-1).values;
  return quality.map((_, i) => i).filter((i) => !missing(quality[i])).sort((a, b) => sign * (quality[a] - quality[b]));
}

/** The text alternative: each parameter among all configurations and among the best tenth. */
export function common(dimensions, sign) {
  const order = ranked(dimensions, sign);
  const best = order.slice(-Math.max(Math.round(order.length * BEST_SHARE), Math.min(FEWEST_BEST, order.length)));
  const rows = dimensions.map((x) => [titleOf(x), range(x, order), range(x, best)]);
  return { columns: ["Parameter", `All ${order.length} configurations`, `The best ${best.length}`], rows };
}

function range({ kind, name, values, categories: names }, rows) {
  if (!rows.length) return "";
  const named = (x) => (typeof x === "number" ? names[x] : x);
  if (kind === "category") return frequent(rows.map((i) => named(values[i])));
  const [low, high] = extent(rows.map((i) => values[i]));
  return low === high ? told(name, low) : `${told(name, low)} to ${told(name, high)}`;
}

/** The two most frequent categories with their shares. */
function frequent(found) {
  const counts = new Map();
  for (const name of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 2);
  return top.map(([name, n]) => `${name} (${Math.round((100 * n) / found.length)} %)`).join(", ");
}
