"""The kinds of task: ours, and those that other packages add as `peftsearch.kinds`."""

from peftsearch.registry import Registry

from .foreign_work import GROUP
from .kind import TaskKind
from .model_forms import CHOICES, DECODER, ENCODER_DECODER, IMAGES, SEQUENCE

_OF_CLASSES = (
    "accuracy",
    "f1",
    "matthews",
    "f1_macro",
    "balanced_accuracy",
    "roc_auc",
    "average_precision",
    "log_loss",
)
_OF_RESPONSES = ("loss", "perplexity", "exact_match")
"""The loss of a language model is in nats per response token; `exact_match`, which generates, is
measured only where it is the job's metric."""
_PROMPTED = {"prompt": "prompt", "response": "response"}

KINDS = Registry(
    GROUP,
    "a kind of task",
    TaskKind,
    (
        TaskKind(
            "classification",
            "classification of texts",
            SEQUENCE,
            ({"text": "text", "label": "label"},),
            _OF_CLASSES,
            "peftsearch.workers.kinds.classification:WORK",
            problem="single_label_classification",
            pipeline="text-classification",
        ),
        TaskKind(
            "regression",
            "regression: a number for each text",
            SEQUENCE,
            ({"text": "text", "label": "label"},),
            ("pearson", "spearman", "r2", "rmse", "mae"),
            "peftsearch.workers.kinds.regression:WORK",
            label=float,
            problem="regression",
            pipeline="text-classification",
        ),
        TaskKind(
            "multiple_choice",
            "multiple choice",
            CHOICES,
            ({"text": "text", "choices": "choices", "label": "label"},),
            ("accuracy", "log_loss"),
            "peftsearch.workers.kinds.multiple_choice:WORK",
            pipeline="multiple-choice",
        ),
        TaskKind(
            "causal_lm",
            "language model (causal)",
            DECODER,
            (_PROMPTED, {"messages": "messages"}, {"text": "text"}),
            _OF_RESPONSES,
            "peftsearch.workers.kinds.language:DECODER",
            label=float,
            pipeline="text-generation",
        ),
        TaskKind(
            "seq2seq",
            "language model (encoder and decoder)",
            ENCODER_DECODER,
            (_PROMPTED,),
            _OF_RESPONSES,
            "peftsearch.workers.kinds.language:ENCODER_DECODER",
            label=float,
            pipeline="text-generation",
        ),
        TaskKind(
            "image_classification",
            "classification of images",
            IMAGES,
            ({"image": "image", "label": "label"},),
            _OF_CLASSES,
            "peftsearch.workers.kinds.image_classification:WORK",
            problem="single_label_classification",
            pipeline="image-classification",
        ),
    ),
)


def find_kind(name: str) -> TaskKind:
    """Row of the table.

    Raises:
        UserError: No row has that name, or another package's is broken.
    """
    return KINDS.find(name)
