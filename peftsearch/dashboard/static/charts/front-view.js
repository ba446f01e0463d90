// What the front chart shows as of an event, as plain data: no drawing here.

import { goalOf, quantity } from "../lib/measures.js";

/** The whole run's axes, with all that ever was on the front and what runs: a replay moves the points and not the frame. */
export function frameOf(model, cost, floors = [], errors = new Map(), more = [], running = []) {
  const summaries = summarise(model.columns, model.event, [model.quality, cost]);
  const shown = summaries.filter((x) => x.values[cost] !== null && x.values[model.quality] !== null);
  const members = frontAt(model.entries, model.event, model.cost);
  const heights = members.map((x) => model.sign * x.values[model.quality]);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const floor = low - 0.4 * (high - low || Math.abs(high) * 0.05 || 1);
  const lines = linesWithin(floors, floor, model.sign).map((x) => model.sign * x.value);
  const ends = members.flatMap((x, i) => [-1, 1].map((side) => heights[i] + side * (errors.get(x.key) ?? 0)));
  ends.push(...more.map((x) => model.sign * x));
  const highest = model.entries.reduce((most, x) => Math.max(most, model.sign * x.values[model.quality]), Math.max(high, ...lines, ...ends));
  const coming = running.map((x) => comingCost(x, model, cost));
  return { ...span([...shown.map((x) => x.values[cost]), ...coming]), ...vertical(shown, [...lines, ...ends], floor, highest, model), start: heights[0] };
}

/** Of what runs; null of a cost that is not known before it has ended. */
function comingCost({ values, cost: known }, model, cost) {
  return values[cost] ?? (cost === model.cost ? known : null) ?? null;
}

/** Collapsed runs would press the front into a thin band, so they alone do not lead the axis below `floor`. */
function vertical(shown, lines, floor, high, model) {
  let [bottom, top] = [Math.min(Infinity, ...lines), high];
  for (const x of shown) {
    const height = model.sign * x.values[model.quality];
    bottom = Math.min(bottom, Math.max(height, floor));
    top = Math.max(top, height);
  }
  const pad = (top - bottom || Math.abs(top) * 0.1 || 1) * 0.08;
  return { bottom: bottom - pad * 1.4, top: top + pad * 1.6, edge: bottom - pad * 1.1 };
}

/** Whether a value lies below the axis of a frame: then it has a mark on the frame's `edge`, else it stands where it is. */
export function isBelow(value, frame, sign) {
  return sign * value < frame.bottom;
}

/** Floors that have a line: the first, which is the best, and those that do not lie below the axis. */
function linesWithin(floors, low, sign) {
  return floors.filter((x, i) => !i || sign * x.value >= low);
}

/** The points of the chart in groups: {front, others, below, failed, running, knee}; `other` is the front of a cost
    that the job did not search by. */
export function viewAt(model, cost, event, frame, running = [], predicted = [], other = null) {
  const members = other ?? frontAt(model.entries, event, model.cost);
  const keys = new Set(members.map((x) => x.key));
  const at = (values) => ({ x: place(values[cost], frame), y: values[model.quality] });
  const others = summarise(model.columns, event, [model.quality, cost])
    .filter((x) => !keys.has(x.key) && x.values[cost] !== null && x.values[model.quality] !== null)
    .map((x) => ({ ...x, ...at(x.values), words: model.columns.words[x.row] }));
  const below = (x) => isBelow(x.y, frame, model.sign);
  const low = { y: model.sign * frame.edge };
  return {
    front: members.map((x) => ({ ...x, ...at(x.values) })),
    knee: knee(members, other ? [model.quality, cost] : model.goals),
    others: others.filter((x) => !below(x)),
    below: others.filter(below).map((x) => ({ ...x, real: x.y, ...low })),
    predicted: predicted.map((x) => ({ ...x, trials: [], values: { [cost]: x.cost }, x: place(x.cost, frame), y: x.mean })),
    failed: failedPoints(model, cost, event, frame, low),
    running: running
      .map((x) => ({ ...x, cost: comingCost(x, model, cost) }))
      .filter((x) => x.cost !== null)
      .map((x) => ({ ...x, trials: [x.number], values: { [cost]: x.cost }, x: place(x.cost, frame), ...low })),
  };
}

/** Failed trials have no quality: they stand on the lower edge at the cost that is known. */
function failedPoints(model, cost, event, frame, low) {
  const { columns } = model;
  const costs = columns.values[cost] ?? [];
  const known = (row) => costs[row] ?? (cost === model.cost ? columns.cost?.[row] : null) ?? null;
  return failedRows(columns, event)
    .filter((row) => known(row) !== null)
    .map((row) => ({
      row, key: columns.key[row], trials: [columns.number[row]], words: columns.words[row],
      failure: columns.failure[row], values: { [cost]: known(row) }, x: place(known(row), frame), ...low,
    }));
}

/** Lines [name, ...] that are no floor already, as a language model without an adapter is. */
export function besideFloors(lines, floors) {
  return lines.filter(([name]) => !floors.some((x) => x.short === name));
}

/** Reference lines: the floors, and trials that had ended by an event: [{name, value, floor}]. */
export function referencesAt(model, { baselines, floors = [] }, event, frame) {
  const shown = floors.filter((x) => !isBelow(x.value, frame, model.sign)).map((x) => ({ name: x.short, value: x.value, floor: true }));
  const named = [[model.probeName, baselines?.probe], ["best plain LoRA", baselines?.lora]];
  const ended = besideFloors(named, floors).filter(([, line]) => line && endedBy(model, line.trial, event));
  return [...shown, ...ended.map(([name, { value }]) => ({ name, value, floor: false }))];
}

/** Ascending places at least `gap` apart, each near where it was: close ones stand around their middle. */
export function spread(places, gap) {
  const groups = [];
  for (const place of places) {
    let [middle, size] = [place, 1];
    while (groups.length && middle - groups.at(-1).middle < (gap * (size + groups.at(-1).size)) / 2) {
      const before = groups.pop();
      middle = (before.middle * before.size + middle * size) / (before.size + size);
      size += before.size;
    }
    groups.push({ middle, size });
  }
  return groups.flatMap(({ middle, size }) => Array.from({ length: size }, (_, i) => middle + gap * (i - (size - 1) / 2)));
}

/** Pixels of a narrow chart between its axes, about; what a letter of a line's name takes, and how high the name stands above its line. */
export const INNER = { width: 320, height: 332 };
const [LETTER, LINE] = [6, 15];

/** Whether the name of a line in a narrow chart stands above its left end, for fewer points are there than at the right one.
    Where as many are: a front rises from the left below to the right above, so high lines have room at their left ends. */
export function isFreeAtLeft({ name, value }, points, frame, sign) {
  const [from, to] = [Math.log(frame.low), Math.log(frame.high)];
  const wide = (LETTER * name.length) / INNER.width;
  const scale = INNER.height / (frame.top - frame.bottom);
  const beside = points.filter(({ y }) => Math.abs(sign * (y - value) * scale - LINE / 2) < LINE);
  const shares = beside.map(({ x }) => (Math.log(x) - from) / (to - from));
  const [left, right] = [shares.filter((x) => x < wide).length, shares.filter((x) => x > 1 - wide).length];
  return left === right ? sign * value >= frame.start + 0.1 * (frame.top - frame.bottom) : left < right;
}

function endedBy(model, number, event) {
  const row = model.rowOf.get(number);
  return row === undefined ? event >= model.event : model.columns.event[row] <= event;
}

// The cost axis: logarithmic, with a band of its own for a cost of 0 at the left.

/** Where things stand: {zero, low, high, hasZero}, in units of the cost. */
export function span(costs) {
  let [smallest, largest, hasZero] = [Infinity, 0, false];
  for (const cost of costs) {
    if (cost === 0) hasZero = true;
    else if (cost !== null && cost < smallest) smallest = cost;
    if (cost > largest) largest = cost;
  }
  if (!Number.isFinite(smallest)) [smallest, largest] = [1, 10];
  const zero = smallest / 10 ** 0.5;
  return { zero, hasZero, low: hasZero ? zero / 1.6 : smallest / 1.5, high: Math.max(largest, smallest * 2) * 1.5 };
}

/** A cost's place on the axis: 0 stands half a decade left of the smallest cost. */
export function place(cost, { zero }) {
  return Math.max(cost, zero);
}

/** Ticks at 1 and 3 of each decade (of many decades at 1), and at the place of 0. */
export function ticks(name, { zero, hasZero, high }, narrow) {
  const [first, last] = [Math.floor(Math.log10(zero)), Math.ceil(Math.log10(high))];
  const steps = last - first > (narrow ? 2 : 5) ? [1] : [1, 3];
  const values = [];
  for (let decade = first; decade <= last; decade++) {
    values.push(...steps.map((step) => step * 10 ** decade));
  }
  const free = hasZero ? zero * (narrow ? 2.5 : 1.5) : zero;
  const shown = values.filter((x) => x > free && x <= high);
  const texts = shown.map((x) => quantity(name, x));
  return hasZero ? { values: [zero, ...shown], texts: ["0", ...texts] } : { values: shown, texts };
}

/** The grey band behind a cost of 0, as a shape of Plotly. */
export function zeroBand({ zero, low, hasZero }, colour) {
  if (!hasZero) return [];
  return [{
    type: "rect", xref: "x", yref: "paper", x0: low, x1: zero * 1.25, y0: 0, y1: 1,
    fillcolor: colour, opacity: 0.7, line: { width: 0 }, layer: "below",
  }];
}

// Configurations with the means of their seeds, and the front, as of any event of the job.

/** One summary per configuration: {key, values, trials, row}; `row` is that of its first trial. */
export function summarise(columns, until, names) {
  const found = new Map();
  for (let row = 0; row < columns.number.length && columns.event[row] <= until; row++) {
    if (columns.state[row] !== "completed") continue;
    const known = found.get(columns.key[row]);
    if (known) known.rows.push(row);
    else found.set(columns.key[row], { key: columns.key[row], row, rows: [row] });
  }
  return [...found.values()].map((x) => ({
    key: x.key,
    row: x.row,
    trials: x.rows.map((row) => columns.number[row]),
    values: means(columns, x.rows, names),
  }));
}

function means(columns, rows, names) {
  const values = {};
  for (const name of names) {
    const column = columns.values[name];
    let sum = column ? 0 : null;
    for (let i = 0; i < rows.length && sum !== null; i++) {
      const value = column[rows[i]];
      sum = value === null ? null : sum + value;
    }
    values[name] = sum === null ? null : sum / rows.length;
  }
  return values;
}

/** Rows of the trials that failed until an event. */
export function failedRows(columns, until) {
  const rows = [];
  for (let row = 0; row < columns.number.length && columns.event[row] <= until; row++) {
    if (columns.state[row] === "failed") rows.push(row);
  }
  return rows;
}

/** Entries of the front as of an event, cheapest first. */
export function frontAt(entries, event, cost) {
  return entries
    .filter((x) => x.entered <= event && (x.left === null || x.left > event))
    .sort((a, b) => a.values[cost] - b.values[cost]);
}

/** Of the ranges: a front that rises less above its line has no knee. */
const BEND = 0.05;

/** Index of the member that lies farthest above the line from the cheapest to the best, of more goals the plane; of the
    best where none lies clearly above it. The first of `names` is the quality. */
export function knee(members, names) {
  if (!members.length) return -1;
  const columns = names.map((name) => places(members, goalOf(name)));
  const gains = members.map((_, i) => columns.reduce((sum, { sign, values }) => sum + sign * scaled(values, i), 0));
  const { sign, name } = goalOf(names[0]);
  const heights = members.map((x) => sign * x.values[name]);
  const best = heights.indexOf(Math.max(...heights));
  const found = gains.indexOf(Math.max(...gains));
  return gains[found] - gains[best] > BEND ? found : best;
}

/** Scores as they are, to be maximised; costs as logarithms, of which a known 0 counts as the smallest. */
function places(members, { name, sign, log, known }) {
  const values = members.map((x) => x.values[name]);
  if (!log) return { sign: 1, values: values.map((x) => sign * x) };
  const logs = values.map((x) => Math.log10(Math.max(x, known ? 1 : 1e-3)));
  if (!known) return { sign, values: logs };
  const smallest = Math.min(...logs.filter((x) => x > 0));
  return { sign, values: logs.map((x) => (x > 0 ? x : Number.isFinite(smallest) ? smallest : 0)) };
}

function scaled(values, index) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? (values[index] - low) / (high - low) : 0;
}
