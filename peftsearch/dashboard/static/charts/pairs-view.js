// Pairs of objectives as plain data: which panels there are, where values stand, and their ticks.

import { isShare, write } from "../lib/measures.js";
import { rangeOf } from "./progress.js";

/** {rows, list: [{x, y, third, number, columns, rows}]}: each pair once, and the first other goal as its colour. */
export function panelsOf(goals, most) {
  const pairs = goals.flatMap((y, i) => goals.slice(i + 1).map((x) => ({ x, y })));
  const columns = Math.min(most, pairs.length);
  const rows = Math.ceil(pairs.length / columns);
  const third = ({ x, y }) => goals.find((name) => name !== x && name !== y);
  return { rows, list: pairs.map((pair, number) => ({ ...pair, third: third(pair), number, columns, rows })) };
}

/** Where a value stands on its axis: a cost of 0 half a decade below the smallest other one. */
export function placeOf({ goal, values }, value) {
  if (!goal.log || value > 0) return value;
  return Math.min(...values.filter((x) => x > 0), Infinity) / 10 ** 0.5;
}

/** Of an axis of scores with one value, around it: Plotly would show a whole unit on either side. */
export function rangeOfOne({ goal, values }) {
  const found = new Set(values.filter(Number.isFinite));
  if (goal.log || found.size !== 1) return {};
  return { range: rangeOf([...found], isShare(goal.name) ? [0, 1] : [-Infinity, Infinity]) };
}

/** At most about `most` ticks of an axis: {values, texts}. */
export function ticksOf(goal, values, most) {
  const found = values.map((x) => placeOf({ goal, values }, x)).filter(Number.isFinite);
  if (!found.length) return { values: [], texts: [] };
  const [low, high] = [Math.min(...found), Math.max(...found)];
  const places = goal.log ? decades(low, high, most) : evenly(low, high, most);
  const texts = places.map((x) => write(goal.name, x));
  return values.includes(0) && goal.log ? { values: [low, ...places.slice(1)], texts: ["0", ...texts.slice(1)] } : { values: places, texts };
}

/** Round places within the range: of several decades powers of ten, of less evenly by ratio. */
function decades(low, high, most) {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  if (last - first < 2) return evenly(first, last, most).map((x) => Number((10 ** x).toPrecision(2)));
  const step = Math.ceil((last - first) / most);
  const count = Math.floor((Math.floor(last) - Math.ceil(first)) / step) + 1;
  return Array.from({ length: count }, (_, i) => 10 ** (Math.ceil(first) + i * step));
}

function evenly(low, high, most) {
  if (!(high > low)) return [low];
  return Array.from({ length: most }, (_, i) => low + ((high - low) * i) / (most - 1));
}
