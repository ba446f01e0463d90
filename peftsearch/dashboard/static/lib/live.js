// Server-sent events that survive everything: a restart of the service, sleep, a hidden tab.
//
//   const stream = follow(path`/jobs/${job}/events`, {
//     trial: (data, id) => ...,      one function per event name; data is parsed JSON, id the event number or ""
//     status: (data) => ...,
//     gone: () => ...,               (call stream.close() there)
//   }, { after: 120, onOpen: (again) => ... });
//   stream.close();
//
// The stream goes on after the last id that was seen, so nothing is missed or doubled. `onOpen(again)`: again is
// true from the second connection on; refetch there what has no id (e.g. /workers). A hidden tab gives its
// connection back after 20 s (browsers allow six per host) and catches up when it is shown.

import { address } from "./api.js";
import { connectionBack, connectionLost } from "./connection.js";

const HIDDEN_MS = 20_000;
const LONGEST_MS = 5_000;

export function follow(where, handlers, options = {}) {
  const stream = new Stream(where, handlers, options);
  stream.open();
  return stream;
}

class Stream {
  constructor(where, handlers, { after = null, onOpen = null }) {
    Object.assign(this, { where, handlers, last: after, onOpen });
    this.source = null;
    this.again = false;
    this.wait = 1000;
    this.timer = 0;
    this.leave = new AbortController();
    const signal = { signal: this.leave.signal };
    document.addEventListener("visibilitychange", () => this.seen(), signal);
    addEventListener("pagehide", () => this.pause(), signal);
    addEventListener("pageshow", () => this.seen(), signal);
    addEventListener("online", () => this.retry(0), signal);
  }

  open() {
    this.pause();
    const source = new EventSource(address(this.where, { after: this.last }));
    this.source = source;
    source.onopen = () => this.opened();
    source.onerror = () => this.failed(source);
    for (const name of Object.keys(this.handlers)) {
      source.addEventListener(name, (event) => this.take(name, event));
    }
    source.addEventListener("database", ({ data }) => this.tell(JSON.parse(data)));
  }

  opened() {
    this.wait = 1000;
    connectionBack(this);
    this.onOpen?.(this.again);
    this.again = true;
  }

  take(name, event) {
    if (event.lastEventId !== "") this.last = event.lastEventId;
    this.handlers[name](event.data ? JSON.parse(event.data) : null, event.lastEventId);
  }

  /** The stream itself goes on while the service waits for its database. */
  tell({ problem }) {
    if (problem) connectionLost(this, problem);
    else connectionBack(this);
  }

  /** The browser's own retry stops at an HTTP error, and would use an old `after`; ours does neither. */
  failed(source) {
    if (source !== this.source) return;
    this.pause();
    connectionLost(this);
    this.retry(this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_MS);
  }

  retry(delay) {
    if (this.source) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), delay);
  }

  seen() {
    clearTimeout(this.timer);
    if (document.hidden) this.timer = setTimeout(() => this.pause(), HIDDEN_MS);
    else this.retry(0);
  }

  pause() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  close() {
    this.leave.abort();
    this.pause();
    connectionBack(this);
  }
}
