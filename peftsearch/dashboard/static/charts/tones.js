// A scale of colours for values, and its key above a panel: a colour bar of Plotly's would need inline styles.

import { colour } from "../lib/theme.js";

const TONES = 12;
/** From few to much, for marks: both ends stand off the surface in either theme. */
export const MARKS = ["--series-5", "--accent", "--series-3", "--series-6"];
/** For fields: the more, the farther from the surface, so that the order shows without hues. */
export const FIELDS = ["--accent-soft", "--accent-strong"];

/** As Plotly's `colorscale`. */
export function toneScale(names) {
  return names.map((name, i) => [i / (names.length - 1), colour(name)]);
}

/** Shapes and annotations above a panel, in shares of the chart: {name, least, most} are texts; `bar` is the height of the bar. */
export function toneKey(scale, { name, least, most }, [left, right, top], bar) {
  const width = right - left;
  const [start, end] = [left + 0.66 * width, left + 0.82 * width];
  const step = (end - start) / TONES;
  const y = { yref: "paper", y0: top + 1.6 * bar, y1: top + 2.6 * bar };
  const shapes = Array.from({ length: TONES }, (_, i) => ({
    type: "rect", xref: "paper", x0: start + i * step, x1: start + (i + 1) * step, ...y, line: { width: 0 }, fillcolor: toneAt(scale, i / (TONES - 1)),
  }));
  const said = (text, x, xanchor) => ({
    text, x, xanchor, xref: "paper", yref: "paper", y: top + 2.1 * bar, yanchor: "middle", showarrow: false, font: { size: 11 },
  });
  return { shapes, annotations: [said(name, left, "left"), said(least, start - 0.01, "right"), said(most, end + 0.01, "left")] };
}

/** The colour at a share of the scale. */
function toneAt(scale, share) {
  const at = share * (scale.length - 1);
  const [low, high] = [Math.floor(at), Math.min(Math.floor(at) + 1, scale.length - 1)].map((i) => parts(scale[i][1]));
  return `rgb(${low.map((x, i) => Math.round(x + (high[i] - x) * (at - Math.floor(at)))).join(",")})`;
}

function parts(text) {
  if (!text.startsWith("#")) return text.match(/[\d.]+/g).slice(0, 3).map(Number);
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
}
