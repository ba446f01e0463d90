// A Plotly chart in a <figure>, with its caption, theme and text alternative.
//
//   const chart = makeChart(byId("front"), {
//     caption: "Quality against cost",             or an element
//     label: "Scatter chart of ..."                what a screen reader hears in place of the picture
//     draw: (theme) => ({data, layout, config}),   from your page's own state; called on each refresh
//     table: () => ({columns: ["Trial", ..], rows: [[17, "0.81"], ..], note: "the first 200"}),
//     height: 420,                                 pixels; 300 by default
//   });
//   chart.refresh()       after your data changed: draws at the next frame, many calls become one
//   chart.on("plotly_click", f)      Plotly's events; chart.plot is the <div>, chart.figure the <figure>
//   chart.ready           a promise: the first drawing is done
//
// theme: {ink, muted, line, surface, accent, good, warn, bad, series: [..], font, dark, narrow,
// small motion: still}. `layout` is laid over baseLayout(theme), axes over its axis style, so give only what differs.
// The page of a script that imports this offers Plotly, which is read when the first chart is drawn. For error bars,
// hover text and so on: Plotly's own words.

import { h, replace } from "../lib/dom.js";
import { breathe, loadPlotly } from "../lib/plotly.js";
import { colour, isDark, onThemeChange } from "../lib/theme.js";

const CONFIG = {
  displaylogo: false,
  responsive: true,
  modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"],
};
const SERIES = ["--accent", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];

/** One chart after the other, so that the page answers between them; the first that asked is the first drawn. */
let turns = Promise.resolve();

export function makeChart(figure, options) {
  return new Chart(figure, options);
}

class Chart {
  constructor(figure, options) {
    Object.assign(this, { figure, options, waiting: false });
    this.plot = h("div", { class: "chart-plot", role: "img", "aria-label": options.label });
    this.plot.style.height = `${options.height ?? 300}px`;
    this.body = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Chart as a table" });
    this.details = h("details", { class: "chart-table" }, h("summary", {}, "Show as a table"), this.body);
    this.details.addEventListener("toggle", () => this.tabulate());
    figure.classList.add("chart");
    figure.append(h("figcaption", {}, options.caption ?? ""), this.plot, this.details);
    this.ready = new Promise((resolve) => (this.drawn = resolve));
    onThemeChange(() => this.refresh());
  }

  refresh() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => (turns = turns.then(() => this.takeTurn())));
  }

  /** A chart that cannot be drawn says so and keeps no other from its turn. */
  async takeTurn() {
    try {
      await loadPlotly();
      await breathe();
      await this.redraw();
    } catch (error) {
      this.waiting = false;
      console.error(error);
      if (!this.plot.querySelector(".main-svg")) replace(this.plot, h("p", { class: "quiet" }, `The chart cannot be drawn: ${error.message}`));
    }
  }

  async redraw() {
    this.waiting = false;
    const theme = readTheme(this.plot);
    const { data, layout = {}, config = {} } = this.options.draw(theme);
    await Plotly.react(this.plot, data, overlay(baseLayout(theme), styled(layout, theme)), { ...CONFIG, ...config });
    this.tabulate();
    this.drawn();
  }

  on(name, callback) {
    this.ready.then(() => this.plot.on(name, callback));
  }

  describe(label) {
    this.plot.setAttribute("aria-label", label);
  }

  tabulate() {
    if (!this.details.open) return;
    const { columns, rows, note } = this.options.table();
    replace(this.body, note ? h("p", { class: "quiet" }, note) : null, plainTable(columns, rows));
  }
}

export function plainTable(columns, rows) {
  const head = h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name))));
  const cell = (value) => h("td", { class: typeof value === "number" ? "number" : null }, value);
  return h("table", {}, head, h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell)))));
}

function readTheme(element) {
  return {
    ink: colour("--ink"),
    muted: colour("--ink-2"),
    line: colour("--line"),
    surface: colour("--surface"),
    accent: colour("--accent"),
    good: colour("--good"),
    warn: colour("--warn"),
    bad: colour("--bad"),
    series: SERIES.map(colour),
    font: getComputedStyle(document.body).fontFamily,
    dark: isDark(),
    narrow: element.clientWidth < 520,
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

function axisStyle(theme) {
  // Without prefixes: nobody reads 600µ as an error of 0.0006.
  return { gridcolor: theme.line, linecolor: theme.line, zerolinecolor: theme.line, exponentformat: "none" };
}

function baseLayout(theme) {
  const axis = { ...axisStyle(theme), automargin: true };
  const font = { family: theme.font, size: 12.5, color: theme.muted };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font,
    margin: { l: 56, r: 16, t: 12, b: 48 },
    hovermode: "closest",
    hoverlabel: { bgcolor: theme.surface, bordercolor: theme.line, font: { ...font, color: theme.ink }, align: "left" },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.muted, activecolor: theme.accent },
    xaxis: axis,
    yaxis: axis,
    uirevision: "stay",
  };
}

/** Further axes of a chart with several panels look like its first. */
function styled(layout, theme) {
  const more = Object.entries(layout).filter(([name]) => /^[xy]axis\d+$/.test(name));
  return { ...layout, ...Object.fromEntries(more.map(([name, axis]) => [name, { ...axisStyle(theme), ...axis }])) };
}

/** `over` on top of `base`, plain objects merged, everything else replaced. */
function overlay(base, over) {
  const merged = { ...base };
  for (const [name, value] of Object.entries(over)) {
    merged[name] = isPlain(value) && isPlain(base[name]) ? overlay(base[name], value) : value;
  }
  return merged;
}

function isPlain(value) {
  return Object.prototype.toString.call(value) === "[object Object]";
}
