// The link to the report: that it is being made, and how far the job has gone since it was last opened here.

import { h, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";

/** Follows `link`; what it says stands in an element behind it. */
export function followReport(link, model) {
  const key = `peftsearch-report ${model.name} ${model.detail.created}`;
  const told = h("span", { class: "quiet small", role: "status" });
  link.before(told);
  const show = () => setText(told, sinceThen(read(key), model.event));
  link.addEventListener("click", () => {
    keep(key, model.event);
    setText(told, `Making the report of ${plural(model.event, "ended trial")}…`);
  });
  addEventListener("pageshow", show);
  model.on("trial", show);
  show();
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
