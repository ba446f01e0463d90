"""What a language model has forgotten of a text that it is not trained on."""

import numpy as np

from peftsearch.workers.training.trained import Measured, Trained

from .ratios import ratio_of_sums
from .reference import encode_reference


def measure(trained: Trained) -> Measured:
    """The loss on the text of reference with the adapter, minus that without, in nats per token:
    0 of a model that forgot nothing, below 0 of one that reads the text better than before.

    Raises:
        UserError: The text is gone, or is too short.
    """
    data, told = encode_reference(trained.job)
    if not trained.configuration.techniques:
        return Measured(0.0, 0.0, told)
    rows, tokens = range(len(data)), data.labels.double().numpy()
    before = trained.losses(data, rows)
    with trained.attached():
        after = trained.losses(data, rows)
    rise, error = ratio_of_sums((after - before) * tokens, np.asarray(tokens))
    base = float(np.average(before, weights=tokens))
    return Measured(rise, error, {**told, "base_loss": base})
