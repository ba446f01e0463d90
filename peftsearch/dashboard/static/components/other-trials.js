// From one trial to others: the neighbours by number (keys j and k), and the form that compares two.

import { page } from "../lib/api.js";
import { byId, h, replace, setText } from "../lib/dom.js";
import { label, objective } from "../lib/measures.js";

export function showNeighbours(job, number, { counts }) {
  const total = Object.values(counts).reduce((sum, x) => sum + x, 0);
  link("previous", job, number > 0 ? number - 1 : null, (n) => `← Trial ${n}`);
  link("next", job, number + 1 < total ? number + 1 : null, (n) => `Trial ${n} →`);
}

function link(id, job, number, words) {
  const anchor = byId(id);
  anchor.hidden = number === null;
  if (number === null) return anchor.removeAttribute("href");
  anchor.href = page`/jobs/${job}/trials/${number}`;
  anchor.title = id === "next" ? "Next trial (key j)" : "Previous trial (key k)";
  return setText(anchor, words(number));
}

export function bindKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    const id = { j: "next", k: "previous" }[event.key];
    if (id && byId(id).href) location.assign(byId(id).href);
  });
}

export function fillCompare({ job, number, front }) {
  fillKnown(byId("compare-known"), front.points.filter((point) => !point.trials.includes(number)));
  byId("compare").onsubmit = (event) => {
    event.preventDefault();
    const other = byId("compare-number").value;
    location.assign(`${page`/jobs/${job}/compare`}?trials=${number},${other}`);
  };
}

/** Suggests members of the front. */
export function fillKnown(list, points) {
  replace(list, points.map((point) => h("option", { value: point.trials[0] }, optionWords(point))));
}

function optionWords(point) {
  const [first] = Object.keys(point.values);
  const values = `${label(first)} ${objective(first, point.values[first])}`;
  return point.knee ? `knee of the front, ${values}` : `row ${point.row} of the front, ${values}`;
}
