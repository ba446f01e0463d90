// Filters on the axes of parallel coordinates: by dragging, or by the arrow keys.

const STEP = 0.05;
const WINDOW = 0.25;
const CLICK = 0.015;

export class Brushes {
  constructor(changed) {
    this.changed = changed;
    this.ranges = new Map();
  }

  /** Whether a trial passes all filters of the axes that are shown. */
  test(axes) {
    const set = axes.filter(({ name }) => this.ranges.has(name));
    return (trial) => set.every(({ name, at }) => {
      const [low, high] = this.ranges.get(name);
      return at[trial] !== null && at[trial] >= low - 1e-9 && at[trial] <= high + 1e-9;
    });
  }

  listen(node, axis, place) {
    const share = (event) => {
      const box = node.ownerSVGElement.getBoundingClientRect();
      const y = event.clientY - box.top;
      return Math.min(Math.max((place.bottom - y) / (place.bottom - place.top), 0), 1);
    };
    node.addEventListener("pointerdown", (event) => this.drag(event, axis.name, share));
    node.addEventListener("keydown", (event) => this.press(event, axis.name));
  }

  /** The window hears the drag, for the axis is drawn anew while it lasts. */
  drag(event, name, share) {
    event.preventDefault();
    const start = share(event);
    const known = new AbortController();
    const move = (at) => this.set(name, [Math.min(start, at), Math.max(start, at)]);
    addEventListener("pointermove", (next) => move(share(next)), { signal: known.signal });
    addEventListener("pointerup", (last) => {
      known.abort();
      if (Math.abs(share(last) - start) < CLICK) this.set(name, null);
    }, { signal: known.signal });
  }

  press(event, name) {
    const moves = { ArrowUp: STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowLeft: -STEP };
    if (event.key === "Escape") this.set(name, null);
    else if (event.key in moves) {
      event.preventDefault();
      const step = moves[event.key];
      const [low] = this.ranges.get(name) ?? [step > 0 ? -STEP : 1 - WINDOW + STEP];
      const from = Math.min(Math.max(low + step, 0), 1 - WINDOW);
      this.set(name, [from, from + WINDOW]);
    }
  }

  set(name, range) {
    if (range) this.ranges.set(name, range);
    else this.ranges.delete(name);
    this.changed();
  }
}
