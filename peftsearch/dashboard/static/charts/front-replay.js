// The replay: a slider over the events of the job; its right end is live.

import { h } from "../lib/dom.js";
import { count, duration } from "../lib/format.js";
import { frontAt } from "./front-view.js";

const PLAY_SECONDS = 12;
const FRAME = 100;

/** Slider with play and live buttons; calls `show(event)` whenever the event changes. */
export class Replay {
  constructor(model, show) {
    this.model = model;
    this.show = show;
    this.live = true;
    this.timer = null;
    this.build();
    model.on("trial", () => this.follow());
    this.follow();
  }

  get event() {
    return this.live ? this.model.event : Number(this.slider.value);
  }

  build() {
    const what = "Replay: trials that have ended";
    this.slider = h("input", { type: "range", min: 0, step: 1, id: "replay-slider", "aria-label": what });
    this.play = h("button", { type: "button", class: "button button-small" }, "Replay");
    this.end = h("button", { type: "button", class: "button button-small" }, "Live");
    this.text = h("output", { class: "replay-text", for: "replay-slider" });
    this.slider.addEventListener("input", () => this.moved());
    this.play.addEventListener("click", () => (this.timer ? this.pause() : this.start()));
    this.end.addEventListener("click", () => this.goLive());
    this.element = h("div", { class: "replay" }, this.play, this.slider, this.end, this.text);
  }

  /** New trials lengthen the slider; they move it only while it is live. */
  follow() {
    const shown = this.event;
    this.slider.max = this.model.event;
    this.slider.value = shown;
    this.slider.disabled = this.play.disabled = this.model.event === 0;
    this.tell();
  }

  moved() {
    this.pause();
    this.set(Number(this.slider.value));
  }

  set(event) {
    this.live = event >= this.model.event;
    this.slider.value = event;
    this.tell();
    this.show(this.event);
  }

  goLive() {
    this.pause();
    this.set(this.model.event);
  }

  start() {
    const from = this.live ? 0 : Number(this.slider.value);
    const step = this.model.event / ((PLAY_SECONDS * 1000) / FRAME);
    let at = from;
    this.play.textContent = "Pause";
    this.set(from);
    this.timer = setInterval(() => {
      at += Math.max(step, 0.05);
      if (Math.floor(at) !== this.event) this.set(Math.min(Math.floor(at), this.model.event));
      if (this.live) this.pause();
    }, FRAME);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Replay";
  }

  tell() {
    const words = describe(this.model, this.event);
    this.text.textContent = this.live ? `${this.running() ? "Live" : "Now"}: ${words}` : words;
    this.slider.setAttribute("aria-valuetext", words);
    this.end.disabled = this.live;
    this.end.textContent = this.running() ? "Live" : "Now";
  }

  running() {
    return this.model.state === "running";
  }
}

/** `after 12 trials, 3 min after the job began: 4 points on the front`: on the clock, where hours used are of trials. */
function describe(model, event) {
  const { columns } = model;
  let row = -1;
  while (row + 1 < columns.event.length && columns.event[row + 1] <= event) row += 1;
  if (row < 0) return "before the first trial";
  const members = frontAt(model.entries, event, model.cost).length;
  const seconds = columns.ended[row] - model.detail.created;
  const trials = `${count(row + 1)} ${row ? "trials" : "trial"}`;
  const points = `${count(members)} ${members === 1 ? "point" : "points"} on the front`;
  return `after ${trials}, ${duration(Math.max(seconds, 0))} after the job began: ${points}`;
}
