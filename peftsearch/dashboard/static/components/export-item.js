// One export in the list: its state, how it was checked, its archive, and how to load it.

import { PREFIX, page, path } from "../lib/api.js";
import { copyBox } from "../lib/copy.js";
import { h, setSentence, setText, withCommands } from "../lib/dom.js";
import { plural, size } from "../lib/format.js";

const BADGES = { running: ["running", "Running"], done: ["completed", "Ready"], failed: ["failed", "Failed"] };

export function makeItem(item, actions) {
  const [look, words] = BADGES[item.state];
  const element = h(
    "li",
    { class: "run-item export" },
    h("div", { class: "row" }, h("span", { class: "badge", "data-state": look }, words),
      h("a", { href: page`/jobs/${item.job}/trials/${item.trial}` }, `Trial ${item.trial}`),
      h("span", {}, [item.form === "auto" ? "" : item.form, ...wishes(item)].filter(Boolean).join(", ")), h("span", { class: "quiet small export-age" }),
      h("span", { class: "push row" }, download(item), removeButton(item, actions))),
    h("p", { class: "quiet small" }, withCommands(item.words)),
    h("p", { class: item.state === "failed" ? "mistake" : "run-message" }),
    item.calibration.length ? h("ul", { class: "quiet small" }, item.calibration.map((x) => h("li", {}, x))) : null,
    item.state === "done" ? loading(item, actions) : null,
  );
  return element;
}

function wishes({ precision, temperature }) {
  return [precision === null ? "" : `precision ${precision}`, temperature ? "calibrated" : ""];
}

export function updateItem(element, item, actions) {
  setText(element.querySelector(".export-age"), actions.ago(item.created));
  const line = element.querySelector(".run-message, .mistake");
  setSentence(line, message(item));
}

function message({ state, message: said, rows, difference }) {
  if (state === "done" && rows !== null) {
    return `Reloaded: ${plural(rows, "prediction")} equal, largest difference ${difference ? difference.toExponential(0) : 0}.`;
  }
  return said ?? (state === "running" ? "Writing it, and checking it by loading it again…" : "");
}

function download(item) {
  if (item.state !== "done") return null;
  const href = PREFIX + path`/jobs/${item.job}/exports/${item.id}/archive`;
  const words = sizes(item);
  return h("a", { class: "button button-primary button-small", href, download: true, "aria-label": `Download the export of trial ${item.trial}, ${words}` }, `Download ${words}`);
}

/** What comes over the line, and what of it was trained, as fronts and tables count it. */
function sizes({ bytes, file_size: weights, form }) {
  const trained = weights === null ? "" : ` (${form === "merged" ? "model" : "adapter"} ${size(weights)})`;
  return `${size(bytes)}${trained}`;
}

function removeButton(item, { remove }) {
  const action = item.state === "running" ? "Stop" : "Delete";
  const button = h("button", { type: "button", class: "button button-small button-quiet", "aria-label": `${action} the export of trial ${item.trial}` }, action);
  button.addEventListener("click", () => remove(item));
  return button;
}

function loading(item, { automatic }) {
  const help = "Unpack the archive where Python runs; its README.md names the model that it belongs to.";
  return h("details", { class: "export-loading" }, h("summary", {}, "Load it in Python"),
    copyBox("Python", item.loading ?? snippet(item, automatic), { help }));
}

/** As the README of the archive, which knows the model's folder and its number of labels. */
function snippet({ job, trial, form }, automatic) {
  const folder = JSON.stringify(`${job}-trial-${trial}-${form}`);
  const base = `base = ${automatic}.from_pretrained("path/to/the/model")  # arguments: see README.md`;
  const from = `from transformers import ${automatic}`;
  if (form === "peft") return `from peft import PeftModel\n${from}\n\n${base}\nmodel = PeftModel.from_pretrained(base, ${folder})`;
  if (form === "merged") return `${from}\n\nmodel = ${automatic}.from_pretrained(${folder})`;
  return `import peftsearch\n${from}\n\n${base}\nmodel = peftsearch.load_adapter(base, ${folder})`;
}
