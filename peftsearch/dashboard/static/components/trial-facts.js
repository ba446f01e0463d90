// Facts of a trial as <dt> and <dd>, and its badge.

import { copyable } from "../lib/copy.js";
import { h } from "../lib/dom.js";
import { isLeftOver, stateText } from "./job-words.js";
import { capitalised, clock, count, duration, plural } from "../lib/format.js";

const STATES = {
  queued: ["queued", "Queued"],
  running: ["running", "Running"],
  completed: ["completed", "Completed"],
  failed: ["failed", "Failed"],
};
export function stateBadge(trial, job) {
  const { state, on_front: onFront } = trial;
  const [look, words] = isLeftOver(trial, job) ? ["queued", capitalised(stateText(trial, job))] : STATES[state] ?? ["plain", state];
  const badges = [h("span", { class: "badge", "data-state": look }, words)];
  if (onFront) badges.push(h("span", { class: "badge", "data-state": "good" }, "On the front"));
  return h("span", { class: "row" }, badges);
}

function facts(rows) {
  return rows.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

export function settingFacts(trial) {
  const { configuration, map } = trial;
  const adapted = map.layers.filter((layer) => layer.modules.length).length;
  const total = trial.values.trainable_parameters ?? sumOf(map);
  return facts([
    ["Learning rate", Number(configuration.learning_rate.toPrecision(4)).toExponential()],
    ["Training", trainingWords(trial)],
    ["Trained", `${count(total)} parameters, ${adapted} of ${plural(map.layers.length, "layer")}`],
    ["Boundaries", map.boundaries.length ? `before ${map.boundaries.length > 1 ? "layers" : "layer"} ${map.boundaries.join(", ")}` : "none"],
    ["Key", copyable(trial.key)],
  ]);
}

/** `4 epochs in batches of 16, dropout 0.1`: of its configuration, else what its job says for all. */
export function trainingWords({ configuration, provenance }) {
  const { epochs, batch_size: size, dropout } = { ...provenance, ...configuration };
  const length = epochs === undefined ? "" : plural(Number(epochs.toPrecision(3)), "epoch");
  const batches = size === undefined ? "" : `batches of ${size}`;
  const words = [length, batches].filter(Boolean).join(" in ");
  return dropout ? [words, `dropout ${dropout}`].filter(Boolean).join(", ") : words;
}

function sumOf(map) {
  const all = [...map.layers.flatMap((layer) => layer.modules), ...(map.input ? [map.input] : [])];
  return all.reduce((sum, module) => sum + module.parameters, 0);
}

export function timingFacts(trial, job) {
  return facts([
    ["Ended", trial.ended ? clock(trial.ended) : null],
    ["Training time", trial.values.training_seconds === undefined ? null : duration(trial.values.training_seconds)],
    ["Time in all", trial.seconds === null ? null : `${duration(trial.seconds)}, from its claim to its record: with loading, scoring and saving`],
    ["After the job began", trial.ended ? duration(trial.ended - job.created) : null],
    ["Place in the job", trial.event === null ? "not ended yet" : `event ${count(trial.event)}`],
    ["Attempt", trial.attempt > 1 ? `${trial.attempt} (earlier ones were lost or given back)` : trial.attempt],
    ["Fidelity", trial.fidelity === 1 ? "full training" : `${count(100 * trial.fidelity)} % of the training`],
    ["Worker", trial.worker],
  ]);
}

export function provenanceFacts(trial) {
  const { provenance, seed } = trial;
  const versions = Object.entries(provenance.versions ?? {});
  return facts([
    ["Seed", copyable(String(seed))],
    ["Device", provenance.device && deviceWords(provenance)],
    ["Model", provenance.model?.path],
    ["Model's hash", provenance.model?.sha256 && copyable(provenance.model.sha256)],
    ["Data's hash", provenance.data && copyable(provenance.data)],
    ["Rows", provenance.train_rows && `${count(provenance.train_rows)} to train, ${count(provenance.validation_rows)} to validate`],
    ["Head", provenance.head_parameters && `${count(provenance.head_parameters)} parameters, counted in the size of the exported file alone`],
    ["Versions", versions.length ? versionList(versions) : null],
    ["", Object.keys(provenance).some((name) => name !== "proposed") ? null : "Recorded when the trial completes."],
  ]);
}

function deviceWords({ device, precision, threads }) {
  return [device, precision, threads && plural(threads, "thread")].filter(Boolean).join(", ");
}

function versionList(versions) {
  return h("ul", { class: "trial-versions" }, versions.map(([name, version]) => h("li", {}, `${name} ${version}`)));
}
