// The link to the report: makes it where the job's records say more than the last did, tells how far that is, and how
// far the job has gone since one was opened here.

import { PREFIX, get, path, post } from "../lib/api.js";
import { h, replace, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";

const POLL_MS = 700;

/** Follows `link`, which leads to the report without a script too; what it says stands in an element before it. */
export function followReport(link, model) {
  new ReportLink(link, model);
}

class ReportLink {
  constructor(link, model) {
    Object.assign(this, { link, model, busy: false });
    this.key = `peftsearch-report ${model.name} ${model.detail.created}`;
    this.told = h("span", { class: "quiet small", role: "status" });
    link.before(this.told);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return this.note(model.event);
      event.preventDefault();
      return this.busy ? null : this.make();
    });
    addEventListener("pageshow", () => this.show());
    model.on("trial", () => this.show());
    this.show();
  }

  show() {
    if (!this.busy) setText(this.told, sinceThen(read(this.key), this.model.event));
  }

  async make() {
    this.busy = true;
    try {
      const run = await post(path`/jobs/${this.model.name}/report-runs`);
      if (run.state === "running") this.offer(await this.follow(run));
      else this.open(run);
    } catch (problem) {
      replace(this.told, h("span", { class: "mistake" }, problem.message));
    }
    this.busy = false;
  }

  async follow(run) {
    let [now, began] = [run, performance.now()];
    while (now.state === "running") {
      const seconds = Math.round((performance.now() - began) / 1000);
      setText(this.told, `Report of ${plural(now.event, "ended trial")}: ${now.message ?? now.step ?? "starting"}… ${seconds ? `${seconds} s` : ""}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      now = await get(path`/jobs/${now.job}/report-runs/${now.id}`);
    }
    if (now.state === "failed") throw new Error(`The report failed: ${now.message}`);
    return now;
  }

  /** Who waited may be reading something else by now, and is not taken away from it. */
  offer(run) {
    const link = h("a", { href: address(run), target: "_blank", rel: "noopener" }, `Open the report of ${plural(run.event, "ended trial")}`);
    link.addEventListener("click", () => this.note(run.event));
    replace(this.told, link);
  }

  /** In a tab of its own, for a report leads nowhere; where the browser lets none open, by a link. */
  open(run) {
    const tab = window.open(address(run), "_blank");
    if (!tab) return this.offer(run);
    tab.opener = null;
    return this.note(run.event);
  }

  note(event) {
    keep(this.key, event);
  }
}

function address({ job, id }) {
  return PREFIX + path`/jobs/${job}/report-runs/${id}/page`;
}

function sinceThen(seen, event) {
  if (seen === null || seen > event) return "";
  const since = event - seen;
  return since ? `Report opened at ${plural(seen, "ended trial")}, ${plural(since, "more", "more")} since.` : "Report opened: up to date.";
}

/** Storage may be forbidden to a page; then nothing is said. */
function read(key) {
  try {
    const found = localStorage.getItem(key);
    return found === null ? null : Number(found);
  } catch {
    return null;
  }
}

function keep(key, event) {
  try {
    localStorage.setItem(key, event);
  } catch {
    // As above.
  }
}
