// Fetches again when something happened, without piling up: one request at a time, at most one each `gap` ms.
//
//   const refresh = refresher(async () => {...}, { gap: 700, every: 30_000 })
//   refresh()              `every`: also by itself, while the tab is seen

import { Problem } from "./api.js";
import { connectionBack, connectionLost } from "./notice.js";

const RETRY_MS = 3000;

export function refresher(load, { gap = 700, every = 0, onProblem = null } = {}) {
  let busy = false;
  let again = false;
  async function refresh() {
    again = busy;
    if (busy) return;
    busy = true;
    try {
      await attempt();
    } finally {
      // Whatever went wrong: a page that never asks again would stay at its former numbers.
      setTimeout(() => {
        busy = false;
        if (again) refresh();
      }, gap);
    }
  }
  async function attempt() {
    try {
      await load();
      connectionBack(load);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status !== 0) return onProblem?.(problem);
      connectionLost(load);
      setTimeout(refresh, RETRY_MS);
    }
  }
  if (every) setInterval(() => document.hidden || refresh(), every);
  return refresh;
}

// How often a part of the page follows the trials that end: the more there are, the less one of them changes.

const MANY = 2500;

/** Runs `load` after new trials, at most once each `gap` milliseconds; of many trials, less often. */
export function onTrials(model, load, gap) {
  const refresh = refresher(load, { gap: gap * (1 + model.columns.number.length / MANY) });
  model.on("trial", refresh);
  return refresh;
}
