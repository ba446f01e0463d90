// The spec as a job file, to copy; and a job file pasted into the form. The service reads and writes TOML.
//
//   showSpec(spec)                    the job file beside the form follows, once typing pauses
//   await readJobFile(text)           plain data of TOML, YAML or JSON; a Problem names the line that is wrong
//   readingFault(error)               what was wrong, in words

import { Problem, post, problemText } from "../lib/api.js";
import { copyAloud } from "../lib/copy.js";
import { after, byId, setText } from "../lib/dom.js";
import { writtenBudget } from "../lib/numbers.js";

const PAUSE_MS = 150;
let spec = {};
let shown = new AbortController();

const writeLater = after(PAUSE_MS, write);

export function showSpec(found) {
  const given = Object.entries({ ...found, budget: writtenBudget(found.budget) }).filter(([, value]) => !isEmpty(value));
  spec = Object.fromEntries(given);
  writeLater();
}

function isEmpty(value) {
  return value === undefined || typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** What was shown stays until the answer has come, and only the answer to the latest question is shown. */
async function write() {
  writeLater.cancel();
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  try {
    const written = await text(signal);
    if (!signal.aborted) setText(byId("spec-text"), written);
  } catch (error) {
    if (!(error instanceof Problem)) return;
    setText(byId("spec-text"), `# not yet: ${problemText(error)}\n`);
  }
}

async function text(signal) {
  if (byId("spec-json").checked) return `${JSON.stringify(spec, null, 2)}\n`;
  const { text: written } = await post("/specs/render", { spec }, { signal });
  return written;
}

export async function readJobFile(given) {
  const { spec: found } = await post("/specs/parse", { text: given }, { exact: true });
  return found;
}

export function readingFault(error) {
  const [mistake] = error.mistakes ?? [];
  return mistake ? `${mistake.where}: ${mistake.got}` : error.message;
}

async function copy() {
  await write();
  await copyAloud(byId("spec-text").textContent);
}

for (const id of ["spec-toml", "spec-json"]) byId(id).addEventListener("change", write);
byId("spec-copy").addEventListener("click", copy);
