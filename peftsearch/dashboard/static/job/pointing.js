// Pointing at the front chart: the note beside the nearest point, and the trial that a click opens.
// Plotly's own hover knows nothing of the crowd on the canvas, and does not hear a finger.

import { Tooltip } from "./tooltip.js";

const NEAR = 14;
const STILL = 5;
const DOUBLE_MS = 280;
const GROUPS = ["front", "running", "failed", "below", "dominated"];

/** `view()` gives the points by group, `tell(group, point)` a note's children, `open(point)` follows a click. */
export class Pointing {
  constructor(chart, { view, tell, open }) {
    Object.assign(this, { chart, view, tell, open, found: null, down: null, opening: 0 });
    this.tip = new Tooltip(chart.figure);
    chart.plot.addEventListener("pointermove", (event) => this.moved(event));
    chart.plot.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.show(null));
    chart.plot.addEventListener("pointerdown", (event) => this.pressed(event), true);
    // Plotly covers the window while a button is down, so that the plot hears no click.
    addEventListener("pointerup", (event) => this.released(event), true);
  }

  moved(event) {
    if (event.pointerType !== "touch") this.show(this.nearest(event), event);
  }

  /** A second press makes a double click of it, which resets the zoom. */
  pressed(event) {
    this.down = event;
    clearTimeout(this.opening);
  }

  /** The end of a drag is no click; a finger's tap shows the note, whose link opens the trial. */
  released(event) {
    const { down } = this;
    this.down = null;
    if (!down || Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > STILL) return;
    const found = this.nearest(event);
    if (event.pointerType === "touch") this.show(found, event);
    else if (found) this.opening = setTimeout(() => this.open(found.point), DOUBLE_MS);
  }

  show(found, event) {
    if (found?.point === this.found?.point) return;
    this.found = found;
    this.chart.plot.classList.toggle("pointed", found !== null);
    if (found) this.tip.show(event.clientX, event.clientY, this.tell(found.group, found.point));
    else this.tip.hide();
  }

  /** The point nearest to a place of the window, or null; of two as near, that of the front. */
  nearest({ clientX, clientY }) {
    const { xaxis, yaxis } = this.chart.plot._fullLayout ?? {};
    if (!xaxis) return null;
    const box = this.chart.plot.getBoundingClientRect();
    const [x, y] = [clientX - box.left - xaxis._offset, clientY - box.top - yaxis._offset];
    let [found, best] = [null, NEAR];
    for (const group of GROUPS) {
      for (const point of this.view()[group]) {
        const far = Math.hypot(xaxis.d2p(point.x) - x, yaxis.d2p(point.y) - y) + (group === "front" ? -4 : 0);
        if (far < best) [found, best] = [{ group, point }, far];
      }
    }
    return found;
  }
}
