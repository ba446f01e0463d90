// What a point of the front chart says: in its note, and in the table beside the chart.

import { runs } from "../lib/configuration.js";
import { h, withCommands } from "../lib/dom.js";
import { NOTHING, duration, failureText, score, scoreBeside } from "../lib/format.js";
import { inWords, noun, write } from "../lib/measures.js";

/** Children of the note of a point of one of the chart's groups. */
export function note(group, point, model, costs, errors, expected) {
  const title = group === "predicted" ? "A prediction" : `${HEADS[group] ?? ""}${trialsText(point.trials)}`;
  const values = point.values ?? {};
  return [
    h("strong", {}, title),
    ...point.trials.map((x) => model.notes.get(x)).filter(Boolean).map(written),
    ...sentences(group, point, model, errors).map((text) => h("p", {}, text)),
    ...(expected ? [h("p", {}, `expected at a repeat: ${expectedText(expected, model)}`)] : []),
    h("p", { class: "tip-words" }, runs(point.words ?? "")),
    h("dl", {}, ...costs.filter((name) => (values[name] ?? null) !== null).flatMap((name) => [
      h("dt", {}, noun(name)), h("dd", {}, write(name, values[name])),
    ])),
    matchMedia("(hover: none)").matches && point.trials.length ? h("a", { href: `${model.page}/trials/${point.trials[0]}` }, "Open trial") : "",
  ];
}

/** Letters of what people wrote that a note shows. */
const SAID = 160;

function written({ name, text }) {
  const said = text && text.length > SAID ? `${text.slice(0, SAID)} …` : text;
  return h("p", { class: "tip-note" }, name ? h("strong", {}, `“${name}” `) : null, said);
}

const HEADS = { front: "On the front: ", running: "Running: ", failed: "Failed: " };

function sentences(group, point, model, errors) {
  if (group === "predicted") return [`${noun(model.quality)} ${expectedText(point, model)}`, point.trained ? "trained, too" : "not trained"];
  if (group === "failed") return [failureText(point.failure)];
  if (group === "running") return [point.seconds ? `for ${duration(point.seconds)}` : "not measured yet"];
  const error = errors.get(point.key);
  const spread = error ? ` ± ${scoreBeside(error, point.real ?? point.y)} (one standard error)` : "";
  const text = `${noun(model.quality)} ${score(point.real ?? point.y)}${spread}`;
  return group === "below" ? [text, "far below the front; drawn on the edge"] : [text];
}

/** `0.9410 (0.9360 to 0.9460)`: the mean without luck, and its 95 % interval. */
export function expectedText(expected, model) {
  if (!expected) return NOTHING;
  const [mean, low, high] = [expected.mean, expected.low, expected.high].map((x) => write(model.quality, x));
  return `${mean} (${low} to ${high})`;
}

/** `trial 17`, `trials 8, 17 (mean of 2 seeds)`. */
function trialsText(trials) {
  if (trials.length === 1) return `trial ${trials[0]}`;
  return `trials ${trials.join(", ")} (mean of ${trials.length} seeds)`;
}

/** One sentence for those who do not see the chart. */
export function alternative(model, view, floors = [], cost = model.cost) {
  const members = view.front;
  const lines = floors.length ? ` Lines are floors without adapters: ${listFloors(floors)}.` : "";
  if (!members.length) return `No trial has completed yet.${lines}`;
  const [first, last] = [members[0], members.at(-1)];
  const ring = members[view.knee];
  const place = model.goals.includes(cost) ? model.cost : cost;
  const said = (x) => `${noun(model.quality)} ${score(x.values[model.quality])} at ${write(place, x.values[place])}`;
  const told = members.length === 1
    ? `The front has 1 point, ${said(first)} (${noun(place)})`
    : `The front has ${members.length} points, from ${said(first)} to ${said(last)} (${noun(place)}); the knee is ${said(ring)}`;
  return `${told}. ${view.others.length + view.below.length} configurations are off the front, `
    + `${view.failed.length} failed trials are marked.${lines}`;
}

/** What stands above the chart: that nothing beats the floor, where it is so, and what the floors are. */
export function floorWords({ floors, warnings }, model) {
  if (!floors.length) return [];
  const warned = warnings.length ? h("div", { class: "note note-warn" }, warnings.map((text) => h("p", {}, withCommands(inWords(text))))) : null;
  const text = `Without adapters, validation ${noun(model.quality)}: ${listFloors(floors)}.`;
  return [warned, h("p", { class: "quiet small" }, text)].filter(Boolean);
}

function listFloors(floors) {
  return floors.map((x) => {
    const error = x.standard_error === null ? "" : ` ± ${scoreBeside(x.standard_error, x.value)}`;
    return `${x.label} ${score(x.value)}${error}`;
  }).join("; ");
}

// Pointing at the front chart: the note beside the nearest point, and the trial that a click opens.
// Plotly's own hover knows nothing of the points on the canvas, and does not hear a finger.

const NEAR = 14;
const STILL = 5;
const DOUBLE_MS = 280;
const GROUPS = ["front", "running", "failed", "below", "others", "predicted"];

/** `view()` gives the points by group, `tell(group, point)` a note's children, `open(point)` follows a click. */
export class Pointing {
  constructor(chart, { view, tell, open }) {
    Object.assign(this, { chart, view, tell, open, found: null, down: null, opening: 0 });
    this.tip = new Tooltip(chart.figure);
    chart.plot.addEventListener("pointermove", (event) => this.moved(event));
    chart.plot.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.show(null));
    chart.plot.addEventListener("pointerdown", (event) => this.pressed(event), true);
    // Plotly covers the window while a button is down, so that the plot hears no click.
    addEventListener("pointerup", (event) => this.released(event), true);
  }

  moved(event) {
    if (event.pointerType !== "touch") this.show(this.nearest(event), event);
  }

  /** A second press makes a double click of it, which resets the zoom. */
  pressed(event) {
    this.down = event;
    clearTimeout(this.opening);
  }

  /** The end of a drag is no click; a finger's tap shows the note, whose link opens the trial. */
  released(event) {
    const { down } = this;
    this.down = null;
    if (!down || Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > STILL) return;
    const found = this.nearest(event);
    if (event.pointerType === "touch") this.show(found, event);
    else if (found) this.opening = setTimeout(() => this.open(found.point), DOUBLE_MS);
  }

  show(found, event) {
    if (found?.point === this.found?.point) return;
    this.found = found;
    this.chart.plot.classList.toggle("pointed", found !== null);
    if (found) this.tip.show(event.clientX, event.clientY, this.tell(found.group, found.point));
    else this.tip.hide();
  }

  /** The point nearest to a place of the window, or null; of two as near, that of the front. */
  nearest({ clientX, clientY }) {
    const { xaxis, yaxis } = this.chart.plot._fullLayout ?? {};
    if (!xaxis) return null;
    const box = this.chart.plot.getBoundingClientRect();
    const [x, y] = [clientX - box.left - xaxis._offset, clientY - box.top - yaxis._offset];
    let [found, best] = [null, NEAR];
    for (const group of GROUPS) {
      for (const point of this.view()[group]) {
        const far = Math.hypot(xaxis.d2p(point.x) - x, yaxis.d2p(point.y) - y) + (group === "front" ? -4 : 0);
        if (far < best) [found, best] = [{ group, point }, far];
      }
    }
    return found;
  }
}

// A note beside the point under the pointer. Plotly's own hover labels cannot wrap at 400 px.

const GAP = 14;

class Tooltip {
  constructor(host) {
    this.host = host;
    this.element = h("div", { class: "chart-tip", hidden: true, role: "status" });
    host.append(this.element);
  }

  /** Shows `children` near a place of the window (pixels), inside the host. */
  show(clientX, clientY, children) {
    this.element.replaceChildren(...children);
    this.element.hidden = false;
    const box = this.host.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const [x, y] = [clientX - box.left, clientY - box.top];
    const left = x + GAP + width < box.width ? x + GAP : x - GAP - width;
    this.element.style.left = `${Math.min(Math.max(left, 4), Math.max(box.width - width - 4, 4))}px`;
    this.element.style.top = `${y - height - GAP > 0 ? y - height - GAP : y + GAP}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}
