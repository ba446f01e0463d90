// The cost axis: logarithmic, with a band of its own for a cost of 0 at the left.

import { quantity } from "./measures.js";

/** Where things stand: {zero, low, high, hasZero}, in units of the cost. */
export function span(costs) {
  let [smallest, largest, hasZero] = [Infinity, 0, false];
  for (const cost of costs) {
    if (cost === 0) hasZero = true;
    else if (cost !== null && cost < smallest) smallest = cost;
    if (cost > largest) largest = cost;
  }
  if (!Number.isFinite(smallest)) [smallest, largest] = [1, 10];
  const zero = smallest / 10 ** 0.5;
  return { zero, hasZero, low: hasZero ? zero / 1.6 : smallest / 1.5, high: Math.max(largest, smallest * 2) * 1.5 };
}

/** A cost's place on the axis: 0 stands half a decade left of the smallest cost. */
export function place(cost, { zero }) {
  return Math.max(cost, zero);
}

/** Ticks at 1 and 3 of each decade (narrow: at 1), and at the place of 0. */
export function ticks(name, { zero, hasZero, high }, narrow) {
  const [first, last] = [Math.floor(Math.log10(zero)), Math.ceil(Math.log10(high))];
  const steps = narrow && last - first > 2 ? [1] : [1, 3];
  const values = [];
  for (let decade = first; decade <= last; decade++) {
    values.push(...steps.map((step) => step * 10 ** decade));
  }
  const free = hasZero ? zero * (narrow ? 2.5 : 1.5) : zero;
  const shown = values.filter((x) => x > free && x <= high);
  const texts = shown.map((x) => quantity(name, x));
  return hasZero ? { values: [zero, ...shown], texts: ["0", ...texts] } : { values: shown, texts };
}

/** The grey band behind a cost of 0, as a shape of Plotly. */
export function zeroBand({ zero, low, hasZero }, colour) {
  if (!hasZero) return [];
  return [{
    type: "rect", xref: "x", yref: "paper", x0: low, x1: zero * 1.25, y0: 0, y1: 1,
    fillcolor: colour, opacity: 0.7, line: { width: 0 }, layer: "below",
  }];
}
