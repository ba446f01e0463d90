// A note beside the point under the pointer. Plotly's own hover labels cannot wrap at 400 px.

import { h } from "../dom.js";

const GAP = 14;

export class Tooltip {
  constructor(host) {
    this.host = host;
    this.element = h("div", { class: "chart-tip", hidden: true, role: "status" });
    host.append(this.element);
  }

  /** Shows `children` near a place of the window (pixels), inside the host. */
  show(clientX, clientY, children) {
    this.element.replaceChildren(...children);
    this.element.hidden = false;
    const box = this.host.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const [x, y] = [clientX - box.left, clientY - box.top];
    const left = x + GAP + width < box.width ? x + GAP : x - GAP - width;
    this.element.style.left = `${Math.min(Math.max(left, 4), Math.max(box.width - width - 4, 4))}px`;
    this.element.style.top = `${y - height - GAP > 0 ? y - height - GAP : y + GAP}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}
