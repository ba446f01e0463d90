// The picker's answer: the configuration, why it, what next, and how to take it home.

import { h } from "../dom.js";
import { score } from "../format.js";
import { roundUp } from "./limits.js";
import { costsOf, inWords, isCost, noun, write } from "./measures.js";
import { exportButton } from "./take-home.js";
import { runs } from "./words.js";

/** Elements that tell the pick of `text`; `loosen(name, value)` sets a limit so that the next better fits. */
export function result(model, text, { point, trial, why, next }, loosen) {
  const values = point.values;
  return [
    h("p", { class: "pick-head" }, h("strong", { class: "pick-score" }, score(values[model.quality])),
      ` ${noun(model.quality)} · trial ${trial}`),
    h("p", { class: "pick-words" }, runs(point.description)),
    h("p", {}, inWords(why)),
    h("dl", { class: "pick-costs" }, costsOf(values).map((name) => fact(noun(name), write(name, values[name])))),
    h("div", { class: "pick-actions" }, offers(next, loosen)),
    actions(model, text, trial),
  ];
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

/** One button for each limit that keeps the next better one out. */
function offers(next, loosen) {
  const blocked = next?.blocked_by.split(" and ").map((x) => x.split(" ")[0]) ?? [];
  const costs = blocked.filter((name) => isCost(name) && name in next.values);
  return costs.map((name) => allow(name, next.values[name], loosen));
}

function allow(name, value, loosen) {
  const text = `Allow ${noun(name)} ${write(name, roundUp(value))}`;
  return h("button", { type: "button", class: "button button-small", onclick: () => loosen(name, value) }, text);
}

function actions(model, text, trial) {
  const place = `${pathOf(model)}/trials/${trial}`;
  const command = `peftsearch export ${shell(model.name)} --pick ${shell(text)} --out ${shell(`${model.name}-adapter`)}`;
  return h("div", { class: "pick-actions" },
    h("a", { class: "button", href: place }, "Open trial"),
    exportButton(model, text),
    copyable(command));
}

/** Address of the job's page. */
export function pathOf(model) {
  return `/jobs/${encodeURIComponent(model.name)}`;
}

/** A word of a POSIX shell, quoted where it must be. */
function shell(text) {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command line with a button that copies it. */
export function copyable(command) {
  const button = h("button", { type: "button", class: "button button-small" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return h("div", { class: "command" }, h("code", { tabindex: 0 }, command), button);
}

/** Nothing fits, or the pick is wrong: what was expected and what to do. */
export function fault(problem, tight, loosen) {
  const { expected, got, hint, detail } = problem;
  const text = expected ? `Expected ${expected}; got ${got}.` : detail ?? problem.message;
  const rest = hint ? [h("p", { class: "quiet" }, inWords(`${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`))] : [];
  const buttons = tight.map(({ name, low }) => allow(name, low, loosen));
  return [h("p", { class: "note note-warn" }, inWords(text)), ...rest, h("div", { class: "pick-actions" }, buttons)];
}
