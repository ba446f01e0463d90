// Starting points: GET /presets as radio buttons that fill the form.

import { get, path } from "../api.js";
import { h, replace } from "../dom.js";
import { confirmBox } from "../notice.js";

const TO_REPLACE = "path/to/";

/** `fill(spec)` is called with a chosen point's spec; `isDirty()` says whether something typed would be lost. */
export async function makeStarts(place, fill, isDirty) {
  const [starts, names] = await Promise.all([get("/presets"), takenNames()]);
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

/** The spec of a job that was launched before, under a free name; the launch fills in the anatomy again. */
async function copyOf(job, names) {
  const { spec } = await get(path`/jobs/${job}`);
  delete spec.model.anatomy;
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
  const copy = structuredClone(spec);
  for (const section of Object.values(copy)) forget(section);
  copy.name = freeName(copy.name, names);
  return copy;
}

/** Paths that stand for the reader's own are left empty. */
function forget(section) {
  for (const [name, value] of Object.entries(section)) {
    if (typeof value === "string" && value.startsWith(TO_REPLACE)) delete section[name];
  }
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
