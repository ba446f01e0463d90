// Lists and tables as people type them, both ways. What cannot be read stays text, as readNumber leaves it.

import { readNumber, writeItem } from "../lib/numbers.js";

export function readList(text, readItem) {
  const items = text.split(/[,\n]/).map((item) => item.trim()).filter(Boolean);
  return items.length ? items.map(readItem) : undefined;
}

export function writeList(values) {
  return [values].flat().map(writeItem).join(", ");
}

/** Pairs stand one a line: `0.1, 0.5`. */
export function readPairs(text) {
  const lines = text.split(/[\n;]/).filter((line) => line.trim());
  return lines.length ? lines.map((line) => readList(line, readNumber)) : undefined;
}

export function writePairs(pairs) {
  return pairs.map(writeList).join("\n");
}

/** Ladders stand one a line: `lora = 1, 2, 4`. */
export function readLadders(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  if (lines.length === 0) return undefined;
  return Object.fromEntries(lines.map(readLadder));
}

function readLadder(line) {
  const [name, values = ""] = line.split(/[=:](.*)/s);
  return [name.trim(), readList(values.replace(/[[\]]/g, ""), readNumber) ?? []];
}

/** A word such as `balanced`, or weights one a line: `spam = 5`. */
export function readWeights(text) {
  if (!/[=:]/.test(text)) return text.trim() || undefined;
  return Object.fromEntries(text.split("\n").filter((line) => line.trim()).map(readWeight));
}

function readWeight(line) {
  const [, name, value] = /^(.*?)[=:]([^=:]*)$/.exec(line) ?? ["", line, ""];
  return [name.trim(), readNumber(value) ?? ""];
}

export function writeWeights(weights) {
  if (typeof weights === "string") return weights;
  return Object.entries(weights).map(([name, value]) => `${name} = ${writeItem(value)}`).join("\n");
}

export function writeLadders(ladders) {
  return Object.entries(ladders).map(([name, values]) => `${name} = ${writeList(values)}`).join("\n");
}
