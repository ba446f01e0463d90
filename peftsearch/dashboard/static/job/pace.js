// How often a part of the page follows the trials that end: the more there are, the less one of them changes.

import { refresher } from "../refresh.js";

const MANY = 2500;

/** Runs `load` after new trials, at most once each `gap` milliseconds; of many trials, less often. */
export function onTrials(model, load, gap) {
  const refresh = refresher(load, { gap: gap * (1 + model.columns.number.length / MANY) });
  model.on("trial", refresh);
  return refresh;
}
