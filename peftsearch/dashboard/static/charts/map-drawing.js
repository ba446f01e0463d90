// The strata map as SVG, from the rectangles of map-layout.js. Colours come from map.css by `data-group`.

import { s } from "../lib/dom.js";
import { strataWords } from "./map-wording.js";

const GAP = 1.5;
const LETTER = 6.7;
let serial = 0;

// One <svg>; cells carry data-layer and data-column.
export function drawMap(map, layout, options) {
  const { label, differs = new Set(), small = false } = options;
  const hatch = `map-hatch-${(serial += 1)}`;
  const paint = { map, layout, differs, small, hatch, hatched: options.hatched ?? secondOfGroup([map]) };
  return s(
    "svg",
    { class: "map-svg", width: layout.width, height: layout.height, role: "img", "aria-label": label },
    hatchPattern(hatch), heads(layout, small), layout.bands.map(band), layout.rows.map((row) => drawRow(row, paint)),
    layout.boundaries.map((line) => boundary(line, layout)),
    frames(layout, differs),
    layout.roomy ? brackets(map, layout) : null,
    map.input ? inputCell(paint) : null,
  );
}

function hatchPattern(id) {
  const size = { width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  return s("defs", {}, s("pattern", { id, ...size }, s("rect", { class: "map-hatch", width: 1.8, height: 6 })));
}

// Techniques whose group has an earlier one in the same maps: they are hatched.
export function secondOfGroup(maps) {
  const first = new Map();
  const second = new Set();
  for (const { technique, group } of maps.flatMap((map) => map.layers).flatMap((layer) => layer.modules)) {
    if (!first.has(group)) first.set(group, technique);
    else if (first.get(group) !== technique) second.add(technique);
  }
  return second;
}

function text(x, y, content, attributes = {}) {
  return s("text", { x, y, "text-anchor": "middle", "dominant-baseline": "central", ...attributes }, content);
}

function heads({ columns, groups, top }, small) {
  if (top < 30) return [];
  const over = groups.map(({ part, x, end }) => {
    const fits = part.length * LETTER < end - x + 8;
    return [
      text((x + end) / 2, 10, fits ? part : part.slice(0, 5), { class: "map-part" }),
      s("line", { class: "map-rule", x1: x + 2, x2: end - 2, y1: 20, y2: 20 }),
    ];
  });
  return [over, columns.map((column) => text(column.x + column.width / 2, small ? 29 : 30, column.head, {
    class: "map-head",
  }))];
}

function band({ name, y }) {
  return text(2, y, name, { class: "map-part", "text-anchor": "start" });
}

function drawRow(row, paint) {
  const { layout, map, differs } = paint;
  const { index, y, height } = row;
  const roles = map.stacks[row.layer.stack].roles;
  const everyone = map.stacks.length === 1;
  const there = ({ name }) => everyone || !/^(query|key|value|attention|cross|mlp)/.test(name) || roles.includes(name);
  const named = height >= 13 || index % 4 === 0 || index === map.layers.length - 1;
  const changed = layout.columns.some(({ name }) => differs.has(`${index}:${name}`));
  return s(
    "g",
    {},
    named ? text(24, y + height / 2, index, { class: changed ? "map-axis map-changed" : "map-axis", "text-anchor": "end" }) : null,
    layout.columns.filter(there).map((column) => cell(column, row, paint)),
  );
}

function cell(column, { layer, index, y, height }, paint) {
  const held = layer.modules.filter((module) => column.name in module.columns);
  const gap = height > 9 ? GAP : 0.7;
  const box = { x: column.x + gap, y: y + gap, width: column.width - 2 * gap, height: height - 2 * gap };
  const differs = paint.differs.has(`${index}:${column.name}`);
  const each = (box.width - 2 * (held.length - 1)) / Math.max(1, held.length);
  return s(
    "g",
    { class: differs ? "map-cell map-unlike" : "map-cell", "data-layer": index, "data-column": column.name },
    s("rect", { class: "map-empty", ...box, rx: corner(box) }),
    held.map((module, i) => fill(module, { ...box, x: box.x + i * (each + 2), width: each }, paint)),
  );
}

function corner({ height }) {
  return Math.min(3, height / 4);
}

// One frame around each run of layers whose cells in a column differ.
function frames({ columns, rows }, differs) {
  return columns.flatMap((column) => {
    const runs = [];
    for (const { y, height } of rows.filter((row) => differs.has(`${row.index}:${column.name}`))) {
      const last = runs.at(-1);
      if (last && last.end === y) last.end = y + height;
      else runs.push({ y, end: y + height });
    }
    return runs.map(({ y, end }) => s("rect", {
      class: "map-differs", x: column.x + 0.5, y: y + 0.5, width: column.width - 1, height: end - y - 1, rx: 2,
    }));
  });
}

// A pale box in the colour of the group, filled from the left by capacity; the size in words where it fits.
function fill(module, box, paint) {
  const rx = corner(box);
  const filled = { ...box, width: Math.max(2.5, box.width * module.fill) };
  const isHatched = paint.hatched.has(module.technique);
  return s(
    "g",
    { class: "map-module", "data-group": module.group },
    s("rect", { class: "map-tint", ...box, rx }),
    s("rect", { class: "map-fill", ...filled, rx }),
    isHatched ? s("rect", { ...box, rx, fill: `url(#${paint.hatch})` }) : null,
    size(module, box, filled.width),
  );
}

function size({ label }, { x, y, width, height }, filled) {
  const wide = label.length * LETTER + 6;
  if (!label || height < 14 || wide > width) return null;
  const inside = filled >= wide;
  const middle = inside ? x + filled / 2 : Math.min(x + filled + wide / 2, x + width - wide / 2);
  const over = !inside && middle - wide / 2 < x + filled - 2;
  const kind = inside ? "map-on" : over ? "map-beside map-halo" : "map-beside";
  return text(middle, y + height / 2 + 0.5, label, { class: kind });
}

function boundary({ layer, y, drawn }, { start, end }) {
  if (!drawn) return null;
  return s(
    "g",
    { class: "map-boundary" },
    s("line", { x1: start - 4, x2: end + 4, y1: y, y2: y }),
    text(end + 15, y, layer),
  );
}

function brackets(map, { rows, end, width }) {
  const x = end + 30;
  return strataWords(map).map(({ first, last, what, span, partly }) => {
    const top = rows.find((row) => row.index === last).y + 3;
    const low = rows.find((row) => row.index === first);
    const bottom = low.y + low.height - 3;
    const room = Math.floor((width - x - 10) / LETTER);
    const lines = bottom - top >= 28 ? [what, [span, partly].filter(Boolean).join(", ")].map((x) => clip(x, room)) : [clip(what, room)];
    return s(
      "g",
      { class: "map-stratum" },
      s("path", { d: `M${x - 4} ${top}h4V${bottom}h-4` }),
      lines.map((line, i) => text(x + 9, (top + bottom) / 2 + (i - (lines.length - 1) / 2) * 16, line, {
        "text-anchor": "start", class: i ? "map-span" : "map-what",
      })),
    );
  });
}

function clip(words, room) {
  return words.length > room ? `${words.slice(0, Math.max(1, room - 1))}…` : words;
}

function inputCell(paint) {
  const { map, layout } = paint;
  const box = { x: layout.start + GAP, y: layout.input.y, width: layout.end - layout.start - 2 * GAP, height: layout.input.height };
  const words = `${map.input.technique} ${map.input.label}`;
  return s(
    "g",
    { class: "map-cell", "data-layer": "input", "data-column": "input" },
    text(24, box.y + box.height / 2, "in", { class: "map-axis", "text-anchor": "end" }),
    fill({ ...map.input, label: words }, box, paint),
  );
}
