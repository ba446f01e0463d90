// Kinds of task, as the API tells them: which columns each reads, by what it is measured, what its parts are called.
//
//   await loadKinds()          once per page, before any of the others is called
//   findKind("causal_lm")      a row of GET /kinds; undefined where there is none
//   usualColumns(kind)         {prompt: "prompt", .., messages: null}: null where the column is left out as a rule

import { get } from "../lib/api.js";

let table = new Map();
let loading = null;

export function loadKinds() {
  loading ??= fetchTable();
  return loading;
}

async function fetchTable() {
  try {
    const { kinds } = await get("/kinds");
    table = new Map(kinds.map((row) => [row.name, row]));
  } catch (problem) {
    loading = null;
    throw problem;
  }
}

export function findKind(name) {
  return table.get(name);
}

export function usualColumns({ columns }) {
  const names = columns.flatMap((set) => Object.keys(set));
  return Object.fromEntries(names.map((name) => [name, columns[0][name] ?? null]));
}

/** Whether any kind has a column of that name. */
export function isColumn(name) {
  return [...table.values()].some(({ columns }) => columns.some((set) => name in set));
}
