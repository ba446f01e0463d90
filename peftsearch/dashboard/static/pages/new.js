// The page that launches a job: a form made from the schema, checked while one types.

import { Problem, get } from "../lib/api.js";
import { after, byId, replace } from "../lib/dom.js";
import { loadObjectives } from "../lib/measures.js";
import { problemBox, toast } from "../lib/notice.js";
import { offerColumns } from "../form/columns.js";
import { makeForm } from "../form/form.js";
import { readJobFile, readingFault, showSpec } from "../form/job-file.js";
import { loadKinds } from "../form/kinds.js";
import { checkFully, checkQuickly, clearResult, findMistakes, launch, tellChanged, tellMistakes } from "../form/launch.js";
import { isSame, openFirst, showMistakes } from "../form/mistakes.js";
import { makeStarts, suggest } from "../form/starts.js";
import { offerUpload } from "../form/upload.js";

const PAUSE_MS = 500;
let form = null;
let starts = null;
let columns = () => {};
let dirty = false;
let turns = 0;
/** What the last answer to a button found wrong, and of which spec. */
let answer = { spec: {}, mistakes: [] };

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
  forget({});
  columns();
  show();
  mark([], true);
  if (form.isWhole()) checkLater(); // what it would fetch is told before anybody types
}

function forget(spec) {
  answer = { spec, mistakes: [] };
  clearResult();
}

function mark(mistakes, all) {
  return showMistakes(form, mistakes, { all, place: byId("form-mistakes") });
}

function typed(isBlur) {
  columns(isBlur);
  if (!isBlur) {
    dirty = true;
    tellChanged();
  }
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
  if (!found) return;
  const left = standing(spec);
  const told = mark(merged([...mistakes, ...found], left), all || left.length > 0);
  if (all) openFirst(form);
  if (answer.mistakes.length) tellMistakes(told);
}

/** What the last answer found wrong with what has not changed since. */
function standing(spec) {
  return answer.mistakes.filter(({ where }) => isSame(form, where, answer.spec, spec));
}

function merged(newer, older) {
  const told = new Set(newer.map(({ where }) => where));
  return [...newer, ...older.filter(({ where }) => !told.has(where))];
}

async function submit(action) {
  checkLater.cancel();
  const { spec, mistakes } = await form.read();
  forget(spec);
  mark(mistakes, true);
  const found = mistakes.length ? merged(mistakes, await others(spec, mistakes)) : await action(spec);
  tell(spec, found, (await form.read()).spec);
}

/** What is wrong beside values that cannot be read, which are not sent. */
async function others(spec, mistakes) {
  const unread = new Set(mistakes.map(({ where }) => where));
  return (await findMistakes(spec)).filter(({ where }) => !unread.has(where));
}

function touchAll() {
  for (const entry of form.boxes.values()) entry.touched = true;
}

/** `now` is what the form says when the answer comes: whoever types meanwhile is left where they are. */
function tell(spec, mistakes, now) {
  const isChanged = JSON.stringify(spec) !== JSON.stringify(now);
  answer = { spec, mistakes };
  touchAll();
  const told = mark(standing(now), true);
  if (mistakes.length) tellMistakes(told);
  else if (isChanged) tellChanged();
  if (isChanged) return;
  const first = openFirst(form);
  if (first) first.focus();
  else byId(mistakes.length ? "form-mistakes" : "launch-result").scrollIntoView({ block: "center" });
}

function paste(spec) {
  const unknown = form.unknown(spec);
  fill(spec);
  starts.forget();
  dirty = true;
  byId("paste-mistake").textContent = unknown.length ? `Left out, since no job has it: ${unknown.join(", ")}.` : "";
  byId("paste").open = unknown.length > 0;
  toast("The job file fills the form.");
  touchAll(); // a file is whole: what is wrong in it nobody will touch
  checkLater.cancel();
  check(true);
}

// Enter in a field launches nothing: what follows costs hours.
byId("job-form").addEventListener("submit", (event) => event.preventDefault());
byId("launch").addEventListener("click", () =>
  submit((spec) => launch(spec, Number(byId("workers").value), byId("device").value)),
);
byId("check").addEventListener("click", () =>
  submit((spec) => checkFully(spec, Number(byId("workers").value), byId("device").value)),
);
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
