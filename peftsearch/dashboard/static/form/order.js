// The fields of the schema in the groups of words.js, with their words for people.

import { GROUPS, HELP, TITLES, UNITS } from "./words.js";

/** The groups, each with its fields; every field stands in one. */
export function arranged(fields) {
  const left = new Set(fields.map(worded));
  return GROUPS.map((group) => ({ ...group, fields: group.fields.flatMap((name) => take(left, name)) }));
}

function worded(field) {
  const { where } = field;
  const help = upper(HELP[where] ?? field.help);
  const kind = where === "task.metric" ? "choice" : field.kind;
  return { ...field, title: TITLES[where] ?? field.title, unit: UNITS[where], help, kind };
}

function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function take(left, name) {
  const prefix = name.endsWith("*") ? name.slice(0, -1) : null;
  const fits = ({ where }) => (prefix === null ? where === name : where.startsWith(prefix) && !NAMED.has(where));
  const found = [...left].filter(fits);
  found.forEach((field) => left.delete(field));
  return found;
}

const NAMED = new Set(GROUPS.flatMap((group) => group.fields).filter((name) => !name.endsWith("*")));
