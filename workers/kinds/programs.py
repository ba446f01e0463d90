"""Programs of an export's card: from a row as it stands in the data to the model's answer.

Each goes on where the card's first program has loaded `model`, and needs nothing of peftsearch. A
string that begins with `the ` stands for the reader's own; the folder is that of the export.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

_TOKENIZER = """from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("path/to/this/folder")
"""
_SCORES = "outputs = model.eval()(**inputs).logits"
_PAIRS = """(
    [{context}] * len(choices), second, truncation=True, max_length={}, padding=True,
    return_tensors="pt",
)"""
_CHOICES = """asked = {name: values[None] for name, values in inputs.items()}
outputs = model.eval()(**asked).logits
print(choices[int(outputs.argmax())])"""
_IMAGE = """from PIL import Image
from transformers import AutoImageProcessor

processor = AutoImageProcessor.from_pretrained("path/to/this/folder", backend="pil")
inputs = processor(Image.open("the image").convert("RGB"), return_tensors="pt")
"""
_GREEDY = """max_new_tokens=64, do_sample=False, use_cache={cached},
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
)
"""
_PROMPT = """ids = tokenizer({prompt})["input_ids"]
if ids[-1] == tokenizer.eos_token_id:  # which closes the answer, and no prompt
    ids.pop()
"""
_DIALOGUE = """messages = [{"role": "user", "content": "the question"}]
template = bool(tokenizer.chat_template)
text = f"user: {messages[0]['content']}\\nassistant: "
if template:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
ids = tokenizer(text, add_special_tokens=not template)["input_ids"]
"""
_GO_ON = """inputs = torch.tensor([ids])
outputs = model.eval().generate(
    input_ids=inputs, attention_mask=torch.ones_like(inputs), """
_ANSWER = """inputs = tokenizer({prompt}, return_tensors="pt")
outputs = model.eval().generate(
    input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], """


@dataclass(frozen=True)
class Reading:
    """How the encoder of an adapter reads.

    Attributes:
        folder: Where it is.
        tokens: Of its own, that a text is cut to.
        prefix: Before the names of its inputs.
    """

    folder: str
    tokens: int
    prefix: str


def score_texts(columns: Sequence[str], tokens: int, reading: Reading | None = None) -> str:
    """The outputs for one text or a pair.

    Args:
        reading: Of an adapter whose prompts an encoder makes.
    """
    texts = ", ".join(map(_standing_for, columns))
    call = f'({texts}, truncation=True, max_length={{}}, return_tensors="pt")'
    asked = f"inputs = tokenizer{call.format(tokens)}\n"
    return f"{_TOKENIZER}{asked}{_read(reading, call)}{_SCORES}"


def score_choices(columns: Sequence[str], tokens: int, reading: Reading | None = None) -> str:
    """The right choice of a context, whose second text begins each choice; `reading` as of
    `score_texts`."""
    context, *begin = map(_standing_for, columns)
    second = f'{begin[0]} + " " + choice' if begin else "choice"
    choices = 'choices = ["the first choice", "the second choice"]\n'
    call = _PAIRS.replace("{context}", context)
    asked = f"second = [{second} for choice in choices]\ninputs = tokenizer{call.format(tokens)}\n"
    return f"{_TOKENIZER}{choices}{asked}{_read(reading, call)}{_CHOICES}"


def _read(reading: Reading | None, call: str) -> str:
    """Lines that add the inputs of an encoder."""
    if reading is None:
        return ""
    folder, asked = json.dumps(reading.folder, ensure_ascii=False), call.format(reading.tokens)
    return (
        f"reader = AutoTokenizer.from_pretrained({folder})\n"
        f"read = reader{asked}\n"
        f'inputs.update({{"{reading.prefix}" + name: values for name, values in read.items()}})\n'
    )


def score_image() -> str:
    """The outputs for one image."""
    return f"{_IMAGE}{_SCORES}"


def answer_prompt(column: str, encoder: bool, cached: bool) -> str:
    """What a model writes behind a prompt, the most likely token each time.

    Args:
        column: Of the prompt.
        encoder: Whether an encoder reads it.
        cached: Whether keys and values may be kept between tokens.
    """
    greedy, shown = _GREEDY.format(cached=cached), _standing_for(column)
    if encoder:
        read = "print(tokenizer.decode(outputs[0], skip_special_tokens=True))"
        return f"{_TOKENIZER}{_ANSWER.format(prompt=shown)}{greedy}{read}"
    return _go_on(_PROMPT.format(prompt=shown), greedy)


def answer_dialogue(cached: bool) -> str:
    """What a decoder writes as the assistant; `cached` as of `answer_prompt`."""
    return _go_on(_DIALOGUE, _GREEDY.format(cached=cached))


def _go_on(ids: str, greedy: str) -> str:
    read = "print(tokenizer.decode(outputs[0, len(ids) :], skip_special_tokens=True))"
    return f"import torch\n{_TOKENIZER}{ids}{_GO_ON}{greedy}{read}"


def _standing_for(column: str) -> str:
    return json.dumps(f"the {column}", ensure_ascii=False)
