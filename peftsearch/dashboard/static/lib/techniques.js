// The table of techniques. Charts colour a group of them alike; a group has a mark beside its colour, never colour alone.
//
//   const {rows, groups} = await loadTechniques()    an answer of GET /techniques, once per page
//   groupSwatch("lowrank")                           a small coloured square with the group's mark
//   CSS: class "tech" with data-group="lowrank" sets background and text colour; "swatch" with it, the mark.

import { get } from "./api.js";
import { h } from "./dom.js";

let loading = null;

export function loadTechniques() {
  loading ??= fetchTable();
  return loading;
}

async function fetchTable() {
  try {
    const { techniques, groups } = await get("/techniques");
    return { rows: techniques, groups };
  } catch (problem) {
    loading = null;
    throw problem;
  }
}

export function groupSwatch(group, look = "") {
  return h("span", { class: `swatch tech ${look}`.trim(), "data-group": group, "aria-hidden": "true" });
}
