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

/** Index of the member that lies farthest above the line from the cheapest to the best. */
export function knee(members, quality, cost, sign) {
  if (!members.length) return -1;
  const heights = members.map((x) => sign * x.values[quality]);
  const logs = members.map((x) => Math.log10(Math.max(x.values[cost], 1)));
  const smallest = Math.min(...logs.filter((x) => x > 0));
  const costs = logs.map((x) => (x > 0 ? x : Number.isFinite(smallest) ? smallest : 0));
  const gains = members.map((_, i) => scaled(heights, i) - scaled(costs, i));
  return gains.indexOf(Math.max(...gains));
}

function scaled(values, index) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? (values[index] - low) / (high - low) : 0;
}
