// The Jobs page: cards that follow the service's events.

import { get } from "./api.js";
import { byId, keep, replace, setText } from "./dom.js";
import { plural } from "./format.js";
import { makeCard, updateCard } from "./jobs/card.js";
import { follow } from "./live.js";
import { problemBox } from "./notice.js";
import { refresher } from "./refresh.js";

const MANY = 6;
const PAGE = 100;
let jobs = [];
let total = 0;
let shown = PAGE;

const refresh = refresher(load, { every: 30_000, onProblem: show });

async function load() {
  const found = await get("/jobs", { limit: Math.min(shown, 500) });
  jobs = found.jobs;
  total = found.total;
  replace(byId("jobs-problem"));
  draw();
}

function show(problem) {
  byId("jobs-loading").hidden = true;
  replace(byId("jobs-problem"), problemBox(problem));
}

function draw() {
  byId("jobs-loading").hidden = true;
  byId("welcome").hidden = total > 0;
  byId("jobs-filter").hidden = total < MANY;
  const wanted = jobs.filter(matches);
  keep(byId("jobs"), wanted, (job) => `${job.name} ${job.created}`, (job) => makeCard(job, refresh), updateCard);
  setText(byId("jobs-count"), total === 0 ? "" : countText(wanted.length));
  byId("jobs-none").hidden = total === 0 || wanted.length > 0;
  byId("jobs-more").hidden = jobs.length >= total || shown >= 500;
}

function countText(number) {
  return number === total ? plural(total, "job") : `${number} of ${plural(total, "job")}`;
}

function matches(job) {
  const text = byId("filter-text").value.trim().toLowerCase();
  const state = byId("filter-state").value;
  const words = `${job.name} ${job.model} ${job.data} ${job.kind}`.toLowerCase();
  return (!state || job.state === state) && words.includes(text);
}

byId("filter-text").addEventListener("input", draw);
byId("filter-state").addEventListener("change", draw);
byId("jobs-more").addEventListener("click", () => {
  shown += PAGE;
  refresh();
});
follow("/events", { jobs: refresh }, { onOpen: refresh });
refresh();
