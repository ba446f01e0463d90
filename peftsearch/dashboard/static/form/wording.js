// What the schema does not say: order and grouping of the fields, names for people, and units. A field that is not
// named here still appears, at the end of its section.

import { noun } from "../lib/measures.js";
import { findKind, isColumn, usualColumns } from "./kinds.js";

/** `task.*` takes what is left of a section; the last group takes everything. */
export const GROUPS = [
  { id: "job", title: "What to search", fields: ["name", "model.path", "task.kind", "task.train"] },
  {
    id: "columns",
    title: "Columns and metric",
    fields: [
      "task.text", "task.choices", "task.prompt", "task.response", "task.messages", "task.image", "task.label",
      "task.metric", "task.positive",
    ],
  },
  { id: "budget", title: "Budget", help: "Whichever comes first. Give at least one.", fields: ["budget.*"] },
  {
    id: "data",
    title: "More about the data",
    advanced: true,
    fields: ["task.validation", "task.test", "task.train_rows", "task.validation_rows", "task.max_length", "task.*"],
  },
  { id: "space", title: "Space: what may be tried", advanced: true, fields: ["space.preset", "space.*"] },
  { id: "training", title: "Training", advanced: true, fields: ["training.*", "head.*"] },
  { id: "search", title: "Search", advanced: true, fields: ["search.*", "seed"] },
  { id: "objectives", title: "Objectives and bounds", advanced: true, fields: ["objectives.*"] },
  { id: "baselines", title: "Baselines", advanced: true, fields: ["baselines.*"] },
  { id: "more", title: "Own configurations and the rest", advanced: true, fields: ["try", "*"] },
];

export const TITLES = {
  name: "Name of the job",
  "model.path": "Model",
  "model.anatomy": "Anatomy of the model",
  "model.encoder": "Encoder beside the model",
  "model.dtype": "Format of the weights",
  "task.kind": "Kind of task",
  "task.train": "Training data",
  "task.validation": "Validation data",
  "task.test": "Test data",
  "task.text": "Column of the text",
  "task.choices": "Columns of the choices",
  "task.label": "Column of the label",
  "task.prompt": "Column of the prompt",
  "task.response": "Column of the response",
  "task.messages": "Column of the messages",
  "task.image": "Column of the images",
  "task.metric": "Quality metric",
  "task.positive": "Positive class",
  "task.max_length": "Longest text",
  "task.train_split": "Split for training",
  "task.validation_split": "Split for validation",
  "task.test_split": "Split for the test",
  "task.group": "Column of groups",
  "task.split_seed": "Seed of held-out rows",
  "task.folds": "Folds of cross-validation",
  "task.reading": "Rules of reading",
  "task.train_rows": "Training rows",
  "task.validation_rows": "Validation rows",
  "head.pooling": "What the head reads",
  "head.start": "Where the head starts",
  "head.learning_rate": "Learning rate of the head",
  "head.relative": "Head's rate follows the configuration's",
  "training.checkpoints": "States to keep the best of",
  "training.accumulate": "Parts of a step",
  "training.stop_collapsed": "Stop what collapsed",
  "training.max_grad_norm": "Largest gradient norm",
  "training.timeout_minutes": "Time limit of a trial",
  "space.preset": "Start from the space",
  "space.mask": "Mask of layers",
  "space.configurations": "A closed list",
  "objectives.cost": "Cost",
  "objectives.free_below": "Free below",
  "objectives.worth_up_to": "Worth something up to",
  "objectives.reference": "Text of reference",
  "objectives.by": "Groups by column",
  "objectives.by_rows": "Rows of a group",
  "objectives.maximise": "Also to be large",
  "objectives.minimise": "To be small",
  "baselines.run": "Trained after the search",
  "baselines.ranks": "Ranks of LoRA",
  "baselines.rates": "Learning rates of each",
  "baselines.full": "Full fine-tuning",
  "baselines.places": "Random places",
  "search.design": "Trials before the model",
  "search.surrogate": "What models the quality",
  try: "Own configurations",
};

export const UNITS = {
  "task.max_length": "tokens",
  "task.train_rows": "rows",
  "task.validation_rows": "rows",
  "task.validation_fraction": "share of the rows",
  "task.test_fraction": "share of the rows",
  "training.timeout_minutes": "minutes",
  "search.repeats": "share of the trials",
};

/** In place of what the schema says, where a form can say it better. Text in backticks is code. */
export const HELP = {
  name: "Letters, digits, dot, dash and underscore.",
  "model.anatomy": "Read from the model's own files. Write it, as JSON, for a family that is not known.",
  "model.encoder": "A second frozen model that reads each text for the prompts of lopa, which space.inputs must name.",
  "model.dtype": "bfloat16 takes half the memory; auto takes it for large models. What is trained is float32 always.",
  "task.validation": "Left out: the source's own split, else a part of the training data.",
  "task.test": "Read by `peftsearch confirm` alone.",
  "task.text": "Two columns, with a comma, for pairs of texts.",
  "task.choices": "One column of lists, or several with commas between them.",
  "task.label": "The class, the number, or the right choice.",
  "task.max_length": "What is longer is cut. Left out: as many as 99 of 100 training rows have, at most 512.",
  "task.metric": "What the front calls quality. Left out: chosen by how balanced the classes are.",
  "task.validation_rows": "Use this many rows to measure quality.",
  "task.validation_fraction": "Taken from the training data where it has no validation split.",
  "task.group": "Rows of one group are held out together, such as those of a speaker.",
  "task.split_seed": "Another number holds out other rows.",
  "task.folds": "For small data: each trial trains once for each fold and is scored on all their rows. 1 holds one part out.",
  "task.reading": "Jobs of before the rules 2 keep 1.",
  "task.test_fraction": "Taken from the training data where it has no test split.",
  "budget.trials": "How many configurations are trained.",
  "budget.hours": "Time in which at least one trial ran, from the first trial on.",
  "budget.stop_when": "No gain: once the model has expected less than 1 % more of the hypervolume three times on end. Of the sampler bo alone.",
  "space.boundaries": "One `low, high` a line for each inner boundary: layers, or shares of the depth such as `0.5`.",
  "space.capacities": "One technique a line, with its sizes; 0 stands for absent.",
  "space.configurations": "A file of configurations, or JSON, in place of all else here: nothing but these is trained.",
  "head.pooling": "Auto chooses by cross-validation on training rows.",
  "head.start": "The probe is a regression on frozen features, fitted before the first trial.",
  "head.learning_rate": "Left out: 3e-3 from the probe.",
  "head.relative": "As in jobs of earlier versions.",
  "training.epochs": "Passes over the training rows; several, with commas, are searched. Left out: one, or of few rows as many as make 250 steps.",
  "training.class_weights": "`balanced`, or one class a line with its weight, such as `spam = 5`. Left out: rows weigh alike.",
  "training.logit_adjustment": "1 lets the model answer as if classes were equally frequent; 0 leaves it alone.",
  "training.standardise_labels": "Of a regression. What is saved has the labels' own units either way.",
  "training.batch_size": "Examples of one step; several sizes, with commas, are searched.",
  "training.dropout": "Share that adapters leave out in training, where their technique has a dropout; several are searched.",
  "training.accumulate": "A step's rows are computed in so many parts: less memory, equal gradients.",
  "training.gradient_checkpointing": "Computes activations twice instead of keeping them: less memory, more time.",
  "training.stop_collapsed": "Ends a trial, as failed, whose loss is far above that of a constant answer.",
  "training.checkpoints": "The state with the least validation loss is kept, among so many in the second half; 1 keeps the last. Left out: 3 where the quality is a loss or follows from one, else 1.",
  "training.weight_decay": "Pull of the weights towards zero.",
  "training.max_grad_norm": "Longer gradients are shortened to it.",
  "training.warmup": "Share of the steps in which the rate rises.",
  "baselines.run": "By whoever works on the job, once the search has ended: beyond the budget.",
  "baselines.places": "How often the chosen modules are put into layers that are drawn at random.",
  "search.design": "Trials before the model takes over, these included. Left out: chosen by the space and the budget.",
  "search.surrogate": "Of the sampler bo alone. The forest is for comparison: its proposals take longer.",
  "search.recipes": "What follows the probe. A space of one choice for the whole model has nothing learnt: there it is the published.",
  "search.learn_from": "Earlier jobs of this storage whose fronts are tried first, with commas between them. Auto: up to three of the same kind of task; none: no job.",
  "objectives.maximise": "A further metric, such as `f1`, beside the quality; with commas between them. Two to four objectives in all.",
  "objectives.minimise": "Instead of one cost: `size`, `training_seconds` and others; with commas between them.",
  "objectives.reference": "A file of plain text, a passage in each line, for `forgetting` and `feature_drift`.",
  "objectives.by": "A column of the data, for `worst_group` and `worst_group_loss`.",
  "objectives.by_rows": "Validation rows that a group must have to count.",
  "objectives.bounds": "Such as `size <= 50 KB`; with commas between them.",
  "objectives.free_below": "Such as `50 KB`: the search takes all that costs less for equally cheap. Auto: what ships without any adapter.",
  "objectives.worth_up_to": "Such as `2 MB`: what costs more is still allowed, but the search gains nothing by it.",
  tracking: "Trackers that are told too: `mlflow`, `wandb`, `tensorboard`, `trackio`; with commas between them.",
  artefacts: "Where adapters are kept: `s3://bucket/prefix`, `gs://bucket/prefix` or a shared folder.",
  seed: "Equal seeds propose equal configurations.",
  try: "Trained first. JSON, or `[[try]]` blocks as in a job file.",
};

const OPTIONS = {
  "space.preset": {
    strata: "strata: three runs of layers, any technique in each",
    spafit: "spafit: three strata, cost never falls with depth",
    autopeft: "autopeft: bottlenecks and prefixes of any size, in any layers",
    lora: "lora: LoRA alone, its rank and its matrices",
    methods: "methods: one technique for the whole model",
    rank_profile: "rank_profile: LoRA in four quarters, ranks rise with depth",
    experts: "experts: LoRA experts with a router, more of them with depth",
  },
  "search.sampler": {
    bo: "bo: Bayesian optimisation with known costs",
    random: "random: for comparison",
    sobol: "sobol: for comparison",
    tpe: "tpe: Optuna's, for comparison",
    nsga2: "nsga2: Optuna's, for comparison",
  },
  "search.surrogate": {
    gp: "gp: a Gaussian process",
    rtf: "rtf: a random tessellation forest",
  },
  "search.recipes": {
    learnt: "learnt: the best three of recorded trainings",
    published: "published: recipes of papers, LoRA at three rates",
    none: "none: the model begins after the probe",
  },
};

/** Words for a choice of a field; the value itself where there are none. */
export function choiceWords(where, value) {
  if (where === "task.kind") return findKind(value)?.title ?? value;
  if (where === "objectives.cost" || where === "task.metric") return noun(value);
  return OPTIONS[where]?.[value] ?? value;
}

/** Whether a kind of task reads a field. An unknown kind reads all. */
export function isRead(where, kind) {
  const [section, name] = where.split(".");
  const row = findKind(kind);
  if (section !== "task" || !row) return true;
  if (isColumn(name)) return name in usualColumns(row);
  if (name === "positive") return row.qualities.includes("f1");
  return name !== "max_length" || row.inputs === "text";
}

/** The column's usual name; null where the field is no column or is left out as a rule. */
export function usualColumn(where, kind) {
  const row = findKind(kind);
  return (row && usualColumns(row)[where.replace(/^task\./, "")]) ?? null;
}
