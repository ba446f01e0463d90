// The page of one job: loads it, builds the sections and follows its events.

import { page } from "../lib/api.js";
import { byId, h, replace } from "../lib/dom.js";
import { JobModel } from "../lib/job-model.js";
import { follow } from "../lib/live.js";
import { problemBox } from "../lib/notice.js";
import { refresher } from "../lib/refresh.js";
import { FrontChart } from "../charts/front-chart.js";
import { Importance } from "../charts/importance.js";
import { Pairs } from "../charts/pairs.js";
import { Parallel } from "../charts/parallel.js";
import { ProgressCharts } from "../charts/progress.js";
import { Slices } from "../charts/slices.js";
import { showBaselines } from "../components/baselines.js";
import { ConfirmRuns } from "../components/confirm-runs.js";
import { showConfirmation } from "../components/confirmation.js";
import { showExports } from "../components/exports.js";
import { Failures } from "../components/failures.js";
import { Head, tellWaiting } from "../components/job-head.js";
import { Picker, purpose } from "../components/picker.js";
import { followReport } from "../components/report-link.js";
import { Trials } from "../components/trials.js";

const name = byId("main").dataset.job;

async function start() {
  let model;
  try {
    model = await JobModel.load(name);
  } catch (problem) {
    replace(byId("job-body"), problemBox(problem));
    return;
  }
  new Head(model);
  followReport(byId("report-link"), model);
  tellWaiting(model);
  const trials = new Trials(model);
  const failures = new Failures(model, byId("failures"));
  place("trials", trials);
  guard("failures", failures.load());
  once(model, () => buildCharts(model));
  byId("job-body").setAttribute("aria-busy", "false");
  listen(model);
}

/** Charts need a trial: until one has completed, the page says what happens instead. */
function once(model, build) {
  let built = false;
  const look = () => {
    const ready = model.columns.state.includes("completed");
    byId("job-empty").hidden = ready;
    byId("job-charts").hidden = !ready;
    if (!ready || built) return;
    built = true;
    build();
  };
  model.on("trial", look);
  look();
}

function buildCharts(model) {
  const front = new FrontChart(model);
  byId("pairs").hidden = model.goals.length === 2;
  if (model.goals.length > 2) byId("pairs").append(new Pairs(model, front).element);
  const picker = new Picker(model, (key) => front.pick(key));
  byId("front").append(front.element);
  byId("picker").append(h("p", { class: "quiet" }, purpose(model)), picker.element);
  showExports(byId("exports-body"), { job: model.name, kind: model.detail.task_kind });
  const importance = new Importance(model);
  const parallel = new Parallel(model, importance);
  place("progress", new ProgressCharts(model));
  place("importance", importance).then(() => place("parallel", parallel));
  byId("slices").append(new Slices(model).element);
  guard("baselines-body", showBaselines(model, byId("baselines-body")));
  buildConfirmations(model, () => picker.ask());
}

/** `told` is called when one has ended. */
function buildConfirmations(model, told) {
  const show = () => guard("confirm-body", showConfirmation(model, byId("confirm-body")).then((told) => runs.leaveOut(told)));
  const ended = () => {
    show();
    told();
  };
  const runs = new ConfirmRuns({ job: model.name, workers: () => model.detail.live_workers, ended });
  model.on("status", () => runs.tell(model.status.commands));
  runs.tell(model.status?.commands);
  byId("confirm-start").append(runs.element);
  byId("confirm-start").hidden = false;
  show();
}

/** Puts a section's content in its place and loads it. */
function place(id, content) {
  byId(id).append(content.element);
  return guard(id, content.load());
}

/** One section that cannot load says so and leaves the others alone. */
async function guard(id, loading) {
  try {
    await loading;
  } catch (problem) {
    byId(id).append(problemBox(problem));
  }
}

function listen(model) {
  const refresh = refresher(() => model.refresh(), { gap: 1500 });
  const stream = follow(`${model.path}/events`, {
    trial: (message) => {
      model.applyTrial(message);
      refresh();
    },
    status: (status) => model.applyStatus(status),
    gone: () => {
      stream.close();
      replace(byId("job-body"), h("p", { class: "note" }, "This job was deleted. ", h("a", { href: page`/` }, "All jobs")));
    },
  }, { after: model.event });
  model.on("states", refresh);
}

start();
