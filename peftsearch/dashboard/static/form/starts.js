// Starting points: GET /presets as radio buttons that fill the form.

import { get, path } from "../lib/api.js";
import { h, replace } from "../lib/dom.js";
import { confirmBox } from "../lib/notice.js";
import { loadTechniques } from "../lib/techniques.js";

const TO_REPLACE = "path/to/";

/** `fill(spec)` is called with a chosen point's spec; `isDirty()` says whether something typed would be lost. */
export async function makeStarts(place, fill, isDirty) {
  const [starts, names] = await Promise.all([get("/presets", {}, { exact: true }), takenNames()]);
  let current = null;
  const boxes = starts.map((start) => h("input", { type: "radio", name: "start", value: start.name }));
  const mark = (name) => boxes.forEach((box) => (box.checked = box.value === (current = name)));
  async function choose(start) {
    if (isDirty() && !(await sure())) return mark(current);
    mark(start.name);
    fill(prepared(start.spec, names));
  }
  replace(place, starts.map((start, index) => card(start, boxes[index])));
  boxes.forEach((box, index) => box.addEventListener("change", () => choose(starts[index])));
  return {
    specs: starts.map((start) => start.spec),
    choose: (name) => choose(found(starts, name)),
    forget: () => mark(null),
    copy: (job) => copyOf(job, names),
  };
}

/** The spec of a job that was launched before, as one would write it, under a free name. */
async function copyOf(job, names) {
  const { spec } = await get(path`/jobs/${job}/spec`, {}, { exact: true });
  return prepared(spec, names);
}

/** The first is the demonstration. */
function found(starts, name) {
  return starts.find((start) => start.name === name) ?? starts[0];
}

async function takenNames() {
  const { jobs } = await get("/jobs", { limit: 500 });
  return new Set(jobs.map((job) => job.name));
}

function card(start, box) {
  const words = h("span", {}, h("strong", {}, start.title), h("span", { class: "help" }, start.description));
  return h("label", { class: "start" }, box, words);
}

function prepared(spec, names) {
  const copy = Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, own(value)]));
  copy.name = freeName(copy.name, names);
  return copy;
}

/** A section without the paths that stand for the reader's own. */
function own(section) {
  if (typeof section !== "object" || section === null || Array.isArray(section)) return section;
  const isOwn = ([, value]) => !(typeof value === "string" && value.startsWith(TO_REPLACE));
  return Object.fromEntries(Object.entries(section).filter(isOwn));
}

function freeName(name, names) {
  if (!names.has(name)) return name;
  for (let number = 2; ; number += 1) if (!names.has(`${name}-${number}`)) return `${name}-${number}`;
}

function sure() {
  return confirmBox({
    title: "Replace what you typed?",
    text: "The starting point fills all fields anew.",
    action: "Replace",
  });
}

// Names to choose from while one types: models and data of the starting points, and techniques.

const SAMPLE = "demo:";

export function suggest(form, specs) {
  offer(form, "model.path", samples(specs.map((spec) => spec.model.path)));
  offer(form, "task.train", samples(specs.map((spec) => spec.task.train)));
  // Names alone help; without them the form works as well.
  loadTechniques().then(({ rows }) => describe(form, rows.map(({ name }) => name)), () => null);
}

function samples(values) {
  return [...new Set(values)].filter((value) => value.startsWith(SAMPLE)).sort();
}

function offer(form, where, values) {
  const entry = form.boxes.get(where);
  if (!entry) return;
  const id = `${entry.widget.control.id}-list`;
  entry.box.append(h("datalist", { id }, values.map((value) => h("option", { value }))));
  entry.widget.control.setAttribute("list", id);
}

/** A list of several names has no use for a datalist, so the names stand below the field. */
function describe(form, names) {
  const entry = form.boxes.get("space.bundles");
  if (!entry) return;
  const all = h("summary", {}, `The ${names.length} techniques`);
  entry.box.append(h("details", { class: "help" }, all, h("p", { class: "mono" }, names.join(", "))));
}
