"""Floors of a language model: the model as it is, and with solved examples in its prompt."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from peftsearch.errors import UserError
from peftsearch.records.preparation import BASE
from peftsearch.workers.batches.encoding import encode_split
from peftsearch.workers.data.in_context import end_answers, order_examples, show_examples
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.preparation.baselines import Baseline, OnBatch
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.opened_job import OpenedJob

from .clock import Clock
from .evaluation import Evaluator
from .generation import count_generations, generate, match
from .trial_failures import NonFiniteLoss

FEW_SHOT = "few_shot"
SHOTS = (2, 4, 8)
"""Examples of a prompt."""
DRAWS = 2
"""Prompts of each number of examples."""
LONGEST = 2048
"""Tokens of a prompt with its examples, unless the model reads fewer."""
TRIED = 32
"""Training rows that a prompt is chosen on; none of them is an example."""


def ask_base(job: OpenedJob) -> Baseline:
    """The model as it is."""
    return Baseline(BASE, "the base model as it is", partial(_score_base, job))


def ask_with_examples(job: OpenedJob, examples: Sequence[int], note: str = "") -> Baseline:
    """The model as it is, asked after training rows with their responses. Only what it generates
    is scored.

    Args:
        examples: Rows of the training split.
    """
    label = f"the base model with {len(examples)} examples in its prompt"

    def score(split: str, on_batch: OnBatch) -> Evaluation:
        return _ask(job, examples, job.split(split), on_batch)

    return Baseline(FEW_SHOT, label, score, {"examples": list(examples)}, note)


def choose_prompt(job: OpenedJob, on_batch: OnBatch) -> Baseline | None:
    """Of a few prompts with examples, the one that most answers to other training rows are right
    with; of equals the shortest. None where there are too few rows, or where the model's chat
    template takes no examples."""
    prompts, tried = _draw_prompts(job)
    if len(tried) < TRIED:
        return None
    rows, rights = job.data.train.pick(tried), []
    try:
        for prompt in prompts:
            rights.append(_ask(job, prompt, rows, on_batch).predictions.mean())
    except UserError:
        return None
    best = int(np.argmax(rights))
    each = ", ".join(
        f"{right:.2f} with {len(x)}" for right, x in zip(rights, prompts, strict=True)
    )
    note = f"prompts of examples, right on {TRIED} other training rows: {each}"
    return ask_with_examples(job, prompts[best], note)


def count_floors(job: OpenedJob, asked: bool) -> int:
    """How often the floors tell of a batch when they are made; less where a template takes no
    examples.

    Args:
        asked: Whether prompts with examples are among them.
    """
    rows = job.encoded("validation")
    total = Evaluator(job.backbone, job.spec.task, None, job.precision).count_steps(rows)
    if asked and len(_draw_prompts(job)[1]) == TRIED:
        total += len(SHOTS) * DRAWS * count_generations(TRIED) + count_generations(len(rows))
    return total


def foresee_asking(rows: int, tokens: float) -> tuple[float, float]:
    """Rows that are read, each as long as a training row, and responses that are written, when the
    model is asked as it is and with examples; as if every prompt were as good as the others.

    Args:
        rows: Of the validation split.
        tokens: Of a training row, the mean.
    """
    lengths = [min(shots + 1, max(1.0, LONGEST / tokens)) for shots in SHOTS]
    read = 2 * rows + DRAWS * TRIED * sum(lengths) + rows * sum(lengths) / len(lengths)
    return read, 2 * rows + DRAWS * TRIED * len(lengths)


def _draw_prompts(job: OpenedJob) -> tuple[list[list[int]], list[int]]:
    """Training rows: the examples of each prompt, the shortest first, and those that prompts are
    chosen on, as many as there are up to `TRIED`."""
    responses = [str(x) for x in job.data.train.labels]
    orders = [order_examples(responses, seed) for seed in range(DRAWS)]
    prompts = [order[:shots] for shots in SHOTS for order in orders]
    used = {row for prompt in prompts for row in prompt}
    return prompts, [row for row in orders[0] if row not in used][:TRIED]


def _score_base(job: OpenedJob, split: str, on_batch: OnBatch) -> Evaluation | None:
    evaluator = Evaluator(job.backbone, job.spec.task, None, job.precision)
    try:
        return evaluator.evaluate(job.encoded(split), Clock(0, lambda done, total: on_batch()))
    except NonFiniteLoss:  # its trials say so
        return None


def _ask(job: OpenedJob, examples: Sequence[int], split: Split, on_batch: OnBatch) -> Evaluation:
    """How many answers to the rows of a split are right, after examples."""
    backbone, data = job.backbone, _encode(job, examples, split)
    answers = generate(
        backbone.model,
        backbone.tokenizer,
        data,
        backbone.device,
        job.precision,
        on_batch=on_batch,
    )
    ended = end_answers(job.spec.task, job.data.train, answers)
    right = match(ended, data.responses)
    return Evaluation({job.spec.task.quality: float(right.mean())}, right, np.ones(len(right)))


def _encode(job: OpenedJob, examples: Sequence[int], split: Split) -> Any:
    """Not cut to what was chosen for rows without examples."""
    task, positions = job.spec.task, job.spec.anatomy.positions
    most = max(task.tokens, min(LONGEST, positions or LONGEST))
    longer = task.model_copy(update={"max_length": most})
    shown = show_examples(task, job.data.train, examples, split)
    return encode_split(longer, job.backbone.tokenizer, shown)
