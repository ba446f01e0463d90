// Thousands of quiet points on a canvas behind the chart: as SVG they would take half a second to draw, and
// Plotly's WebGL traces need `eval`, which the content security policy forbids.

import { h } from "../dom.js";

const RADIUS = 2;

export class Crowd {
  constructor(chart) {
    Object.assign(this, { chart, points: [], colour: "" });
    this.canvas = h("canvas", { class: "crowd", "aria-hidden": "true" });
    chart.plot.before(this.canvas);
    chart.on("plotly_afterplot", () => this.draw());
  }

  /** What the next drawing of the chart shows. */
  set(points, colour) {
    Object.assign(this, { points, colour });
  }

  draw() {
    const pen = this.blank();
    if (!this.points.length) return;
    const { xaxis, yaxis } = this.chart.plot._fullLayout;
    const [left, top] = [xaxis._offset, yaxis._offset];
    pen.beginPath();
    pen.rect(left, top, xaxis._length, yaxis._length);
    pen.clip();
    pen.fillStyle = this.colour;
    pen.globalAlpha = 0.5;
    for (const { x, y } of this.points) {
      pen.beginPath();
      pen.arc(left + xaxis.d2p(x), top + yaxis.d2p(y), RADIUS, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  /** A clean canvas in the size and the place of the chart. */
  blank() {
    const { plot } = this.chart;
    const [width, height, scale] = [plot.clientWidth, plot.clientHeight, devicePixelRatio || 1];
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px`, top: `${plot.offsetTop}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    return pen;
  }
}
