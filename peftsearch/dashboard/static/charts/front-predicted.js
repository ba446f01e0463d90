// The front that the search's model expects, drawn behind the measured one: a dashed line with a band, and no marks of trials.

import { get } from "../lib/api.js";
import { h, setText } from "../lib/dom.js";
import { noun, write } from "../lib/measures.js";
import { toast } from "../lib/notice.js";
import { onTrials } from "../lib/refresh.js";

export class PredictedFront {
  constructor(model, changed) {
    Object.assign(this, { model, changed, found: null });
    this.box = h("input", { type: "checkbox", onchange: () => this.toggle() });
    this.control = h("label", { class: "check small" }, this.box, "Predicted front");
    this.told = h("p", { class: "quiet small", hidden: true });
    this.control.hidden = model.goals.length > 2;
    this.follower = onTrials(model, async () => this.box.checked && this.load(), 8000);
  }

  toggle() {
    this.told.hidden = !this.box.checked;
    if (this.box.checked) return this.follower.ask().catch(toast);
    this.found = null;
    return this.changed();
  }

  /** Answers with the event that the front is of, as the loads of all that the service computes slowly. */
  async load() {
    if (!this.found) setText(this.told, "Asking the model ...");
    const { event, points } = await get(`${this.model.path}/front/predicted`);
    this.found = points;
    setText(this.told, predictedWords(this.found, this.model));
    this.changed();
    return event;
  }

  /** Points to draw on the axis of a cost: of the job's own, as it stands now. */
  pointsOn(cost, live) {
    return cost === this.model.cost && live && this.box.checked ? (this.found ?? []) : [];
  }
}

/** What the dashed line is, and from where to where it goes. */
export function predictedWords(points, model) {
  if (!points?.length) return "No front is predicted: that takes 15 completed trials, two of them repeats, and a job without limits on what is measured.";
  const said = (x) => `${write(model.quality, x.mean)} at ${write(model.cost, x.cost)}`;
  const trained = points.filter((x) => x.trained).length;
  return `Dashed: a prediction, not a measurement. It is the ${noun(model.quality)} that the search's model expects of the best configuration for each cost,
    from ${said(points[0])} to ${said(points.at(-1))} (${noun(model.cost)}), without the luck of a training; the band is the 95 % interval of each configuration.
    The best of many expectations is rather too high. Of these ${points.length}, ${trained} were trained.`;
}

/** The line and its band in steps, from back to front; `place` says where a cost stands, `end` where the last step ends. */
export function predictedTraces(points, end, place, { line, band }) {
  if (!points.length) return [];
  const common = { type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false, x: [...points.map((p) => place(p.cost)), end] };
  const along = (name) => [...points, points.at(-1)].map((p) => p[name]);
  const edge = { ...common, line: { width: 0, shape: "hv" } };
  return [
    { ...edge, name: "lower end", y: along("low") },
    { ...edge, name: "upper end", y: along("high"), fill: "tonexty", fillcolor: band },
    { ...common, name: "predicted, with 95 %", y: along("mean"), showlegend: true, line: { color: line, width: 2, dash: "dash", shape: "hv" } },
  ];
}
