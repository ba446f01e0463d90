// The strata map in words: for the readout, the legend and the table beside it.

import { count } from "../lib/format.js";
import { columnWords } from "./map-layout.js";

// What one module is, such as "lora, rank 8".
export function moduleWords(module, map) {
  const name = (map.capacity_names[module.technique] ?? "").replace(/ \(.*/, "");
  const size = module.capacity ? `, ${capacityWords(name, module.capacity)}` : "";
  const rate = module.rate === 1 ? "" : `, rate × ${module.rate}`;
  return `${module.technique}${size}${rate}`;
}

function capacityWords(name, capacity) {
  return /s$|mille/.test(name) ? `${count(capacity)} ${name}` : `${name} ${count(capacity)}`;
}

// What one cell holds: the sentence that hovering or the arrow keys show.
export function cellWords(map, layer, column) {
  const row = map.layers[layer];
  const place = `${layerWords(map, layer)}, ${columnWords(column)}`;
  const held = row.modules.filter((module) => column in module.columns);
  if (!held.length) return `${place}: ${lacks(map, row, column) ? "not in this stack" : "frozen"}`;
  return `${place}: ${held.map((module) => heldWords(module, column, map)).join("; ")}`;
}

function heldWords(module, column, map) {
  const own = `${count(module.columns[column])} parameters`;
  const words = `${moduleWords(module, map)}, ${own}`;
  if (!module.shared) return words;
  return `${words} (${count(module.shared.parameters)} are shared by its layers and stand in `
    + `layer ${module.shared.layer})`;
}

function lacks(map, row, column) {
  const roles = map.stacks[row.stack].roles;
  return map.stacks.length > 1 && map.stacks.some((stack) => stack.roles.includes(column))
    && !roles.includes(column);
}

// The virtual tokens in front of the input.
export function inputWords(map) {
  if (!map.input) return "Input: unchanged";
  return `Input: ${moduleWords(map.input, map)}, ${count(map.input.parameters)} parameters`;
}

// "Layer 4", or "Decoder layer 1 (layer 7)".
export function layerWords(map, index) {
  const { stack } = map.layers[index];
  if (map.stacks.length === 1) return `Layer ${index}`;
  const before = map.stacks.slice(0, stack).reduce((sum, x) => sum + x.layers, 0);
  const { name } = map.stacks[stack];
  return `${name[0].toUpperCase()}${name.slice(1)} layer ${index - before} (layer ${index})`;
}

// Runs of layers of one stratum, from the output to the input, with what they carry.
export function strataWords(map) {
  const runs = [];
  for (const layer of [...map.layers].reverse()) {
    const last = runs.at(-1);
    if (last?.stratum === layer.stratum) last.layers.unshift(layer);
    else runs.push({ stratum: layer.stratum, layers: [layer] });
  }
  return runs.map(({ stratum, layers }) => {
    const first = layers[0].index;
    const last = layers.at(-1).index;
    const kinds = new Map(layers.flatMap((layer) => layer.modules).map(
      (module) => [[module.technique, module.label].filter(Boolean).join(" "), module],
    ));
    const carriers = layers.filter((layer) => layer.modules.length).map((layer) => layer.index);
    const partly = carriers.length && carriers.length < layers.length;
    return {
      stratum, first, last,
      span: first === last ? `layer ${first}` : `layers ${first}-${last}`,
      what: [...kinds.keys()].join(" + ") || "frozen",
      partly: partly ? `on ${spans(carriers)}` : "",
      parameters: layers.reduce((sum, layer) => sum + layerParameters(layer), 0),
    };
  });
}

// Ascending layers as the words of a configuration have them: "0-2,5".
export function spans(layers) {
  const ends = (test) => layers.filter((x) => !layers.includes(test(x)));
  const [first, last] = [ends((x) => x - 1), ends((x) => x + 1)];
  return first.map((x, i) => (x === last[i] ? `${x}` : `${x}-${last[i]}`)).join(",");
}

// Trained parameters of a layer.
export function layerParameters(layer) {
  return layer.modules.reduce((sum, module) => sum + module.parameters, 0);
}

// One sentence for people who do not see the picture.
export function summary(map) {
  const strata = strataWords(map).map(
    ({ span, what, partly }) => [`${span} ${what}`, partly].filter(Boolean).join(" "),
  );
  const input = map.input ? `; ${inputWords(map).toLowerCase()}` : "";
  return `Strata map from the output to the input: ${strata.join("; ")}${input}.`;
}

// The techniques of a map in order of first appearance, with their capacities.
export function techniquesOf(map) {
  const found = new Map();
  const all = [...map.layers.flatMap((layer) => layer.modules), ...(map.input ? [map.input] : [])];
  for (const module of all) {
    const entry = found.get(module.technique) ?? { ...module, capacities: new Set(), parameters: 0 };
    if (module.capacity) entry.capacities.add(module.capacity);
    entry.parameters += module.parameters;
    found.set(module.technique, entry);
  }
  return [...found.values()];
}
