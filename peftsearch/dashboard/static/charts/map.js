// The strata map: layers as rows with the output on top, modules as columns, coloured by technique and filled by capacity.
//
//   const view = showMap(element, map, {title, small, columns, weights, boundaries, differs, hatched})
//   view.update(map, options)      draws another configuration in its place
//
// `map` is plain data of the API (`insight.layers`). `small` leaves the labels out; `columns`, `weights`,
// `boundaries` and `hatched` draw several maps to one grid; `differs` is a set of "layer:column" that are marked.
// Hovering, a tap, or the arrow keys put a cell into words below the map; a table says the same as text.

import { h, replace, setText } from "../lib/dom.js";
import { count, plural } from "../lib/format.js";
import { groupSwatch } from "../lib/techniques.js";
import { drawMap, secondOfGroup } from "./map-drawing.js";
import { ORDER, columnWeights, layOut } from "./map-layout.js";
import {
  cellWords, inputWords, layerParameters, layerWords, moduleWords, summary, techniquesOf,
} from "./map-wording.js";

const HINT = "Point at a cell, or use the arrow keys, to read what it holds.";

export function showMap(element, map, options = {}) {
  return new MapView(element, map, options);
}

class MapView {
  constructor(element, map, options) {
    this.canvas = h("div", { class: "map-canvas", tabindex: "0", role: "group" });
    this.readout = h("p", { class: "map-readout", role: "status" }, HINT);
    this.legend = h("ul", { class: "map-legend", "aria-label": "Techniques" });
    this.table = h("details", { class: "chart-table" });
    element.classList.add("map");
    element.append(this.canvas, this.readout, this.legend, this.table);
    this.canvas.addEventListener("pointerover", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.select(null));
    this.canvas.addEventListener("keydown", (event) => this.move(event));
    this.canvas.addEventListener("blur", () => this.select(null));
    this.update(map, options);
    new ResizeObserver(() => this.draw()).observe(element);
  }

  update(map, options = this.options) {
    Object.assign(this, { map, options, selected: null, drawn: 0 });
    this.canvas.setAttribute("aria-label", `${options.title ?? "Strata map"}; arrow keys read cell by cell`);
    replace(this.legend, ...legend(map, options.hatched ?? secondOfGroup([map])));
    replace(this.table, h("summary", {}, "Show as a table"), asTable(map));
    setText(this.readout, HINT);
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width || width === this.drawn) return;
    this.drawn = width;
    this.layout = layOut(this.map, width, this.options);
    replace(this.canvas, drawMap(this.map, this.layout, { ...this.options, label: summary(this.map) }));
    this.mark();
  }

  point(event) {
    const cell = event.target.closest?.(".map-cell");
    if (cell) this.select({ layer: cell.dataset.layer, column: cell.dataset.column });
  }

  select(cell) {
    this.selected = cell;
    setText(this.readout, cell ? this.words(cell) : HINT);
    this.mark();
  }

  words({ layer, column }) {
    return layer === "input" ? inputWords(this.map) : cellWords(this.map, Number(layer), column);
  }

  mark() {
    this.canvas.querySelector(".map-selected")?.classList.remove("map-selected");
    if (!this.selected) return;
    const { layer, column } = this.selected;
    this.canvas.querySelector(`[data-layer="${layer}"][data-column="${column}"]`)?.classList.add("map-selected");
  }

  /** Arrow keys: the layer and the column beside; from outside, the output's first cell. */
  move(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rows = [...this.layout.rows.map((row) => String(row.index)), ...(this.map.input ? ["input"] : [])];
    const columns = this.layout.columns.map((column) => column.name);
    const { layer, column } = this.selected ?? {};
    const row = clamp(rows.indexOf(layer) + (layer === undefined ? 1 : step[0]), rows.length);
    const at = clamp((column === "input" ? 0 : columns.indexOf(column)) + (layer === undefined ? 1 : step[1]), columns.length);
    this.select({ layer: rows[row], column: rows[row] === "input" ? "input" : columns[at] });
  }
}

function clamp(index, length) {
  return Math.max(0, Math.min(length - 1, index));
}

function legend(map, hatched) {
  const found = techniquesOf(map).map((entry) => {
    const sizes = [...entry.capacities].sort((a, b) => a - b);
    const name = (map.capacity_names[entry.technique] ?? "").replace(/ \(.*/, "");
    const words = sizes.length ? ` ${name} ${sizes.map(count).join(", ")}` : "";
    return h(
      "li",
      {},
      groupSwatch(entry.group, hatched.has(entry.technique) ? "map-hatched" : ""),
      h("span", {}, h("strong", {}, entry.technique), words),
      h("span", { class: "quiet" }, plural(entry.parameters, "parameter")),
    );
  });
  const frozen = map.layers.filter((layer) => !layer.modules.length).length;
  if (!frozen) return found;
  const empty = h("span", { class: "swatch map-frozen", "aria-hidden": "true" });
  return [...found, h("li", {}, empty, h("span", {}, `frozen: ${plural(frozen, "layer")}`))];
}

function asTable(map) {
  const rows = [...map.layers].reverse().map((layer) => [
    layerWords(map, layer.index),
    String(layer.stratum + 1),
    layer.modules.map((module) => `${moduleWords(module, map)}${roles(module)}`).join("; ") || "frozen",
    layerParameters(layer),
  ]);
  if (map.input) rows.push(["Input", "", moduleWords(map.input, map), map.input.parameters]);
  const head = ["Layer", "Stratum", "Carries", "Parameters"].map((name, i) => h("th", { scope: "col", class: i === 3 ? "number" : null }, name));
  const body = rows.map(([name, stratum, words, parameters]) => h(
    "tr", {}, h("th", { scope: "row", class: "nowrap" }, name), h("td", {}, stratum), h("td", {}, words),
    h("td", { class: "number" }, count(parameters)),
  ));
  const table = h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  return h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Strata map as a table" }, table);
}

function roles({ roles: names }) {
  return names.length ? ` on ${names.join(", ").replaceAll("_", " ")}` : "";
}

// Two strata maps on one grid with their differences marked: a decision from plain data.

/** Options of both maps and the cells, "layer:column", that are not alike; the layers counted. */
export function alignMaps(left, right) {
  const columns = ORDER.filter((name) => left.columns.includes(name) || right.columns.includes(name));
  const same = left.layers.length === right.layers.length;
  const differs = new Set(same ? left.layers.flatMap((layer, i) => unlike(layer, right.layers[i], columns)) : []);
  const layers = new Set([...differs].map((cell) => cell.split(":")[0]));
  const boundaries = [...new Set([...left.boundaries, ...right.boundaries])];
  const maps = [left, right];
  return {
    columns, differs, layers: layers.size, boundaries, weights: columnWeights(maps, columns), hatched: secondOfGroup(maps),
  };
}

function unlike(left, right, columns) {
  return columns
    .filter((column) => content(left, column) !== content(right, column))
    .map((column) => `${left.index}:${column}`);
}

function content({ modules }, column) {
  const held = modules.filter((module) => column in module.columns);
  return held.map(({ technique, capacity, rate }) => `${technique} ${capacity} ${rate}`).join("+");
}
