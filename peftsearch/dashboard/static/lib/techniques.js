// Techniques by group, with one colour, mark and Plotly symbol each: never colour alone.
//
//   await loadTechniques()        once per page; the catalogue by name (also an answer of GET /techniques)
//   groupOf("lora")               {id: "lowrank", name: "Low rank", mark: "L", symbol: "circle"}
//   swatch("lora")                a small coloured square with the group's mark, for legends and tables
//   CSS: class "tech" with data-group="lowrank" sets background and text colour.

import { get } from "./api.js";
import { h } from "./dom.js";

export const GROUPS = {
  frozen: { id: "frozen", name: "Frozen", mark: "·", symbol: "circle-open" },
  bias: { id: "bias", name: "Bias", mark: "b", symbol: "triangle-up" },
  norm: { id: "norm", name: "Norm", mark: "n", symbol: "triangle-down" },
  scale: { id: "scale", name: "Rescaling", mark: "×", symbol: "x" },
  lowrank: { id: "lowrank", name: "Low rank", mark: "L", symbol: "circle" },
  orthogonal: { id: "orthogonal", name: "Orthogonal", mark: "O", symbol: "diamond" },
  bottleneck: { id: "bottleneck", name: "Bottleneck", mark: "B", symbol: "square" },
  prompt: { id: "prompt", name: "Prompt and prefix", mark: "P", symbol: "star" },
  sparse: { id: "sparse", name: "Sparse", mark: "S", symbol: "cross" },
  full: { id: "full", name: "Full", mark: "F", symbol: "hexagon" },
};

let catalogue = new Map();
let loading = null;

export function loadTechniques() {
  loading ??= get("/techniques").then(({ techniques }) => {
    catalogue = new Map(techniques.map((row) => [row.name, row]));
    return catalogue;
  });
  return loading;
}

function groupOf(technique) {
  if (technique === "none") return GROUPS.frozen;
  return GROUPS[catalogue.get(technique)?.group] ?? GROUPS.sparse;
}

export function swatch(technique) {
  return groupSwatch(groupOf(technique));
}

function groupSwatch(group) {
  return h("span", { class: "swatch tech", "data-group": group.id, "aria-hidden": "true" }, group.mark);
}
