// Names to choose from while one types: models and data of the starting points, and techniques.

import { h } from "../dom.js";
import { loadTechniques } from "../techniques.js";

const SAMPLE = "demo:";

export function suggest(form, specs) {
  offer(form, "model.path", samples(specs.map((spec) => spec.model.path)));
  offer(form, "task.train", samples(specs.map((spec) => spec.task.train)));
  // Names alone help; without them the form works as well.
  loadTechniques().then((found) => describe(form, [...found.keys()]), () => null);
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
