// The front chart: quality against a cost, with replay, and a click that opens the trial.

import { get } from "../lib/api.js";
import { h, replace, setText } from "../lib/dom.js";
import { costsOf, listed, noun, write } from "../lib/measures.js";
import { catchingUp, onTrials } from "../lib/refresh.js";
import { colour, faint } from "../lib/theme.js";
import { makeChart } from "./chart.js";
import { MANY, PointCanvas, layout, legendLine, traces } from "./front-drawing.js";
import { Pointing, alternative, expectedText, floorWords, note } from "./front-notes.js";
import { OtherFront } from "./other-front.js";
import { Replay } from "./front-replay.js";
import { PredictedFront, predictedTraces } from "./front-predicted.js";
import { frameOf, place, referencesAt, viewAt } from "./front-view.js";

const [TALL, NARROW] = [520, 420];

export class FrontChart {
  constructor(model) {
    Object.assign(this, { model, cost: model.cost, picked: null, errors: new Map(), expected: {}, running: [] });
    this.front = { baselines: null, floors: model.detail.floors, warnings: [] };
    this.figure = h("figure", {});
    this.chooser = h("select", { id: "front-cost" });
    this.remark = h("p", { class: "quiet small", hidden: true });
    this.other = new OtherFront(model, () => this.redraw());
    this.offerCosts();
    this.tellCost();
    this.watchers = [];
    this.predicted = new PredictedFront(model, () => this.redraw());
    this.replay = new Replay(model, () => this.redraw());
    this.told = h("div", { class: "front-floors" });
    this.element = h("div", { class: "front" }, this.told, this.controls(), this.figure, this.predicted.told, this.remark, this.replay.element);
    this.chart = makeChart(this.figure, {
      caption: "", label: "Quality against cost", height: innerWidth > 640 ? TALL : NARROW,
      draw: (theme) => this.draw(theme), table: () => this.table(),
    });
    this.listen();
  }

  controls() {
    this.chooser.addEventListener("change", () => this.switchCost(this.chooser.value));
    const label = h("label", { for: "front-cost", class: "small" }, "Cost");
    const hint = h("span", { class: "quiet small zoom-hint" }, "Drag to zoom, double-click for all.");
    return h("div", { class: "row front-controls" }, label, this.chooser, this.predicted.control, hint);
  }

  listen() {
    this.canvas = new PointCanvas(this.chart);
    this.pointing = new Pointing(this.chart, {
      view: () => this.view,
      tell: (group, point) => this.tell(group, point),
      open: (point) => this.open(point),
    });
    this.expecting = catchingUp(this.model, () => this.fetchExpected(), 1000);
    const { refresh } = onTrials(this.model, () => this.update(), 1000);
    this.model.on("states", refresh);
    this.redraw();
    refresh();
  }

  /** One drawing for what is known at once: points, standard errors, baselines, and what runs now. */
  async update() {
    this.offerCosts();
    await Promise.all([this.fetchFront(), this.fetchRunning()]);
    this.redraw();
    // Of thousands of trials the first answer takes seconds.
    this.expecting.refresh();
  }

  offerCosts() {
    const known = new Set([...this.chooser.options].map((x) => x.value));
    for (const name of new Set([this.model.cost, ...costsOf(this.model.columns.values)])) {
      if (known.has(name)) continue;
      this.chooser.append(h("option", { value: name, selected: name === this.cost }, noun(name)));
    }
  }

  async fetchFront() {
    const { points, baselines, floors, warnings } = await get(`${this.model.path}/front`);
    this.front = { baselines, floors, warnings };
    replace(this.told, ...floorWords(this.front, this.model));
    this.errors = new Map(points.map((x) => [x.key, x.standard_error]).filter(([, error]) => error));
  }

  /** By key, what further trainings are expected to show; empty while too little is known. */
  async fetchExpected() {
    const { event, expected } = await get(`${this.model.path}/front/expected`);
    this.expected = expected;
    this.redraw();
    return event;
  }

  switchCost(name) {
    this.cost = name;
    this.tellCost();
    this.redraw();
  }

  /** What the picture alone would say wrongly: points that look beaten are better in what is not drawn. */
  tellCost() {
    const { goals } = this.model;
    const foreign = !goals.includes(this.cost);
    this.remark.hidden = !foreign && goals.length === 2;
    setText(this.remark, foreign
      ? `This is the front for ${noun(this.cost)} alone, of what the job has trained; the job searched for ${listed(goals.slice(1))},
        so something cheaper here may never have been tried.`
      : `The front trades off ${listed(goals)}: a point that looks beaten here is better in another of them.`);
  }

  /** Calls `listener(event)` whenever the chart shows another event or another front. */
  watch(listener) {
    this.watchers.push(listener);
  }

  pick(key) {
    if (key === this.picked) return;
    this.picked = key;
    this.redraw();
  }

  /** The cost of what runs is known before it ends. */
  async fetchRunning() {
    const { trials } = await get(`${this.model.path}/trials`, { state: "running", limit: 50 });
    this.running = trials;
  }

  redraw() {
    this.chart.refresh();
    for (const listener of this.watchers) listener(this.replay.event);
  }

  /** What is to be seen now; the table asks for it as well, since it may be opened before the first drawing. */
  look() {
    const { model, cost } = this;
    const event = this.replay.event;
    const frame = this.frame();
    const predicted = this.predicted.pointsOn(cost, this.replay.live);
    this.view = viewAt(model, cost, event, frame, this.replay.live ? this.running : [], predicted, this.other.at(cost, event));
    return { event, frame, predicted };
  }

  draw(theme) {
    const { model, cost } = this;
    const { event, frame, predicted } = this.look();
    const expected = { line: colour("--series-5"), band: faint(colour("--series-5")) };
    const colours = { ...theme, quiet: colour("--edge"), band: colour("--surface-2"), floor: colour("--warn"), pick: colour("--series-2") };
    const references = referencesAt(model, this.front, event, frame);
    const own = (cost === model.cost && model.goals.length === 2) || !model.goals.includes(cost);
    const crowded = this.view.others.length > MANY;
    this.canvas.set(crowded ? this.view.others : [], colours.quiet);
    this.chart.describe(alternative(model, this.view, this.front.floors, cost));
    return {
      data: [
        ...legendLine(references, colours),
        ...predictedTraces(predicted, frame.high, (x) => place(x, frame), expected),
        ...traces(this.view, model, colours, { picked: this.picked, own, errors: this.errors }),
      ],
      layout: layout(model, cost, frame, references, this.view, colours, theme.narrow),
      config: { displayModeBar: false },
    };
  }

  /** Kept while nothing has ended or begun: a replay draws many times on one frame. */
  frame() {
    const ends = this.predicted.pointsOn(this.cost, this.replay.live).flatMap((x) => [x.low, x.high]);
    const key = `${this.cost} ${this.model.event} ${this.front.floors.map((x) => x.value)} ${this.errors.size} ${ends} ${this.running.map((x) => x.number)}`;
    if (this.framed?.key !== key) this.framed = { key, ...frameOf(this.model, this.cost, this.front.floors, this.errors, ends, this.running) };
    return this.framed;
  }

  tell(group, point) {
    return note(group, point, this.model, costsOf(this.model.columns.values), this.errors, this.expectedOf(point));
  }

  /** Of the present, so that a replay of the past has none. */
  expectedOf({ key }) {
    return this.replay.live ? this.expected[key] : undefined;
  }

  open({ trials }) {
    if (trials.length) location.assign(`${this.model.page}/trials/${trials[0]}`);
  }

  table() {
    const { model, cost } = this;
    this.look();
    const called = (x) => `${x.trials.join(", ")} ${model.namesOf(x.trials)}`.trimEnd();
    const link = (x) => h("a", { href: `${model.page}/trials/${x.trials[0]}` }, called(x));
    const shown = [...new Set([model.quality, cost, ...model.goals])];
    const told = this.view.front.some((x) => this.expectedOf(x));
    const again = (x) => (told ? [expectedText(this.expectedOf(x), model)] : []);
    return {
      columns: ["Trials", ...shown.map(noun), ...(told ? [`${noun(model.quality)} at a repeat`] : []), "Configuration, layers from input to output", "Test split"],
      rows: this.view.front.map((x) => [link(x), ...shown.map((name) => write(name, x.values[name])), ...again(x), x.words, confirmLink(x, model)]),
      note: `${alternative(model, this.view, this.front.floors, cost)} Below are the points of the front, cheapest first.`,
    };
  }
}

/** To the form that starts a confirmation of a point of the front. */
function confirmLink({ trials }, model) {
  return h("a", { href: `${model.page}/trials/${trials[0]}#confirm-title`, "aria-label": `Confirm trial ${trials[0]} on the test split` }, "Confirm");
}
