// The front for a cost that the job did not search by; the service decides who stands on it.
//
//   const other = new OtherFront(model, redraw)
//   other.at("latency", event)     its members, as those of the history; null for a cost of the job, and until it is known

import { get } from "../lib/api.js";
import { after } from "../lib/dom.js";

const PAUSE_MS = 120;

export class OtherFront {
  constructor(model, redraw) {
    Object.assign(this, { model, redraw, key: "", wanted: "", members: null });
    this.later = after(PAUSE_MS, (...asked) => this.fetch(...asked));
  }

  /** What is known of an earlier event of the same cost stands until the answer comes. */
  at(cost, event) {
    if (this.model.goals.includes(cost)) return null;
    const key = `${cost} ${event}`;
    if (key !== this.key && key !== this.wanted) {
      this.wanted = key;
      this.later(cost, event, key);
    }
    return this.key.startsWith(`${cost} `) ? this.members : [];
  }

  /** Where the service is away the next drawing asks again. */
  async fetch(cost, event, key) {
    try {
      const { points } = await get(`${this.model.path}/front`, { cost, event });
      if (key !== this.wanted) return;
      this.members = points.map((x) => ({ ...x, words: x.description, left: null }));
      this.key = key;
      this.redraw();
    } catch {
      if (key === this.wanted) this.wanted = "";
    }
  }
}
