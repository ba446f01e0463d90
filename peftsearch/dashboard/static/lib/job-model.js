// The job as the page knows it: its points and its front's history, kept up to date by events.

import { get, page, path } from "./api.js";
import { loadObjectives } from "./measures.js";

export class JobModel {
  constructor(name, detail, points, history) {
    this.name = name;
    this.path = path`/jobs/${name}`;
    this.detail = detail;
    this.columns = points.columns;
    this.entries = history.entries;
    this.event = points.event;
    this.status = null;
    this.notes = new Map();
    this.rowOf = new Map(this.columns.number.map((number, row) => [number, row]));
    this.listeners = { trial: [], status: [], states: [], detail: [] };
  }

  /** The job with all its ended trials; rejects with the API's problem. */
  static async load(name) {
    const where = path`/jobs/${name}`;
    const [detail, points] = await Promise.all([get(where), get(`${where}/points`), loadObjectives()]);
    const [history, written] = await Promise.all([get(`${where}/front/history`), get(`${where}/notes`)]);
    const model = new JobModel(name, detail, points, history);
    model.takeNotes(written);
    return model;
  }

  /** Address of the job's page. */
  get page() {
    return page`/jobs/${this.name}`;
  }

  get quality() {
    return this.detail.quality;
  }

  get cost() {
    return this.detail.cost;
  }

  /** All objectives of the front, the quality first. */
  get goals() {
    return this.detail.goals;
  }

  /** 1 where more quality is better, else -1: the one place where directions are flipped. */
  get sign() {
    return this.detail.maximise ? 1 : -1;
  }

  /** What the model without an adapter is called: language models have a base model, others a linear probe. */
  get probeName() {
    return this.detail.task_kind.baseline;
  }

  /** Whether every trial trains a head anew, which no cost counts. */
  get hasFreshHead() {
    return this.detail.task_kind.fresh_head;
  }

  get state() {
    return this.status?.state ?? this.detail.state;
  }

  get counts() {
    return this.status?.counts ?? this.detail.counts;
  }

  /** Calls `listener` after every change of a kind: trial, status, states or detail. */
  on(kind, listener) {
    this.listeners[kind].push(listener);
  }

  tell(kind) {
    for (const listener of this.listeners[kind]) listener();
  }

  /** A trial has ended. The history may already hold the change, for it is read after the points. */
  applyTrial({ event, point, entered, left }) {
    if (event <= this.event) return;
    this.event = event;
    this.rowOf.set(point.number, this.columns.number.length);
    this.append(point);
    const known = new Set(this.entries.map((x) => `${x.key} ${x.entered}`));
    for (const entry of this.entries) {
      if (entry.left === null && entry.entered < event && left.includes(entry.key)) entry.left = event;
    }
    this.entries.push(...entered.filter((x) => !known.has(`${x.key} ${x.entered}`)));
    this.tell("trial");
  }

  append(point) {
    const length = this.columns.number.length;
    for (const [name, column] of Object.entries(this.columns)) {
      if (name !== "values") column.push(point[name] ?? null);
    }
    for (const name of Object.keys(point.values)) {
      this.columns.values[name] ??= new Array(length).fill(null);
    }
    for (const [name, column] of Object.entries(this.columns.values)) {
      column.push(point.values[name] ?? null);
    }
  }

  /** Steps change often, states seldom: who asks the service listens to the latter. */
  applyStatus(status) {
    const facts = (x) => JSON.stringify([x?.state, x?.counts, x?.running.map((one) => one.number)]);
    const changed = facts(status) !== facts(this.status);
    this.status = status;
    this.tell("status");
    if (changed) this.tell("states");
  }

  /** The job as the service tells it, with what the stream has told since. */
  get summary() {
    return { ...this.detail, ...this.status };
  }

  takeNotes({ notes }) {
    this.notes = new Map(notes.map((note) => [note.trial, note]));
  }

  /** What people call trials: `“small-enough”, “second”`; empty where none of them has a name. */
  namesOf(trials) {
    return trials.map((number) => this.notes.get(number)?.name).filter(Boolean).map((name) => `“${name}”`).join(", ");
  }

  /** Reads what only the service derives (best, hypervolume, notes), and what people wrote since. */
  async refresh() {
    const [detail, written] = await Promise.all([get(this.path), get(`${this.path}/notes`)]);
    this.detail = detail;
    this.takeNotes(written);
    this.tell("detail");
  }
}
