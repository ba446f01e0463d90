// What the front chart shows as of an event, as plain data: no drawing here.

import { place, span } from "./axis.js";
import { failedRows, frontAt, knee, summarise } from "./summaries.js";

/** The whole run's axes, with all that ever was on the front: a replay moves the points and not the frame. */
export function frameOf(model, cost) {
  const summaries = summarise(model.columns, model.event, [model.quality, cost]);
  const shown = summaries.filter((x) => x.values[cost] !== null && x.values[model.quality] !== null);
  const members = frontAt(model.entries, model.event, model.cost);
  const heights = members.map((x) => model.sign * x.values[model.quality]);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const floor = low - 0.4 * (high - low || Math.abs(high) * 0.05 || 1);
  const highest = model.entries.reduce((most, x) => Math.max(most, model.sign * x.values[model.quality]), high);
  return { ...span(shown.map((x) => x.values[cost])), ...vertical(shown, floor, highest, model) };
}

/** Collapsed runs would press the front into a thin band, so the axis ends at `floor`. */
function vertical(shown, floor, high, model) {
  let [bottom, top] = [Infinity, high];
  for (const x of shown) {
    const height = model.sign * x.values[model.quality];
    bottom = Math.min(bottom, Math.max(height, floor));
    top = Math.max(top, height);
  }
  const pad = (top - bottom || 1) * 0.08;
  return { floor, bottom: bottom - pad * 1.4, top: top + pad * 1.6, edge: bottom - pad * 0.8 };
}

/** The points of the chart in groups: {front, dominated, below, failed, running, knee}. */
export function viewAt(model, cost, event, frame, running = []) {
  const members = frontAt(model.entries, event, model.cost);
  const keys = new Set(members.map((x) => x.key));
  const at = (values) => ({ x: place(values[cost], frame), y: values[model.quality] });
  const others = summarise(model.columns, event, [model.quality, cost])
    .filter((x) => !keys.has(x.key) && x.values[cost] !== null && x.values[model.quality] !== null)
    .map((x) => ({ ...x, ...at(x.values), words: model.columns.words[x.row] }));
  const below = (x) => model.sign * x.y < frame.floor;
  const low = { y: model.sign * frame.edge };
  return {
    front: members.map((x) => ({ ...x, ...at(x.values) })),
    knee: knee(members, model.quality, model.cost, model.sign),
    dominated: others.filter((x) => !below(x)),
    below: others.filter(below).map((x) => ({ ...x, real: x.y, y: model.sign * frame.floor })),
    failed: failedPoints(model, cost, event, frame, low),
    running: running
      .map((x) => ({ ...x, cost: x.values[cost] ?? (cost === model.cost ? x.cost : null) ?? null }))
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

/** Reference lines whose trial had ended by an event: [{name, value, trial}]. */
export function referencesAt(model, baselines, event) {
  const named = [[model.probeName, baselines?.probe], ["best plain LoRA", baselines?.lora]];
  return named
    .filter(([, line]) => line && endedBy(model, line.trial, event))
    .map(([name, line]) => ({ name, ...line }));
}

function endedBy(model, number, event) {
  const row = model.rowOf.get(number);
  return row === undefined ? event >= model.event : model.columns.event[row] <= event;
}
