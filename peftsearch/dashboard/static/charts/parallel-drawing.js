// The picture of parallel coordinates: lines on a canvas, axes as SVG above it.
// Plotly's parcoords needs WebGL, and `eval` for many lines, which the content security policy forbids.

import { h, replace, s } from "../lib/dom.js";

const [TOP, BOTTOM, SIDE, GRIP] = [52, 14, 12, 26];

/** Where the axes stand in a box of `width` x `height` pixels. */
export function geometry(axes, width, height) {
  const right = 74;
  const gap = (width - SIDE - right) / Math.max(axes.length - 1, 1);
  const [top, bottom] = [TOP, height - BOTTOM];
  return { gap, top, bottom, x: (i) => SIDE + i * gap, y: (at) => bottom - at * (bottom - top), width, height };
}

/** How the line of each rank of `n` is drawn, from the worst to the best: the best stand out, a tenth and never so many that
    they hide each other; then the others of the better half. */
export function tonesOf(n) {
  const first = n - Math.min(Math.ceil(n / 10), 40);
  return Array.from({ length: n }, (_, rank) => (rank >= first ? "best" : rank >= n / 2 ? "better" : "quiet"));
}

/** Lines from the worst to the best, so that the best lie on top; filtered ones are faint. */
export function drawLines(canvas, axes, place, order, passes, colours) {
  const scale = devicePixelRatio || 1;
  Object.assign(canvas, { width: place.width * scale, height: place.height * scale });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const strength = Math.min(0.8, Math.max(0.03, 4 / Math.sqrt(order.length)));
  const tones = tonesOf(order.length);
  order.forEach((row, rank) => {
    const strong = tones[rank] === "best";
    pen.globalAlpha = (strong ? 0.8 : strength) * (passes(row) ? 1 : 0.08);
    pen.strokeStyle = colours[tones[rank]];
    pen.lineWidth = strong ? 1.6 : 1;
    line(pen, axes, place, row);
  });
}

function line(pen, axes, place, row) {
  pen.beginPath();
  axes.forEach(({ at }, i) => {
    if (at[row] !== null) pen.lineTo(place.x(i), place.y(at[row]));
  });
  pen.stroke();
}

/** Axes with ticks, titles and the strips by which they are filtered. */
export function drawAxes(svg, titles, axes, place, ranges, hear) {
  replace(titles, axes.map(({ title }, i) => caption(title, i, axes.length, place)));
  svg.setAttribute("viewBox", `0 0 ${place.width} ${place.height}`);
  const focused = document.activeElement?.closest?.(".parallel-axis")?.dataset.name;
  replace(svg, axes.map((axis, i) => axisNode(axis, place.x(i), place, ranges.get(axis.name), hear)));
  [...svg.children].find((x) => x.dataset.name === focused)?.focus();
}

function caption(title, i, count, { gap, x, width }) {
  const box = h("span", {}, title);
  const room = Math.min(gap, 130) - 8;
  const left = i === count - 1 ? Math.min(x(i) - 8, width - room) : x(i) - SIDE;
  Object.assign(box.style, { left: `${left}px`, width: `${room}px` });
  return box;
}

function axisNode(axis, x, place, range, hear) {
  const { top, bottom, y } = place;
  const strip = { x: x - GRIP / 2, y: top, width: GRIP, height: bottom - top, class: "parallel-grip" };
  const text = range ? `kept from ${Math.round(100 * range[0])} % to ${Math.round(100 * range[1])} % of the axis` : "all";
  const node = s("g", {
    class: "parallel-axis", tabindex: 0, role: "slider", "data-name": axis.name, "aria-label": `Filter by ${axis.title}`,
    "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuetext": text,
    "aria-valuenow": range ? Math.round(50 * (range[0] + range[1])) : 50,
  },
    s("line", { x1: x, x2: x, y1: top, y2: bottom }),
    axis.ticks.map(({ at, text: words }) => tick(words, x, y(at), place.gap)),
    range ? kept(x, y(range[1]), y(range[0])) : null,
    s("rect", strip));
  hear(node, axis);
  return node;
}

function kept(x, top, bottom) {
  return s("rect", { class: "parallel-range", x: x - 5, width: 10, y: top, height: Math.max(bottom - top, 2), rx: 3 });
}

function tick(words, x, y, gap) {
  const most = Math.max(Math.floor((gap - 10) / 6), 4);
  const short = words.length > most ? `${words.slice(0, most - 1)}…` : words;
  const text = s("text", { x: x + 7, y, "dominant-baseline": "middle" }, s("title", {}, words), short);
  // To the left: before a number it would look like a minus.
  return [s("line", { x1: x - 4, x2: x, y1: y, y2: y }), text];
}
