// Slices of the search's model as plain data: where values stand, which of them are named, and what a point says.

import { isShare, noun, write } from "../lib/measures.js";
import { told } from "./parallel-data.js";
import { rangeOf } from "./progress.js";

/** Characters that have room below a panel, and of one name. */
const [ROOM, LONGEST] = [40, 11];

/** Where a value stands on its parameter's axis: numbers as they are, of all else the place in the order. */
export function placeOn(axis, value) {
  return axis.kind === "number" ? value : axis.values.indexOf(value);
}

/** Plotly's axis of a parameter, with a few values named and half a step free at both ends. */
export function axisOf(axis) {
  const places = axis.values.map((x) => placeOn(axis, x));
  const texts = axis.values.map((x) => short(valueText(axis, x)));
  const step = axis.kind === "category" ? 1 : Math.ceil(texts.reduce((sum, x) => sum + x.length + 2, 0) / ROOM);
  const named = (list) => list.filter((_, i) => i % step === 0);
  const ends = axis.log ? places.map(Math.log10) : places;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const free = (0.5 * (high - low)) / Math.max(places.length - 1, 1);
  return {
    type: axis.log ? "log" : "linear", range: [low - free, high + free], zeroline: false, showgrid: false,
    tickvals: named(places), ticktext: named(texts),
    tickangle: axis.kind === "category" ? -32 : 0,
  };
}

function short(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

export function valueText({ name }, value) {
  return typeof value === "number" ? told(name, value) : value;
}

/** The vertical axis of all slices: their bands, and dots that are not far below them. Worse than `lowest` has no place. */
export function heightsOf(slices, lowest, model) {
  const known = slices.flatMap(({ points }) => points.flatMap((x) => [x.low, x.high])).map((x) => model.sign * x);
  const kept = known.map((x) => Math.max(x, model.sign * lowest));
  const bounds = isShare(model.quality) ? [0, 1] : [-Infinity, Infinity];
  const [low, high] = rangeOf(kept.map((x) => model.sign * x), bounds);
  return model.sign > 0 ? [low, high] : [high, low];
}

/** Whether what is expected of these points differs by less than half an interval: then no value is known to be better. */
export function isWithinDoubt(points) {
  const means = points.map((x) => x.mean);
  const half = points.reduce((sum, x) => sum + (x.high - x.low) / 2, 0) / Math.max(points.length, 1);
  return Math.max(...means) - Math.min(...means) < half;
}

/** Lines of a note: the value, what is expected there, and what it costs. */
export function pointText(names, point, model) {
  const [mean, low, high] = [point.mean, point.low, point.high].map((x) => write(model.quality, x));
  return [
    ...names, `${noun(model.quality)} ${mean} (${low} to ${high})`, `${noun(model.cost)} ${write(model.cost, point.cost)}`,
    point.trained ? "trained" : "not trained",
  ].join("<br>");
}
