// Checking and launching: what the service says, and what the page shows meanwhile.

import { Problem, page, post } from "../lib/api.js";
import { byId, h, replace, withCommands } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { problemBox } from "../lib/notice.js";
import { dataView, forecastView } from "./check-result.js";

const WAIT = "Checking the model and the data. The first use of a sample downloads it, which takes some minutes.";
const MARKED = "Not yet: see the marked fields.";
let quick = new AbortController();

/** Mistakes of the spec by itself; null where a newer check took its place or the service cannot be asked. */
export async function checkQuickly(spec) {
  quick.abort();
  quick = new AbortController();
  try {
    await post("/check", { spec, full: false }, { signal: quick.signal });
    return [];
  } catch (error) {
    return error instanceof Problem && error.status === 422 ? mistakesOf(error) : null;
  }
}

/** Mistakes, or [] after a good check, whose result is then shown, and below it what the job would come to. */
export function checkFully(spec, workers) {
  return working(WAIT, async () => {
    const found = await post("/check", { spec, full: true });
    const told = h("div", {}, h("p", { class: "quiet loading" }, "Loading the model and measuring this machine, to tell time, memory and disk…"));
    show(result(found, told));
    foresee(spec, workers, told);
  });
}

/** All that a full check finds wrong, and nothing else of what it finds. */
export function findMistakes(spec) {
  return working(WAIT, async () => {
    await post("/check", { spec, full: true });
    show(h("p", { class: "note note-warn" }, MARKED));
  });
}

/** A job may be launched meanwhile: a forecast that cannot be made stands in nobody's way. */
async function foresee(spec, workers, place) {
  try {
    const found = await post("/forecast", { spec, workers });
    replace(place, forecastView(found));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    replace(place, problemBox(problem));
  }
}

/** Mistakes; where there are none, the browser goes to the new job's page. */
export function launch(spec, workers, device) {
  return working(WAIT, async () => {
    const job = await post("/jobs", { spec, workers, device });
    location.assign(page`/jobs/${job.name}`);
    show(h("p", { class: "note" }, `${job.name} is launched.`));
  });
}

async function working(text, action) {
  const buttons = [byId("check"), byId("launch")];
  buttons.forEach((button) => (button.disabled = true));
  show(h("p", { class: "note loading" }, text));
  try {
    await action();
    return [];
  } catch (error) {
    return failed(error);
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

function failed(error) {
  if (!(error instanceof Problem)) throw error;
  const mistakes = mistakesOf(error);
  if (mistakes.length) show(h("p", { class: "note note-warn" }, MARKED));
  else show(problemBox(error));
  return mistakes;
}

function mistakesOf({ mistakes, where, expected, got, hint }) {
  if (mistakes?.length) return mistakes;
  return where && expected ? [{ where, expected, got, hint }] : [];
}

function show(...children) {
  replace(byId("launch-result"), ...children);
}

export function clearResult() {
  replace(byId("launch-result"));
}

function result({ notes, configurations, data }, told) {
  const size = configurations ? `The space holds ${number(configurations)} configurations.` : "";
  const list = notes.length ? h("ul", {}, notes.map((note) => h("li", {}, withCommands(note)))) : null;
  return h("div", { class: "note check-result" }, h("p", { class: "problem-title" }, "Ready to launch."), size ? h("p", {}, size) : null,
    dataView(data), list, told);
}

function number(value) {
  return value < 1e6 ? count(value) : `about 10^${Math.floor(Math.log10(value))}`;
}
