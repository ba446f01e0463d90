// A spec as the TOML of a job file, for the command line.

import { isDecimal } from "./texts.js";

export function writeToml(spec) {
  const simple = Object.entries(spec).filter(([, value]) => !isTable(value) && !isTables(value));
  const tables = Object.entries(spec).filter(([, value]) => isTable(value));
  const lists = Object.entries(spec).filter(([, value]) => isTables(value));
  const parts = [lines(simple), ...tables.map(([name, value]) => `[${key(name)}]\n${lines(Object.entries(value))}`)];
  for (const [name, items] of lists) {
    parts.push(...items.map((item) => `[[${key(name)}]]\n${lines(Object.entries(item))}`));
  }
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isDecimal(value);
}

function isTables(value) {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

function lines(entries) {
  const given = entries.filter(([, value]) => value !== null && value !== undefined);
  return given.map(([name, value]) => `${key(name)} = ${written(value)}`).join("\n");
}

function key(name) {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

function written(value) {
  if (isDecimal(value)) return value.rawJSON;
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (!isTable(value)) return JSON.stringify(value);
  const pairs = Object.entries(value).filter(([, inner]) => inner !== null);
  return `{ ${pairs.map(([name, inner]) => `${key(name)} = ${written(inner)}`).join(", ")} }`;
}
