// Geometry of the strata map: a decision from plain data and a width to rectangles in pixels.

const COLUMNS = {
  query: ["attention", "query", "q"],
  key: ["attention", "key", "k"],
  value: ["attention", "value", "v"],
  query_key_value: ["attention", "q, k, v", "qkv"],
  attention_output: ["attention", "output", "o"],
  cross_query: ["cross-attention", "query", "q"],
  cross_key: ["cross-attention", "key", "k"],
  cross_value: ["cross-attention", "value", "v"],
  cross_output: ["cross-attention", "output", "o"],
  mlp_in: ["MLP", "in", "in"],
  mlp_gate: ["MLP", "gate", "gt"],
  mlp_gate_in: ["MLP", "gate, in", "gi"],
  mlp_out: ["MLP", "out", "out"],
  biases: ["layer", "biases", "b"],
  norms: ["layer", "norms", "n"],
  layer: ["layer", "modules", "m"],
};
const LEFT = 34;
const ROOMY = 660;
const BAND_GAP = 10;
const BOUNDARY_GAP = 9;
const WIDEST = 96;
const SHORT_BELOW = 46;
const INPUT_HEIGHT = 22;

// Order of all columns, for maps that are drawn to one grid.
export const ORDER = Object.keys(COLUMNS);

// A column in words, such as "attention query" or "biases".
export function columnWords(name) {
  if (name === "input") return "input";
  const [part, long] = COLUMNS[name] ?? ["", name];
  return name === "layer" ? "beside the linears" : part === "layer" ? long : `${part} ${long}`;
}

/**
 * Where everything stands.
 *
 * @param map Plain data of the API.
 * @param width Pixels there are.
 * @param options `small` for the compact form; `columns` to draw more columns than the map has.
 */
export function layOut(map, width, options = {}) {
  const names = options.columns ?? map.columns;
  const roomy = width >= ROOMY && !options.small;
  const right = roomy ? Math.min(230, width * 0.24) : 28;
  const columns = placeColumns(names, map, width - LEFT - right, options.weights);
  const end = columns.at(-1).x + columns.at(-1).width;
  const heads = options.small && columns[0].width < 12 ? 16 : 40;
  const { rows, boundaries, bands, bottom } = placeRows(map, heads, options);
  const input = map.input ? { y: bottom + 6, height: INPUT_HEIGHT } : null;
  const height = bottom + (input ? INPUT_HEIGHT + 8 : 4);
  return {
    columns, rows, boundaries, bands, input, height, roomy, end,
    start: LEFT, top: heads, groups: groupColumns(columns), width: end + right,
  };
}

// How many modules stand side by side in each column at most.
export function columnWeights(maps, names) {
  const most = (name) => Math.max(1, ...maps.flatMap((map) => map.layers.map(
    (layer) => layer.modules.filter((module) => name in module.columns).length,
  )));
  return Object.fromEntries(names.map((name) => [name, Math.min(3, most(name))]));
}

function placeColumns(names, map, space, weights = columnWeights([map], names)) {
  const parts = new Set(names.map((name) => COLUMNS[name]?.[0]));
  const free = space - (parts.size - 1) * BAND_GAP;
  const total = names.reduce((sum, name) => sum + weights[name], 0);
  const unit = Math.min(WIDEST, free / total);
  let x = LEFT;
  let before = null;
  return names.map((name) => {
    const [part, long, short] = COLUMNS[name] ?? ["other", name, name.slice(0, 2)];
    if (before !== null && part !== before) x += BAND_GAP;
    before = part;
    const width = unit * weights[name];
    const column = { name, part, x, width, head: width < SHORT_BELOW ? short : long };
    x += width;
    return column;
  });
}

function groupColumns(columns) {
  const found = [];
  for (const column of columns) {
    const last = found.at(-1);
    if (last?.part === column.part) last.end = column.x + column.width;
    else found.push({ part: column.part, x: column.x, end: column.x + column.width });
  }
  return found;
}

// Height of a row by how many there are, so that any model fits one screen.
function rowHeight(layers, small) {
  const [space, least, most] = small ? [230, 5, 22] : [440, 11, 36];
  return Math.max(least, Math.min(most, Math.floor(space / layers)));
}

function placeRows(map, top, { small = false, boundaries = map.boundaries } = {}) {
  const height = rowHeight(map.layers.length, small);
  const several = map.stacks.length > 1;
  const rows = [];
  const lines = [];
  const bands = [];
  let y = top;
  let above = null;
  for (const layer of [...map.layers].reverse()) {
    if (several && layer.stack !== above?.stack) {
      bands.push({ name: map.stacks[layer.stack].name, y: y + (above ? 18 : 10) });
      y += above ? 26 : 18;
    }
    rows.push({ layer, index: layer.index, y, height });
    y += height;
    if (boundaries.includes(layer.index)) {
      const drawn = map.boundaries.includes(layer.index);
      lines.push({ layer: layer.index, y: y + BOUNDARY_GAP / 2, drawn });
      y += BOUNDARY_GAP;
    }
    above = layer;
  }
  return { rows, boundaries: lines, bands, bottom: y };
}
