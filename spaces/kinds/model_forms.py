"""Forms of a model: what `transformers` makes of a family for what can be done with it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ModelForm:
    """One way to use a pre-trained body.

    Attributes:
        automatic: Class of `transformers` that loads it.
        inputs: What it reads, so whether it has a tokenizer or an image processor.
        fresh_head: Whether a head on top of the body is trained anew in every trial. Where not,
            every tensor is pre-trained and a model without an adapter answers as it is.
        causal: Whether it needs a decoder.
        peft_task: What `peft` calls it; None where it has no name for it.
    """

    automatic: str
    inputs: Literal["text", "images"] = "text"
    fresh_head: bool = True
    causal: bool = False
    peft_task: str | None = None


SEQUENCE = ModelForm("AutoModelForSequenceClassification", peft_task="SEQ_CLS")
CHOICES = ModelForm("AutoModelForMultipleChoice")
DECODER = ModelForm("AutoModelForCausalLM", fresh_head=False, causal=True, peft_task="CAUSAL_LM")
ENCODER_DECODER = ModelForm("AutoModelForSeq2SeqLM", fresh_head=False, peft_task="SEQ_2_SEQ_LM")
IMAGES = ModelForm("AutoModelForImageClassification", inputs="images")
