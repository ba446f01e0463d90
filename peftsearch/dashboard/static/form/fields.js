// From the JSON Schema of a job spec to a flat list of fields; what a field means comes from the schema alone.
//
//   fieldsOf(schema) -> [{where: "task.train", path: ["task", "train"], title, help, kind, required, fallback,
//                         options, minimum, maximum}]
//   kinds: text number integer boolean choice columns strings numbers values pair pairs set ladders
//          weights json

import { sentence } from "../lib/format.js";
import { GROUPS, HELP, KINDS, TITLES, UNITS } from "./wording.js";

export function fieldsOf(schema) {
  return walk(schema, schema, []);
}

function walk(section, schema, path) {
  const required = new Set(section.required ?? []);
  return Object.entries(section.properties).flatMap(([name, node]) => {
    const inner = resolve(node, schema);
    const here = [...path, name];
    if (inner.properties && !node.anyOf) return walk(inner, schema, here);
    return [fieldOf(here, node, required.has(name), schema)];
  });
}

function resolve(node, schema) {
  if (!node.$ref) return node;
  return schema.$defs[node.$ref.split("/").at(-1)];
}

function fieldOf(path, node, required, schema) {
  const plain = plainOf(node, schema);
  return {
    path,
    where: path.join("."),
    title: sentence(path.at(-1)),
    help: node.description ?? plain.description ?? "",
    required,
    fallback: node.default ?? null,
    kind: kindOf(plain, schema),
    options: wordsOf(plain) ?? plain.items?.enum ?? [],
    minimum: plain.minimum ?? plain.exclusiveMinimum ?? null,
    maximum: plain.maximum ?? plain.exclusiveMaximum ?? null,
  };
}

/** The words of a choice; one word alone is a constant of the schema. */
function wordsOf(node) {
  return node.enum ?? (node.const === undefined ? undefined : [node.const]);
}

/** Without null, and a choice of one as that one. */
function plainOf(node, schema) {
  const choices = (node.anyOf ?? []).filter((choice) => choice.type !== "null");
  if (choices.length === 1) return resolve(choices[0], schema);
  return resolve(choices.length ? { ...node, anyOf: choices } : node, schema);
}

function kindOf(node, schema) {
  if (wordsOf(node)) return "choice";
  if (node.anyOf) return unionOf(node.anyOf.map((choice) => kindOf(plainOf(choice, schema), schema)));
  if (node.type === "array") return listOf(node, schema);
  if (node.type === "object") return tableOf(node.additionalProperties);
  const simple = { string: "text", number: "number", integer: "integer", boolean: "boolean" };
  return simple[node.type] ?? "json";
}

function unionOf(kinds) {
  const has = (...wanted) => wanted.some((kind) => kinds.includes(kind));
  if (kinds.every((kind) => kind === "integer" || kind === "number")) return "number";
  if (kinds.every((kind) => ["integer", "number", "numbers"].includes(kind))) return "values";
  if (has("weights")) return "weights";
  if (has("text") && has("strings", "textpair") && kinds.length === 2) return "columns";
  return "json";
}

function listOf(node, schema) {
  if (node.prefixItems) return pairOf(node.prefixItems.map((item) => kindOf(plainOf(item, schema), schema)));
  const items = node.items ? plainOf(node.items, schema) : {};
  const inner = kindOf(items, schema);
  const lists = { choice: "set", text: "strings", integer: "numbers", number: "numbers", pair: "pairs" };
  return lists[inner] ?? "json";
}

function pairOf(kinds) {
  if (kinds.length !== 2) return "json";
  if (kinds.every((kind) => kind === "text")) return "textpair";
  return kinds.every((kind) => kind === "integer" || kind === "number") ? "pair" : "json";
}

function tableOf(inner) {
  if (inner?.type === "number") return "weights";
  return inner?.type === "array" && inner.items?.type === "integer" ? "ladders" : "json";
}

// The fields of the schema in the groups of wording.js, with their words for people.

/** The groups, each with its fields; every field stands in one. */
export function arranged(fields) {
  const left = new Set(fields.map(worded));
  return GROUPS.map((group) => ({ ...group, fields: group.fields.flatMap((name) => take(left, name)) }));
}

function worded(field) {
  const { where } = field;
  const help = upper(HELP[where] ?? field.help);
  const kind = KINDS[where] ?? field.kind;
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
