// Fetches again when something happened, without piling up: one request at a time, at most one each `gap` ms.
//
//   const refresh = refresher(async () => {...}, { gap: 700, every: 30_000 })
//   refresh()              `every`: also by itself, while the tab is seen

import { Problem } from "./api.js";

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
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      onProblem?.(problem);
    }
  }
  if (every) setInterval(() => document.hidden || refresh(), every);
  return refresh;
}

// How often a part of the page follows the trials that end: the more there are, the less one of them changes.

const MANY = 2500;
const LONGEST_MS = 60_000;

/** Runs `load` after new trials, at most once each `gap` milliseconds; see `catchingUp`. */
export function onTrials(model, load, gap) {
  const follower = catchingUp(model, load, gap);
  model.on("trial", follower.refresh);
  return follower;
}

/** {refresh, ask}: both run `load`, the one at most once each `gap` milliseconds (of many trials, less often), the other
    at once, for who waits for it or shows its problem. The service may answer with something older while it computes the
    newest: a load that answers with its event runs again while that is behind the job's, after a gap that doubles. */
export function catchingUp(model, load, gap) {
  const shortest = gap * (1 + model.columns.number.length / MANY);
  let [wait, timer] = [0, 0];
  const ask = async () => {
    const event = await load();
    if (typeof event !== "number") return;
    clearTimeout(timer);
    wait = event < model.event ? Math.min(2 * wait || shortest, LONGEST_MS) : 0;
    if (wait) timer = setTimeout(refresh, wait);
  };
  const refresh = refresher(ask, { gap: shortest });
  return { refresh, ask };
}
