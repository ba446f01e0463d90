// Decisions: where a trial stands against the front, and where a value lies on a scale.

/** {kind: "front", place, of, knee}, or {kind: "beaten", point, gain}, or {kind: "aside"}. */
export function standing({ job, trial, front }) {
  const place = front.points.findIndex((point) => point.trials.includes(trial.number));
  if (place >= 0) {
    const order = [...front.points].sort((a, b) => a.values[job.cost] - b.values[job.cost]);
    const point = front.points[place];
    return { kind: "front", place: order.indexOf(point) + 1, of: order.length, knee: point.knee };
  }
  const sign = job.maximise ? 1 : -1;
  const own = trial.values;
  const better = front.points
    .map((point) => ({ point, gain: sign * (point.values[job.quality] - own[job.quality]) }))
    .filter(({ point, gain }) => gain >= 0 && point.values[job.cost] <= own[job.cost])
    .sort((a, b) => b.gain - a.gain);
  return better.length ? { kind: "beaten", ...better[0] } : { kind: "aside" };
}

export function knee(front) {
  return front.points.find((point) => point.knee) ?? null;
}

/** Scale over the values that are numbers; null where they are fewer than two different ones. */
export function range(values, logarithmic = false) {
  const known = values.filter((x) => Number.isFinite(x));
  const low = Math.min(...known);
  const high = Math.max(...known);
  return known.length && low < high ? { low, high, logarithmic } : null;
}

/** Between 0 and 1. */
export function placeOnScale(value, { low, high, logarithmic }) {
  const bend = logarithmic ? Math.log : (x) => x;
  return (bend(value) - bend(low)) / (bend(high) - bend(low));
}
