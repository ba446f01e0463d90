// The filters above the trials table. Their choices come from the trials that have ended.

import { after, h } from "../lib/dom.js";
import { failureText, originText } from "../lib/format.js";
import { loadTechniques } from "../lib/techniques.js";

const STATES = ["completed", "failed", "running", "queued"];

export class Filters {
  constructor(model, changed) {
    Object.assign(this, { model, changed, seen: 0 });
    const later = after(250, changed);
    this.text = h("input", { type: "search", id: "trial-text", placeholder: "for example lora r8", oninput: later });
    this.state = this.select("trial-state", "Any state", STATES);
    this.failure = this.select("trial-failure", "Any failure", []);
    this.origin = this.select("trial-origin", "Any origin", []);
    this.technique = this.select("trial-technique", "Any technique", []);
    this.front = h("input", { type: "checkbox", onchange: changed });
    this.element = h("div", { class: "trial-filters" },
      this.text, this.state, this.failure, this.origin, this.technique,
      h("label", { class: "check" }, this.front, "On the front"));
    this.text.setAttribute("aria-label", "Filter by words");
    this.offer();
  }

  select(id, none, options) {
    const made = h("select", { id, "aria-label": none, onchange: this.changed }, h("option", { value: "" }, none));
    made.append(...options.map((x) => h("option", { value: x }, x)));
    return made;
  }

  /** Adds choices that the new trials brought. */
  async offer() {
    const fresh = (column) => column.slice(this.seen);
    const { origin, failure, words } = this.model.columns;
    extend(this.origin, new Set(fresh(origin)), (x) => originText(x, this.model.detail.spec.search.sampler));
    extend(this.failure, new Set(fresh(failure).filter(Boolean)), failureText);
    this.failure.hidden = this.failure.options.length === 1;
    const told = fresh(words);
    this.seen = words.length;
    extend(this.technique, techniquesIn(told, await loadTechniques()));
  }

  /** The query of GET trials. */
  get query() {
    return {
      text: this.text.value.trim(), state: this.state.value, failure: this.failure.value,
      origin: this.origin.value, technique: this.technique.value, front: this.front.checked ? true : null,
    };
  }

  get any() {
    return Object.values(this.query).some(Boolean);
  }

  clear() {
    for (const field of [this.text, this.state, this.failure, this.origin, this.technique]) field.value = "";
    this.front.checked = false;
    this.changed();
  }
}

function extend(select, names, write = (x) => x) {
  const known = new Set([...select.options].map((x) => x.value));
  const fresh = [...names].filter((x) => !known.has(x)).sort();
  select.append(...fresh.map((x) => h("option", { value: x }, write(x))));
}

function techniquesIn(words, { rows }) {
  const known = new Set(rows.map(({ name }) => name));
  const tokens = new Set();
  for (const text of words) for (const token of text.match(/[a-z][a-z0-9_]+/g) ?? []) tokens.add(token);
  return [...tokens].filter((x) => known.has(x));
}
