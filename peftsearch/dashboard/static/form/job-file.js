// The spec as a job file, to copy; and a job file pasted into the form.

import { copyAloud } from "../lib/copy.js";
import { byId, setText } from "../lib/dom.js";
import { writeToml } from "./toml.js";
import { readToml } from "./tomlread.js";

let spec = {};

export function showSpec(found) {
  const given = Object.entries(found).filter(([, value]) => !isEmpty(value));
  spec = Object.fromEntries(given);
  setText(byId("spec-text"), text());
}

function isEmpty(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

function text() {
  return byId("spec-json").checked ? `${JSON.stringify(spec, null, 2)}\n` : writeToml(spec);
}

/** What was pasted, as TOML or JSON; throws an Error that says what is wrong. */
export function readPasted() {
  const pasted = byId("paste-text").value.trim();
  if (pasted === "") throw new Error("there is nothing to read");
  return pasted.startsWith("{") ? JSON.parse(pasted) : readToml(pasted);
}

for (const id of ["spec-toml", "spec-json"]) byId(id).addEventListener("change", () => setText(byId("spec-text"), text()));
byId("spec-copy").addEventListener("click", () => copyAloud(text()));
