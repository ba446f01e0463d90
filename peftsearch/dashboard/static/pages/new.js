// The page that launches a job: a form made from the schema, checked while one types.

import { Problem, get } from "../lib/api.js";
import { after, byId, replace } from "../lib/dom.js";
import { loadObjectives } from "../lib/measures.js";
import { problemBox, toast } from "../lib/notice.js";
import { offerColumns } from "../form/columns.js";
import { makeForm } from "../form/form.js";
import { readJobFile, readingFault, showSpec } from "../form/job-file.js";
import { loadKinds } from "../form/kinds.js";
import { checkFully, checkQuickly, clearResult, findMistakes, launch } from "../form/launch.js";
import { showMistakes } from "../form/mistakes.js";
import { makeStarts, suggest } from "../form/starts.js";
import { offerUpload } from "../form/upload.js";

const PAUSE_MS = 500;
let form = null;
let starts = null;
let columns = () => {};
let dirty = false;
let turns = 0;

const checkLater = after(PAUSE_MS, check);

async function start() {
  try {
    const [schema] = await Promise.all([get("/schema"), loadKinds(), loadObjectives()]);
    form = makeForm(schema, byId("form-fields"), typed);
    columns = offerColumns(form);
    await offerUpload(form);
    starts = await makeStarts(byId("starts"), fill, () => dirty);
  } catch (problem) {
    byId("form-loading").hidden = true;
    replace(byId("form-mistakes"), problemBox(problem));
    return;
  }
  suggest(form, starts.specs);
  byId("form-loading").hidden = true;
  byId("form-body").hidden = false;
  await begin(new URLSearchParams(location.search));
}

async function begin(query) {
  const job = query.get("copy");
  if (!job) return starts.choose(query.get("preset") ?? "own");
  try {
    fill(form.withoutDefaults(await starts.copy(job)));
  } catch (problem) {
    toast(problem);
    await starts.choose("own");
  }
}

function fill(spec) {
  form.write(spec);
  dirty = false;
  clearResult();
  columns();
  show();
  showMistakes(form, [], { all: true, place: byId("form-mistakes") });
}

function typed(isBlur) {
  columns(isBlur);
  if (!isBlur) dirty = true;
  show();
  checkLater();
}

/** A slow answer to what was typed before must not replace that to what is typed now. */
async function show() {
  const turn = ++turns;
  const { spec } = await form.read();
  if (turn === turns) showSpec(spec);
}

async function check(all = false) {
  const { spec, mistakes } = await form.read();
  const found = await checkQuickly(spec);
  if (found) showMistakes(form, [...mistakes, ...found], { all, place: byId("form-mistakes") });
}

async function submit(action) {
  checkLater.cancel();
  clearResult();
  const { spec, mistakes } = await form.read();
  showMistakes(form, mistakes, { all: true, place: byId("form-mistakes") });
  tell(mistakes.length ? [...mistakes, ...(await others(spec, mistakes))] : await action(spec));
}

/** What is wrong beside values that cannot be read, which are not sent. */
async function others(spec, mistakes) {
  const unread = new Set(mistakes.map(({ where }) => where));
  return (await findMistakes(spec)).filter(({ where }) => !unread.has(where));
}

function tell(mistakes) {
  for (const entry of form.boxes.values()) entry.touched = true;
  const first = showMistakes(form, mistakes, { all: true, place: byId("form-mistakes") });
  if (first) first.focus();
  else if (mistakes.length) byId("form-mistakes").scrollIntoView({ block: "center" });
}

function paste(spec) {
  const unknown = form.unknown(spec);
  fill(spec);
  starts.forget();
  dirty = true;
  byId("paste-mistake").textContent = unknown.length ? `Left out, since no job has it: ${unknown.join(", ")}.` : "";
  byId("paste").open = unknown.length > 0;
  toast("The job file fills the form.");
  check(true); // a file is whole: what is wrong in it nobody will touch
}

// Enter in a field launches nothing: what follows costs hours.
byId("job-form").addEventListener("submit", (event) => event.preventDefault());
byId("launch").addEventListener("click", () =>
  submit((spec) => launch(spec, Number(byId("workers").value), byId("device").value)),
);
byId("check").addEventListener("click", () => submit((spec) => checkFully(spec, Number(byId("workers").value))));
byId("paste-read").addEventListener("click", async () => {
  const text = byId("paste-text").value;
  try {
    const spec = await readJobFile(text);
    if (byId("paste-text").value === text) paste(spec); // else something else was pasted meanwhile
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    byId("paste-mistake").textContent = `This cannot be read: ${readingFault(error)}.`;
  }
});
byId("paste-text").addEventListener("input", () => (byId("paste-mistake").textContent = ""));
start();
