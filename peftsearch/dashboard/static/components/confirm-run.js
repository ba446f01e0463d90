// One confirmation in the list of those that were started here: how far it is, and how it ended.

import { page } from "../lib/api.js";
import { h, setAttribute, setSentence, setText, withCommands } from "../lib/dom.js";
import { count, percent } from "../lib/format.js";
import { percent as levelWords } from "./confirm-words.js";

const BADGES = { running: ["running", "Running"], done: ["completed", "Done"], failed: ["failed", "Failed"] };

export function makeRun(run, actions) {
  const [look, words] = BADGES[run.state];
  const running = run.state === "running";
  const button = h("button", { type: "button", class: "button button-small button-quiet", "aria-label": `${running ? "Stop" : "Remove"} the confirmation of ${title(run)}` },
    running ? "Stop" : "Remove from this list");
  button.addEventListener("click", () => actions.remove(run));
  return h("li", { class: "run-item" },
    h("div", { class: "row" }, h("span", { class: "badge", "data-state": look }, words), place(run),
      h("span", { class: "quiet small confirm-age" }), h("span", { class: "push row" }, button)),
    h("p", { class: "quiet small" }, withCommands(asked(run))),
    running ? progress(run) : null,
    h("p", { class: run.state === "failed" ? "mistake" : "run-message" }));
}

/** Without the sentence of its end where that is one of those told `above`. */
export function updateRun(element, run, actions, above) {
  setText(element.querySelector(".confirm-age"), actions.ago(run.created));
  setSentence(element.querySelector(".run-message, .mistake"), above.has(run.sentence) ? "What it found is told above." : message(run));
  const bar = element.querySelector(".bar");
  if (!bar) return;
  const share = run.total ? run.done / run.total : 0;
  bar.firstElementChild.style.width = `${100 * share}%`;
  setAttribute(bar, "aria-valuenow", Math.round(100 * share));
}

function title({ pick }) {
  return pick ?? "the front";
}

function place(run) {
  const number = /^trial (\d+)$/.exec(run.pick ?? "")?.[1];
  const text = title(run);
  return number ? h("a", { href: page`/jobs/${run.job}/trials/${number}` }, `Trial ${number}`) : h("span", {}, text);
}

function asked({ words, seeds, width, by, reading, level }) {
  const parts = [words, seeds ? `${seeds} seeds` : "", width ? `until the interval is ${width} wide` : "", by ? `by ${by}` : ""];
  parts.push(`reading ${reading} of the test split${level ? `, intervals hold at ${levelWords(level)}` : ""}`);
  return parts.filter(Boolean).join("; ");
}

function progress(run) {
  return h("div", { class: "bar", role: "progressbar", "aria-label": `Progress of the confirmation of ${title(run)}`, "aria-valuemin": 0, "aria-valuemax": 100 },
    h("span", { class: "bar-done" }));
}

function message({ state, message: said, step, done, total, sentence }) {
  if (state === "done") return sentence;
  if (state === "failed") return said;
  if (!step) return said ? `It ${said}.` : "Loading the libraries, the job and its model…";
  return total ? `${count(done + 1)} of ${count(total)} (${percent(done / total, 0)}): ${step}` : step;
}
