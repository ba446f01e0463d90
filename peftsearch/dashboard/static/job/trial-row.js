// One row of the trials table.

import { h, setAttribute, setText } from "../dom.js";
import { duration, score } from "../format.js";
import { meaning } from "./failures.js";
import { write } from "./measures.js";
import { pathOf } from "./pick-result.js";
import { setWords } from "./words.js";

/** An empty row of a trial; `tick(number, on)` hears its checkbox. */
export function createRow({ number }, tick) {
  const change = () => tick(number, box.checked);
  const box = h("input", { type: "checkbox", value: number, "aria-label": `Compare trial ${number}`, onchange: change });
  return h("tr", {},
    h("td", { class: "tick" }, box),
    h("th", { scope: "row", class: "number" }, h("a", {}, `${number}`)),
    h("td", { class: "state" }, h("span", { class: "badge" })),
    ["number", "number wide", "number wide", "wide"].map((look) => h("td", { class: look })),
    h("td", { class: "words" }, h("span", {}), h("span", { class: "row-message", hidden: true })));
}

/** Writes what changed; the row and its checkbox stay the same elements. */
export function fillRow(row, trial, model, compared) {
  const [tick, number, state, quality, cost, seconds, origin, words] = row.children;
  tick.firstElementChild.checked = compared.includes(trial.number);
  setAttribute(number.firstElementChild, "href", `${pathOf(model)}/trials/${trial.number}`);
  setAttribute(state.firstElementChild, "data-state", trial.on_front ? "front" : trial.state);
  setText(state.firstElementChild, trial.on_front ? "on the front" : trial.state);
  const value = trial.values[model.quality];
  setText(quality, value === undefined ? "" : score(value));
  const known = trial.values[model.cost] ?? trial.cost;
  setText(cost, known === undefined ? "" : write(model.cost, known));
  setText(seconds, trial.seconds === null ? "" : duration(trial.seconds));
  setText(origin, trial.origin);
  setWords(words.firstElementChild, trial.words);
  message(words.lastElementChild, trial);
}

function message(place, { state, failure, message: text }) {
  place.hidden = state !== "failed";
  setText(place, state === "failed" ? `${meaning(failure)}: ${text ?? "no message"}` : "");
}
