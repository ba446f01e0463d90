// Sliders on a log scale with a field each: the person's limits on costs, in units.

import { h, setText } from "../lib/dom.js";
import { noun, parseQuantity, quantity, write } from "../lib/measures.js";

const STEPS = 100;

/** One limit. `value` is null where the slider stands at its right end: no limit. */
export class Limit {
  constructor(name, range, changed) {
    Object.assign(this, { name, changed, value: null, ...range });
    const { high } = range;
    this.slider = h("input", { type: "range", min: 0, max: STEPS, "aria-label": `Limit on ${noun(name)}` });
    const example = `Largest ${noun(name)}, for example ${quantity(name, roundUp(high))}`;
    this.field = h("input", { type: "text", placeholder: "no limit", "aria-label": example });
    this.fault = h("span", { class: "mistake", role: "alert" });
    this.slider.addEventListener("input", () => this.slid());
    this.field.addEventListener("change", () => this.typed());
    const title = h("span", { class: "limit-name" }, noun(name));
    this.element = h("div", { class: "limit" }, title, this.slider, this.field, this.fault);
    this.set(null);
  }

  slid() {
    this.set(this.valueAt(Number(this.slider.value) / STEPS));
    this.changed();
  }

  /** From position to value: the left end is the cheapest point, be it 0; the others have two digits. */
  valueAt(share) {
    if (share >= 1) return null;
    if (share === 0 && this.free) return 0;
    return roundUp(this.low * (this.high / this.low) ** share);
  }

  typed() {
    const text = this.field.value.trim();
    const value = text === "" ? null : parseQuantity(this.name, text);
    if (text !== "" && value === null) {
      this.fault.textContent = `write a number, for example ${quantity(this.name, roundUp(this.high))}`;
      this.field.setAttribute("aria-invalid", "true");
      return;
    }
    this.set(value);
    this.changed();
  }

  set(value) {
    this.value = value;
    this.fault.textContent = "";
    this.field.removeAttribute("aria-invalid");
    this.field.value = value === null ? "" : quantity(this.name, value);
    this.slider.value = value === null ? STEPS : this.position(value);
    this.slider.setAttribute("aria-valuetext", value === null ? "no limit" : `at most ${write(this.name, value)}`);
  }

  position(value) {
    if (value === 0) return 0;
    const share = Math.log(Math.max(value, this.low) / this.low) / Math.log(this.high / this.low);
    return Math.min(Math.max(Math.round(share * STEPS), this.free ? 1 : 0), STEPS - 1);
  }

  /** `adapter_bytes <= 200 KB`; null without a limit. */
  get text() {
    return this.value === null ? null : `${this.name} <= ${quantity(this.name, this.value)}`;
  }
}

/** Limits on what is no goal of the job: closed at first, so that the pick stands in sight. */
export class OtherLimits {
  constructor() {
    this.limits = [];
    this.set = h("span", { class: "quiet small" });
    this.rows = h("div", {});
    this.element = h("details", { class: "limits-other", hidden: true }, h("summary", {}, "Limits on other costs ", this.set), this.rows);
  }

  show(limits) {
    this.limits = limits;
    this.rows.append(...limits.map((x) => x.element));
    this.element.hidden = limits.length === 0;
    this.tell();
  }

  tell() {
    const number = this.limits.filter((x) => x.value !== null).length;
    setText(this.set, number ? `${number} set` : "none set");
  }

  /** Where one is set that nobody would see. */
  open() {
    if (this.limits.some((x) => x.value !== null)) this.element.open = true;
  }
}

/** Two digits, never below `value`: the slider's end keeps the point that it came from. */
export function roundUp(value) {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit - 1e-9) * unit).toPrecision(3));
}

/** Smallest positive and largest value of a column, and whether it has a 0; null where it has no range. */
export function bounds(column) {
  let [low, high] = [Infinity, 0];
  for (const value of column) {
    if (value > 0 && value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? { low, high, free: column.includes(0) } : null;
}

/** Smallest value of a column, 0 among them. */
export function smallest(column) {
  return column.reduce((least, value) => (value !== null && value < least ? value : least), Infinity);
}
