// The user's own configurations: JSON, or `[[try]]` blocks of a job file.

import { readToml } from "./tomlread.js";

export function readTry(text) {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (/^\[\s*[{\]]/.test(trimmed)) return JSON.parse(trimmed);
  if (trimmed.startsWith("{")) return [JSON.parse(trimmed)];
  const found = readToml(trimmed);
  return found.try ?? [found];
}
