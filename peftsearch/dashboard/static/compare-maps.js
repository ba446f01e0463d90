// Two strata maps on one grid with their differences marked: a decision from plain data.

import { secondOfGroup } from "./map-draw.js";
import { ORDER, columnWeights } from "./map-layout.js";

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
