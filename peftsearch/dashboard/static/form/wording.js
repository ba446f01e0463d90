// What the schema does not say: order and grouping of the fields, names for people, and units. A field that is not
// named here still appears, at the end of its section.

import { noun } from "../lib/measures.js";
import { findKind, isColumn, usualColumns } from "./kinds.js";

/** `task.*` takes what is left of a section; the last group takes everything. */
export const GROUPS = [
  { id: "job", title: "What to search", fields: ["name", "model.path", "task.train", "task.test", "task.kind"] },
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
    fields: ["task.validation", "task.train_rows", "task.validation_rows", "task.max_length", "task.*"],
  },
  { id: "space", title: "Search space", advanced: true, fields: ["space.preset", "space.*"] },
  { id: "training", title: "Training", advanced: true, fields: ["training.*", "head.*"] },
  { id: "search", title: "Search", advanced: true, fields: ["search.*", "seed"] },
  { id: "objectives", title: "Objectives and constraints", advanced: true, fields: ["objectives.*"] },
  { id: "baselines", title: "Baselines", advanced: true, fields: ["baselines.*"] },
  { id: "more", title: "Your own configurations, and the rest", advanced: true, fields: ["try", "*"] },
];

export const TITLES = {
  name: "Name of the job",
  "model.path": "Model",
  "model.anatomy": "Architecture of the model",
  "model.encoder": "Second encoder",
  "model.dtype": "Data type of the weights",
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
  "task.max_length": "Maximum length",
  "task.subset": "Configuration of a hub data set",
  "task.train_split": "Split for training",
  "task.validation_split": "Split for validation",
  "task.test_split": "Split for the test",
  "task.group": "Column of groups",
  "task.split_seed": "Seed of the data split",
  "task.folds": "Cross-validation folds",
  "task.reading": "Version of the reading rules",
  "task.train_rows": "Training rows",
  "task.validation_rows": "Validation rows",
  "task.validation_fraction": "Validation share",
  "task.test_fraction": "Test share",
  "budget.hours": "Time",
  "head.pooling": "Pooling of the head",
  "head.start": "Initial weights of the head",
  "head.learning_rate": "Learning rate of the head",
  "head.relative": "Tie the head's learning rate to the adapter's",
  "training.accumulate": "Gradient accumulation",
  "training.kept_states_mb": "Memory for hidden states",
  "training.checkpoints": "Checkpoints to choose from",
  "training.stop_collapsed": "Stop diverged trials",
  "training.max_grad_norm": "Gradient clipping",
  "training.timeout_minutes": "Time limit of a trial",
  "space.preset": "Preset of the search space",
  "space.bundles": "Adapter types",
  "space.strata": "Ranges of layers",
  "space.ranks": "Ranks",
  "space.capacities": "Sizes of single techniques",
  "space.roles": "Modules to adapt",
  "space.placements": "Layers within a range",
  "space.boundaries": "Where ranges may end",
  "space.mask": "Leave out single layers",
  "space.ladder": "Cost by depth",
  "space.rate_factors": "Learning-rate factors of a range",
  "space.inputs": "Soft prompts",
  "space.configurations": "Fixed list of configurations",
  "search.sampler": "Search algorithm",
  "search.design": "Initial trials",
  "search.surrogate": "Surrogate model",
  "search.recipes": "First configurations",
  "search.learn_from": "Begin with earlier jobs",
  "search.repeats": "Repeats with new seeds",
  seed: "Random seed",
  "objectives.cost": "Cost",
  "objectives.maximise": "Also maximise",
  "objectives.minimise": "Minimise",
  "objectives.also": "Also measure",
  "objectives.bounds": "Constraints",
  "objectives.free_below": "Counts as free below",
  "objectives.worth_up_to": "No benefit beyond",
  "objectives.reference": "Reference text",
  "objectives.by": "Column of groups, for worst-group metrics",
  "objectives.by_rows": "Fewest rows of a group",
  "baselines.run": "Train them after the search",
  "baselines.ranks": "LoRA ranks",
  "baselines.rates": "Learning rates of each rank",
  "baselines.full": "Full fine-tuning",
  "baselines.places": "Random placements",
  try: "Your own configurations",
  tracking: "Experiment trackers",
  artefacts: "Storage of adapters",
};

export const UNITS = {
  "task.max_length": "tokens",
  "task.train_rows": "rows",
  "task.validation_rows": "rows",
  "task.validation_fraction": "share of the rows",
  "task.test_fraction": "share of the rows",
  "training.accumulate": "micro-batches of a step",
  "training.kept_states_mb": "MB of each worker",
  "training.max_grad_norm": "largest norm",
  "training.timeout_minutes": "minutes",
  "search.repeats": "share of the trials",
};

/** Widgets that the schema alone would not choose. */
export const KINDS = { "task.metric": "choice", "budget.hours": "hours" };

/** In place of what the schema says, where a form can say it better. Text in backticks is code. */
export const HELP = {
  name: "Letters, digits, dot, dash and underscore.",
  "model.anatomy": "Read from the model's `config.json`. Write it, as JSON, for a model family that is not known.",
  "model.encoder": "A frozen model that reads each text to make the soft prompts of the technique lopa.",
  "model.dtype": "bfloat16 takes half the memory; auto takes it for large models. What is trained is float32 always.",
  "task.train": "A CSV, TSV, JSONL or Parquet file, a folder written by `datasets`, or a hub id; of images also a folder with a subfolder for each class.",
  "task.validation": "Left out: the validation split of the training data, else a part of it.",
  "task.test": "Labelled rows that the search never trains on or selects by; `peftsearch confirm` scores its result on them. Left out: a part of the training data.",
  "task.text": "Two columns, with a comma, for pairs of texts.",
  "task.choices": "One column of lists, or several with commas between them.",
  "task.label": "The class, the number, or the right choice.",
  "task.positive": "That F1, ROC AUC and average precision are of. Left out: the second of two classes; of more, the mean over all.",
  "task.subset": "Where a hub data set has several.",
  "task.train_split": "Where the data has several splits. Left out: the one of the usual name.",
  "task.validation_split": "Of the validation data, else of the training data.",
  "task.test_split": "Of the test data, else of the training data.",
  "task.max_length": "What is longer is truncated. Left out: as many as about 99 of 100 training rows have, at most 512.",
  "task.metric": "What configurations are compared by. Left out: chosen by how balanced the classes are.",
  "task.validation_rows": "Use this many rows to measure quality.",
  "task.validation_fraction": "Held out of the training data where it has no validation split.",
  "task.group": "Rows of one group are held out together, such as those of a speaker.",
  "task.split_seed": "Another number holds out other rows.",
  "task.folds": "For small data: each trial trains once for each fold and is scored on all their rows. 1: a single hold-out.",
  "task.reading": "How files are read and rows held out. 1 is for repeating jobs of earlier versions.",
  "task.test_fraction": "Held out of the training data where there is no test data.",
  "budget.trials": "How many configurations are trained.",
  "budget.hours": "Such as `30 min`, `2 h` or `1 h 30 min`; a number alone is hours. Counts while at least one trial runs.",
  "budget.stop_when": "No gain: stop early, once three times in a row no new configuration is expected to improve the results by 1 %. With the search algorithm bo alone.",
  "head.pooling": "What the classifier reads: the first token, the mean of all tokens, or as the model does. Auto chooses by cross-validation on training rows.",
  "head.start": "Probe: from a logistic or ridge regression on the frozen model's features. Auto is that wherever the head is one linear layer.",
  "head.learning_rate": "Left out: 3e-3 from the probe.",
  "head.relative": "As in jobs of earlier versions.",
  "training.epochs": "Several, with commas, are searched. Left out: one, or of few rows as many as make 250 steps.",
  "training.class_weights": "`balanced`, or one class a line with its weight, such as `spam = 5`. Left out: every row weighs alike.",
  "training.logit_adjustment": "For rare classes: 1 trains as if classes were equally frequent, 0 changes nothing.",
  "training.standardise_labels": "Of a regression: trains on labels of mean 0 and deviation 1. What is saved predicts in the labels' own units.",
  "training.batch_size": "Examples of one optimiser step; several sizes, with commas, are searched.",
  "training.dropout": "Of the adapters, where their technique has one; several are searched.",
  "training.accumulate": "Less memory, equal gradients.",
  "training.gradient_checkpointing": "Recomputes activations in the backward pass: less memory, a third more time.",
  "training.kept_states_mb": "Of main memory, for the outputs of frozen layers below what is trained, which later epochs and trials then need not compute. 0: none.",
  "training.stop_collapsed": "Ends a trial, as failed, whose loss is far above that of a constant answer.",
  "training.checkpoints": "How many states of the second half of training are scored; the one with the least validation loss is kept. 1: the last. Left out: 3 where the metric is or follows from a loss, else 1.",
  "training.weight_decay": "Of AdamW.",
  "training.max_grad_norm": "Of all gradients together.",
  "training.warmup": "Share of the steps in which the learning rate rises.",
  "space.bundles": "What a range of layers may get: techniques with commas between them, combined ones joined by `+`, such as `lora, bitfit+lora`; `frozen` is none.",
  "space.strata": "Into how many contiguous ranges (strata) the layers are divided; each gets adapter types of its own.",
  "space.ranks": "To choose from, for LoRA and all other techniques that have a rank.",
  "space.capacities": "One technique a line, with its ranks or widths to choose from; 0: without it.",
  "space.roles": "Sets to choose from, such as `query+value, all`.",
  "space.placements": "Which layers of a range get its adapters.",
  "space.boundaries": "One `low, high` a line for each end between two ranges: layers, or shares of the depth such as `0.5`.",
  "space.mask": "Whether each layer may also be left out by itself.",
  "space.ladder": "Monotone: a layer never has a smaller adapter than the one before it.",
  "space.learning_rates": "Lowest and highest, searched on a log scale.",
  "space.rate_factors": "To choose from: each range trains at the learning rate times its factor.",
  "space.inputs": "Trained vectors before the input: techniques to choose from, or `none`.",
  "space.configurations": "A file of configurations, or JSON, in place of all else here: nothing but these is trained.",
  "baselines.run": "LoRA of each rank, full fine-tuning and random placements, to hold the result against. Takes trainings beyond the budget.",
  "baselines.ranks": "LoRA on all layers at each of these.",
  "baselines.rates": "How many are tried of each rank, around the usual one.",
  "baselines.full": "Where it fits in memory.",
  "baselines.places": "How often the chosen adapters are trained in random layers in place of theirs.",
  "search.sampler": "What proposes the next configuration.",
  "search.design": "Trials before the surrogate model chooses. Left out: by the space and the budget.",
  "search.surrogate": "What predicts the quality of untried configurations, for the search algorithm bo. The forest is for comparison: its proposals take longer.",
  "search.recipes": "What is trained right after the head alone (the linear probe).",
  "search.learn_from": "Names of jobs whose best configurations are tried first, with commas between them. Auto: up to three of the same kind of task; none: no job.",
  "search.repeats": "Trains the best configurations again, to tell luck from quality.",
  "objectives.cost": "What is traded off against quality.",
  "objectives.maximise": "A further metric, such as `f1`, beside the quality; with commas between them. Two to four objectives in all.",
  "objectives.minimise": "Instead of one cost: `size`, `training_seconds` and others; with commas between them.",
  "objectives.also": "Recorded of each trial and not searched by; with commas between them.",
  "objectives.reference": "A file of plain text, a passage in each line, for `forgetting` and `feature_drift`: what the model should still know.",
  "objectives.by": "For `worst_group` and `worst_group_loss`.",
  "objectives.by_rows": "Groups with fewer validation rows do not count.",
  "objectives.bounds": "Such as `size <= 50 KB`; with commas between them.",
  "objectives.free_below": "Such as `50 KB`: smaller is not better any more. Auto: what the head alone takes.",
  "objectives.worth_up_to": "Such as `2 MB`: what costs more is still allowed, but the search does not look for it.",
  tracking: "Told of each trial: `mlflow`, `wandb`, `tensorboard`, `trackio`; with commas between them.",
  artefacts: "Where adapters are kept: `s3://bucket/prefix`, `gs://bucket/prefix` or a shared folder. Left out: on this machine.",
  seed: "The same seed proposes the same configurations.",
  try: "Trained first. JSON, or `[[try]]` blocks as in a job file.",
};

const OPTIONS = {
  "space.preset": {
    strata: "strata: three ranges of layers, any technique in each",
    spafit: "spafit: three ranges, adapters never shrink with depth",
    autopeft: "autopeft: bottleneck adapters and prefixes of any size, in any layers",
    lora: "lora: LoRA alone, its rank and its modules",
    methods: "methods: one technique for the whole model",
    rank_profile: "rank_profile: LoRA in four ranges, ranks rise with depth",
    experts: "experts: LoRA experts with a router, more of them with depth",
  },
  "search.sampler": {
    bo: "bo: Bayesian optimisation",
    random: "random: for comparison",
    sobol: "sobol: quasi-random, for comparison",
    tpe: "tpe: Optuna's, for comparison",
    nsga2: "nsga2: Optuna's, for comparison",
  },
  "search.surrogate": {
    gp: "gp: a Gaussian process",
    rtf: "rtf: a random tessellation forest",
  },
  "search.recipes": {
    learnt: "learnt: what did best in recorded trainings",
    published: "published: recipes of papers, LoRA at three learning rates",
    none: "none",
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
