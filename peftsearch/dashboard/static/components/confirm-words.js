// Numbers of a confirmation in words.

import { h } from "../lib/dom.js";
import { score } from "../lib/format.js";
import { precise } from "../lib/rounding.js";

/** Reports of before readings were counted have none. */
export function readingLine({ reading, level }) {
  if (!reading) return null;
  const told = `Reading number ${reading.number} of these rows; intervals hold at ${percent(level)}.`;
  return h("p", { class: "quiet small" }, told);
}

export function percent(level = 0.95) {
  return `${precise(100 * level, 4)} %`;
}

/** `0.8100 to 0.8900`, an arm's own interval; reports of before it was kept have none. */
export function ends({ interval }) {
  return interval ? interval.map(score).join(" to ") : "–";
}
