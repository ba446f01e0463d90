// What a check found: the rows and classes of the data, and what the job would come to.

import { h, withCommands } from "../lib/dom.js";
import { capitalised, count, plural } from "../lib/format.js";

const MOST_CLASSES = 30;

/** Rows of each split, and of classes how many each has. */
export function dataView(data) {
  if (!data) return null;
  const { train_rows: train, validation_rows: validation, test_rows: test, held, classes, folds } = data;
  const own = test === null ? "those of a file that is not there yet" : count(test);
  const rows = `${plural(train, "row")} to train, ${count(validation)} to validate${held ? ` (${held})` : ""}${folds > 1 ? ` in ${folds} folds` : ""}, ${own} for the test.`;
  return [h("p", {}, withCommands(rows)), classes.length ? classTable(classes) : null];
}

function classTable(classes) {
  const shown = [...classes].sort((a, b) => b.train - a.train).slice(0, MOST_CLASSES);
  const row = ({ name, train, validation }) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, count(train)), h("td", { class: "number" }, count(validation)));
  const head = h("tr", {}, ["Class", "To train", "To validate"].map((text) => h("th", { scope: "col" }, text)));
  const more = classes.length - shown.length;
  return [
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Rows of each class" }, h("table", {}, h("thead", {}, head), h("tbody", {}, shown.map(row)))),
    more ? h("p", { class: "quiet small" }, `and ${plural(more, "rarer class", "rarer classes")}`) : null,
  ];
}

/** As `peftsearch run --dry-run` tells it. */
export function forecastView({ rows, first, later, notes }) {
  const facts = rows.flatMap(({ name, text }) => [h("dt", {}, capitalised(name)), h("dd", {}, withCommands(text))]);
  return [
    h("h3", {}, "What the job would come to"),
    h("dl", { class: "facts check-facts" }, facts),
    notes.length ? h("details", {}, h("summary", {}, plural(notes.length, "note")), h("ul", {}, notes.map((text) => h("li", {}, withCommands(text))))) : null,
    h("details", { open: true }, h("summary", {}, "First configurations"), h("ul", {}, first.map((text) => h("li", {}, text))), later ? h("p", { class: "quiet small" }, `${capitalised(later)}.`) : null),
  ];
}
