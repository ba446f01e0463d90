// Checking and launching: what the service says, and what the page shows meanwhile.

import { Problem, page, post } from "../lib/api.js";
import { byId, h, replace, setText, withCommands } from "../lib/dom.js";
import { capitalised, count } from "../lib/format.js";
import { problemBox } from "../lib/notice.js";
import { dataView, forecastView } from "./check-result.js";

const CHANGED = "The form has changed since: check again.";
let quick = new AbortController();

/** Mistakes of the spec by itself; null where a newer check took its place or the service cannot be asked.
    Of one without any it is told what would be fetched for it. */
export async function checkQuickly(spec) {
  quick.abort();
  quick = new AbortController();
  try {
    const { notes } = await post("/check", { spec, full: false }, { signal: quick.signal });
    tellFetches(notes);
    return [];
  } catch (error) {
    return error instanceof Problem && error.status === 422 ? mistakesOf(error) : null;
  }
}

/** Mistakes, or [] after a good check, whose result is then shown, and below it what the job would come to. */
export function checkFully(spec, workers, device) {
  return working(spec, async () => {
    const found = await post("/check", { spec, full: true, workers, device });
    tellFetches([]);
    const told = h("div", {}, h("p", { class: "quiet loading" }, "Loading the model and measuring this machine, to tell time, memory and disk"));
    show(result(found, told));
    foresee(spec, workers, told);
  });
}

/** All that a full check finds wrong, and nothing else of what it finds. */
export function findMistakes(spec) {
  return working(spec, () => post("/check", { spec, full: true }));
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
  return working(spec, async () => {
    const job = await post("/jobs", { spec, workers, device });
    location.assign(page`/jobs/${job.name}`);
    show(h("p", { class: "note" }, `${job.name} is launched.`));
  });
}

async function working(spec, action) {
  const buttons = [byId("check"), byId("launch")];
  buttons.forEach((button) => (button.disabled = true));
  show(h("p", { class: "note loading" }, "Checking the model and the data"));
  try {
    await checkQuickly(spec);
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
  if (mistakes.length === 0) show(problemBox(error));
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

/** Where the mistakes stand that were found, of which some may be gone with what was changed since. */
export function tellMistakes({ marked, onTop }) {
  const places = [marked ? "the marked fields" : "", onTop ? "the top of the form" : ""].filter(Boolean);
  show(h("p", { class: "note note-warn" }, places.length ? `Not yet: see ${places.join(" and ")}.` : CHANGED));
}

/** A check without mistakes was of the form as it was. */
export function tellChanged() {
  const title = document.querySelector("#launch-result .check-result > .problem-title");
  if (title) setText(title, CHANGED);
}

/** What is not on the service's machine yet. */
function tellFetches(notes) {
  const told = notes.map((note) => `${capitalised(note)}.`).join(" ");
  replace(byId("launch-fetches"), told ? h("p", { class: "help" }, `${told} This takes some minutes.`) : null);
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
