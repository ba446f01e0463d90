// Traces and layout of the front chart, for Plotly.

import { h } from "../lib/dom.js";
import { noun } from "../lib/measures.js";
import { INNER, isFreeAtLeft, spread, ticks, zeroBand } from "./front-view.js";

/** More quiet points than these are drawn by PointCanvas. */
export const MANY = 1500;
/** A front of more points than these has smaller ones, and tells its errors in their notes alone. */
const CROWDED = 60;
/** Pixels of the names of lines: the margin at their right ends, and the distance between two of them. */
const [WORDS, GAP] = [112, 15];
/** Where names stand; `plot` is the height of the chart between its axes in pixels, about. */
const BESIDE = { words: { x: 1, xanchor: "left", xshift: 4 }, plot: 432, rise: 0 };
const LEFT = { words: { x: 0, xanchor: "left" }, plot: INNER.height, rise: GAP / 2 };
const RIGHT = { words: { x: 1, xanchor: "right" }, plot: INNER.height, rise: GAP / 2 };
/** What stands beside the point at the bend of a front, in each of its charts. */
export const KNEE = "knee";
/** Keeps the legend's entry of points that are drawn elsewhere. */
const NOWHERE = { x: null, y: null };

/** Traces from back to front; `picked` is the key of the picked configuration. */
export function traces(view, model, colours, { picked, own, errors }) {
  const crowded = view.others.length > MANY;
  const quiet = { color: colours.quiet, line: { width: 0 } };
  const list = [
    cloud("off the front", crowded ? [NOWHERE] : view.others, { ...quiet, size: 7, opacity: 0.65 }),
    cloud("below the axis", view.below, { ...quiet, symbol: "triangle-down", size: 8, opacity: 0.65 }),
    cloud("failed", view.failed, crosses(view.failed.length, colours.bad)),
    cloud("running", view.running, { color: colours.accent, symbol: "circle-open", size: 9, line: { width: 1.5 } }),
    own ? steps(view.front, colours) : null,
    members(view.front, errors, colours),
    bend(view.front.length > 1 ? [view.front[view.knee]] : [], colours.ink),
    ring(chosen(view, picked), colours.pick),
  ];
  return list.filter((x) => x !== null && (x.x.length || x.name === "front"));
}

function cloud(name, points, marker) {
  return {
    type: "scatter", name, mode: "markers", marker, hoverinfo: "skip",
    x: points.map((p) => p.x), y: points.map((p) => p.y),
  };
}

function crosses(number, color) {
  return { color, symbol: "x-thin", size: 6, opacity: number > CROWDED ? 0.35 : 0.6, line: { width: 1.5, color } };
}

function members(front, errors, colours) {
  const size = front.length > CROWDED ? 6 : 9;
  return { ...cloud("front", front, { color: colours.accent, size }), error_y: bars(front, errors, colours) };
}

function steps(front, colours) {
  return {
    type: "scatter", name: "steps", mode: "lines", showlegend: false, hoverinfo: "skip",
    x: front.map((p) => p.x), y: front.map((p) => p.y),
    line: { color: colours.accent, width: 2, shape: "hv" }, opacity: 0.6,
  };
}

function ring(points, color) {
  return cloud("picked", points, { color, size: 18, symbol: "circle-open", line: { width: 2, color } });
}

/** The word left above the point, where nothing can be better. */
function bend(points, color) {
  const word = { mode: "markers+text", text: points.map(() => KNEE), textposition: "top left", textfont: { color, size: 11 }, showlegend: false };
  return { ...cloud(KNEE, points, { size: 18, opacity: 0 }), ...word };
}

function chosen(view, key) {
  if (!key) return [];
  return [...view.front, ...view.others, ...view.below].filter((x) => x.key === key);
}

function bars(front, errors, colours) {
  const array = front.length > CROWDED ? [] : front.map((x) => errors.get(x.key) ?? 0);
  const visible = array.some((x) => x > 0);
  return { type: "data", array, visible, color: colours.accent, thickness: 1, width: 3 };
}

/** Layout: cost to the right, better upwards whatever the direction. */
export function layout(model, cost, frame, references, view, colours, narrow) {
  const marks = ticks(cost, frame, narrow);
  const log = (x) => Math.log10(x);
  const notes = model.detail.maximise ? "" : " (better upwards)";
  return {
    xaxis: {
      type: "log", range: [log(frame.low), log(frame.high)], tickvals: marks.values, ticktext: marks.texts,
      title: { text: `${noun(cost)} (${narrow ? "log" : `log scale${head(model, cost)}`})` }, showgrid: false, zeroline: false,
    },
    yaxis: {
      range: [model.sign * frame.bottom, model.sign * frame.top], zeroline: false,
      title: { text: `validation ${noun(model.quality)}${notes}` },
    },
    shapes: [...zeroBand(frame, colours.band), ...references.map((x) => rule(x, colours))],
    annotations: captions(references, view, frame, model.sign, colours, narrow),
    margin: narrow ? { l: 44, r: 6, t: 44, b: 44 } : { l: 64, r: references.length ? WORDS : 16, t: 36, b: 52 },
    legend: legend(narrow),
    font: { size: narrow ? 10.5 : 12 },
    dragmode: narrow ? false : "zoom", uirevision: `${cost}`, hovermode: false,
  };
}

/** A click on an entry would hide the front, and could not hide what the canvas shows. */
function legend(narrow) {
  const place = narrow ? { x: 0, xanchor: "left", entrywidth: 0.5, entrywidthmode: "fraction" } : { x: 1, xanchor: "right" };
  return { ...place, itemclick: false, itemdoubleclick: false, font: { size: narrow ? 10.5 : 12 } };
}

function head(model, cost) {
  const counted = ["trainable_parameters", "adapter_bytes"].includes(cost);
  return counted && model.hasFreshHead ? ", head excluded" : "";
}

function rule({ value, floor }, colours) {
  return {
    type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, layer: "between",
    line: { color: floor ? colours.floor : colours.muted, width: floor ? 1.5 : 1, dash: "dash" },
  };
}

/** The legend's entry of the floors, whose lines are no traces. */
export function legendLine(references, colours) {
  if (!references.some((x) => x.floor)) return [];
  const line = { color: colours.floor, width: 1.5, dash: "dash" };
  return [{ type: "scatter", name: "floor, no adapter", mode: "lines", x: [null], y: [null], line, hoverinfo: "skip" }];
}

/** Names beside the right ends of the lines; where there is no room, above them within the chart. */
function captions(references, view, frame, sign, colours, narrow) {
  const points = ["front", "others", "below", "failed", "running"].flatMap((group) => view[group]);
  const sideOf = (x) => (narrow ? (isFreeAtLeft(x, points, frame, sign) ? LEFT : RIGHT) : BESIDE);
  return [BESIDE, LEFT, RIGHT].flatMap((side) => names(references.filter((x) => sideOf(x) === side), side, frame, sign, colours));
}

/** Within the chart they have a ground of their own, or the line of another one would strike them through. */
function names(references, { words, plot, rise }, frame, sign, colours) {
  const scale = plot / (frame.top - frame.bottom);
  const ordered = [...references].sort((a, b) => sign * (a.value - b.value));
  return spread(ordered.map((x) => sign * x.value * scale + rise), GAP).map((height, i) => ({
    xref: "paper", y: ordered[i].value, yanchor: "middle", yshift: height - sign * ordered[i].value * scale,
    text: ordered[i].name, showarrow: false, borderpad: 1, ...(rise ? { bgcolor: colours.surface } : {}), ...words,
    font: { size: rise ? 10 : 11, color: ordered[i].floor ? colours.floor : colours.muted },
  }));
}

// Thousands of quiet points on a canvas behind the chart: as SVG they would take half a second to draw, and
// Plotly's WebGL traces need `eval`, which the content security policy forbids.

const RADIUS = 2;

export class PointCanvas {
  constructor(chart) {
    Object.assign(this, { chart, points: [], colour: "" });
    this.canvas = h("canvas", { class: "point-canvas", "aria-hidden": "true" });
    chart.plot.before(this.canvas);
    chart.on("plotly_afterplot", () => this.draw());
  }

  /** What the next drawing of the chart shows. */
  set(points, colour) {
    Object.assign(this, { points, colour });
  }

  draw() {
    const pen = this.blank();
    if (!this.points.length) return;
    const { xaxis, yaxis } = this.chart.plot._fullLayout;
    const [left, top] = [xaxis._offset, yaxis._offset];
    pen.beginPath();
    pen.rect(left, top, xaxis._length, yaxis._length);
    pen.clip();
    pen.fillStyle = this.colour;
    pen.globalAlpha = 0.5;
    for (const { x, y } of this.points) {
      pen.beginPath();
      pen.arc(left + xaxis.d2p(x), top + yaxis.d2p(y), RADIUS, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  /** A clean canvas in the size and the place of the chart. */
  blank() {
    const { plot } = this.chart;
    const [width, height, scale] = [plot.clientWidth, plot.clientHeight, devicePixelRatio || 1];
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px`, top: `${plot.offsetTop}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    return pen;
  }
}
