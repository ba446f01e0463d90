// The same configuration outside this page: on the command line and in a job file.

import { replace } from "./dom.js";
import { copyBox } from "./trial-copy.js";

export function showReuse(element, { job, trial }) {
  const command = `peftsearch export ${shell(job)} --pick "trial ${trial.number}" --out ${shell(`${job}-trial-${trial.number}`)}`;
  const exported = trial.state === "completed" && trial.adapter;
  replace(
    element,
    exported ? copyBox("Export on the command line", command, { help: "Add --storage where the database is not the usual one." }) : null,
    copyBox("Try it in another job", toToml(trial.configuration), { help: "Put this into a job file: the search begins with it." }),
  );
}

function shell(text) {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `[[try]]` of a job file. */
export function toToml({ learning_rate: rate, strata, input }) {
  const lines = ["[[try]]", `learning_rate = ${number(rate)}`];
  if (input) lines.push(`input = ${table(input)}`);
  for (const stratum of strata.filter(({ start, stop }) => start < stop)) {
    lines.push("", "[[try.strata]]", `start = ${stratum.start}`, `stop = ${stratum.stop}`);
    lines.push(`modules = [${stratum.modules.map(table).join(", ")}]`);
    if (stratum.layers) lines.push(`layers = [${stratum.layers.join(", ")}]`);
  }
  return `${lines.join("\n")}\n`;
}

function table({ technique, capacity, roles, rate }) {
  const pairs = [`technique = ${text(technique)}`, `capacity = ${capacity}`, `roles = [${roles.map(text).join(", ")}]`];
  if (rate !== undefined && rate !== 1) pairs.push(`rate = ${number(rate)}`);
  return `{ ${pairs.join(", ")} }`;
}

/** All digits, so that the key stays the same. */
function number(value) {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function text(value) {
  return JSON.stringify(value);
}
