"""What a training function of the user's own gets: one configuration, and its way into a model.

The function trains and scores by whatever means, and gives back what it measured.
"""

import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from transformers import PreTrainedModel

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.training import Regime
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.files.peft_format import express
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.trial_runner import TrialRunner


@dataclass
class Candidate:
    """A configuration that is to be trained.

    Attributes:
        configuration: Its strata, modules and learning rate.
        seed: Of this training: a configuration is trained again with others, to tell how noisy it
            is, so draw from it whatever is random.
    """

    configuration: Configuration
    seed: int
    _runner: TrialRunner = field(repr=False)
    _clock: Clock = field(repr=False)
    _attached: list[Attachment] = field(default_factory=list, repr=False)

    @property
    def regime(self) -> Regime:
        """Epochs, batch size and dropout: what the job says of each, or this configuration where
        it is searched."""
        regime = self._runner.spec.training.regime(self.configuration)
        return replace(regime, epochs=regime.passes(len(self.train.texts)))

    @property
    def learning_rate(self) -> float:
        """Of its technique; where it has several, of LoRA (`parameter_groups` has each)."""
        rates = {technique(name).rate for name in self.configuration.techniques}
        nominal = rates.pop() if len(rates) == 1 else NOMINAL_RATE
        return self.configuration.learning_rate * nominal / NOMINAL_RATE

    @property
    def train(self) -> Split:
        """The job's training rows: `texts`, a tuple each, and `labels`, which are indices into
        `label_names` where there are classes."""
        return self._runner.data.train

    @property
    def validation(self) -> Split:
        """The rows that the quality is to be measured on, as the job's floors are."""
        return self._runner.data.validation

    @property
    def label_names(self) -> list[str]:
        """Names of the classes by index; empty for kinds without."""
        return self._runner.data.label_names

    @property
    def tokenizer(self) -> Any:
        """The job's, or the image processor of its model."""
        return self._runner.backbone.tokenizer

    def model(self) -> PreTrainedModel:
        """A copy of the job's model, frozen, for this training alone."""
        return copy.deepcopy(self._runner.backbone.model)

    def wrap(self, model: PreTrainedModel | None = None) -> PreTrainedModel:
        """Put the adapter into a model: what is to be trained requires gradients, all else does
        not. The adapter of a wrapped model is kept with the trial when the function returns, as it
        is then, and can be exported.

        Args:
            model: Of the job's architecture, changed in place; its head starts anew. None takes a
                copy of the job's.

        Raises:
            UserError: The configuration does not fit the model.
        """
        model = self.model() if model is None else model
        model.requires_grad_(False)
        backbone = replace(self._runner.backbone, model=model)
        runner = replace(self._runner, backbone=backbone)
        regime = self.regime
        calibrate = partial(runner._calibrate, self.seed, regime.batch_size)
        try:
            attached = attach(backbone, self.configuration, self.seed, calibrate, regime.dropout)
        except AttributeError as error:
            expected, got = (
                "a model of the job's architecture",
                f"{type(model).__name__} ({error})",
            )
            raise UserError(expected, got, "load it as the job's, or leave it out") from error
        self._attached[:] = [attached]
        return model

    def parameter_groups(self, weight_decay: float = 0.0) -> list[dict[str, Any]]:
        """Of the model that was wrapped, groups for an optimiser of torch: each technique and the
        head at its own rate.

        Args:
            weight_decay: On matrices; not on biases, norms or scales.

        Raises:
            UserError: No model was wrapped.
        """
        if not self._attached:
            raise UserError("a model that was wrapped", "none", "call wrap() before")
        head_rate = self._runner.backbone.head_rate
        parameters, rate = self._attached[0].parameters, self.configuration.learning_rate
        return group_parameters(parameters, rate, weight_decay, head_rate)

    def to_peft(self) -> Any:
        """The configuration as `peft` has it, for `peft.get_peft_model`. An adapter that is
        trained so stays the function's own: it is not kept with the trial.

        Raises:
            UserError: No single configuration of `peft` says it.
        """
        backbone = self._runner.backbone
        names = backbone.anatomy, backbone.heads
        config = express(self.configuration, *names, self.regime.dropout)
        if config is None:
            used = ", ".join(sorted(self.configuration.techniques)) or "no technique"
            hint = "use wrap(), or a space of one technique"
            raise UserError("a configuration that `peft` has", f"one of {used}", hint)
        config.task_type = find_kind(backbone.kind).form.peft_task
        return config

    def step(self, done: int, total: int) -> None:
        """Tell how far the training is, which is shown; may be left out.

        Raises:
            TrialTimeout: It has run longer than `training.timeout_minutes`.
        """
        self._clock.done, self._clock.total = done - 1, total
        self._clock.tick()
