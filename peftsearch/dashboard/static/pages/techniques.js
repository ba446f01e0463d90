// The Techniques page: the catalogue with a filter; the filter is kept in the address.

import { byId, h, keep, replace, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { problemBox } from "../lib/notice.js";
import { groupSwatch, loadTechniques } from "../lib/techniques.js";

const FILTERS = ["text", "status", "group"];
let rows = [];
let titles = new Map();

function draw() {
  const wanted = rows.filter(matches);
  keep(byId("techniques"), wanted, (row) => row.name, makeRow);
  byId("techniques-none").hidden = wanted.length > 0;
  const all = plural(rows.length, "technique");
  setText(byId("techniques-count"), wanted.length === rows.length ? all : `${wanted.length} of ${all}`);
}

function matches(row) {
  const [text, status, group] = FILTERS.map((name) => byId(`filter-${name}`).value);
  const words = [row.name, row.summary, row.formula, row.source, row.capacity_name].join(" ").toLowerCase();
  const fits = (!status || row.status === status) && (!group || row.group === group);
  return fits && words.includes(text.trim().toLowerCase());
}

function makeRow(row) {
  const cell = (title, ...children) => h("td", { "data-title": title }, h("div", {}, children));
  return h(
    "tr",
    { "data-technique": row.name },
    h("th", { scope: "row" }, name(row)),
    cell("Parameters", h("span", { class: "formula" }, row.formula)),
    cell("Sizes", sizes(row)),
    h("td", { class: "number", "data-title": "Usual rate" }, String(row.rate)),
    cell("Families", families(row)),
    cell("Dropout", row.dropout ? "yes" : "none"),
    cell("Exports as", row.exports_as),
    cell("On a server", row.on_server),
    cell("Source", source(row.source)),
  );
}

function name(row) {
  return [
    h("span", { class: "technique-name" }, groupSwatch(row.group), " ", row.name),
    h("span", { class: "help" }, row.summary),
    h("span", { class: "help" }, `${titles.get(row.group)} · ${row.status}`),
  ];
}

function sizes({ capacity_name: unit, capacities }) {
  if (!unit) return h("span", { class: "quiet" }, "one size");
  return `${unit} ${capacities[0]}–${capacities.at(-1)}`;
}

function families({ families: names }) {
  const all = new Set(rows.flatMap((row) => row.families));
  const lacking = [...all].filter((family) => !names.includes(family));
  if (lacking.length === 0) return "all";
  return lacking.length < names.length ? `all but ${lacking.join(", ")}` : names.join(", ");
}

function source(text) {
  const found = /^(.*?)arXiv (\d{4}\.\d{5})(.*)$/.exec(text);
  if (!found) return text;
  const href = `https://arxiv.org/abs/${found[2]}`;
  return [found[1], h("a", { href, rel: "noreferrer" }, `arXiv ${found[2]}`), found[3]];
}

function keepInAddress() {
  const given = FILTERS.map((name) => [name, byId(`filter-${name}`).value]).filter(([, value]) => value);
  history.replaceState(null, "", given.length ? `?${new URLSearchParams(given)}` : location.pathname);
}

function readAddress() {
  const given = new URLSearchParams(location.search);
  for (const name of FILTERS) byId(`filter-${name}`).value = given.get(name) ?? "";
}

async function start() {
  try {
    const found = await loadTechniques();
    titles = new Map(found.groups.map(({ name, title }) => [name, title]));
    byId("filter-group").append(...found.groups.map(({ name, title }) => h("option", { value: name }, title)));
    readAddress();
    rows = found.rows;
    draw();
  } catch (problem) {
    replace(byId("techniques-problem"), problemBox(problem));
  }
  byId("techniques-loading").hidden = true;
}

for (const name of FILTERS) {
  byId(`filter-${name}`).addEventListener("input", () => {
    draw();
    keepInAddress();
  });
}
start();
