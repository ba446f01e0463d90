"""Rows of prompts that are made from the text, or are more than embeddings alone."""

from . import layer_restrictions, prompt_formulas, saved_prompts
from .activations import Activations
from .products import NONE, Products
from .prompt_formulas import (
    CORRECTION_RANK,
    POSITIONS,
    PROMPT_ENCODER_WIDTH,
    PROMPT_RANK,
    SUMMARY_TOKENS,
)
from .saved import Saved
from .technique import Technique

_ADAPTERS = "peftsearch.workers.adapters"
_TOKENS = (1, 2, 4, 8, 16, 32, 64)
_WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128)
_H, _R = PROMPT_ENCODER_WIDTH, PROMPT_RANK

PROMPT_ROWS: tuple[Technique, ...] = (
    Technique(
        "lopa",
        "a prompt times a low-rank factor of each text",
        f"m d + 2 {_H} (d + 1) + {_R} {_H + 1} (m + d)",
        "Jain et al., arXiv 2405.15282",
        group="prompt",
        status="experimental",
        capacities=_TOKENS,
        capacity_name="virtual tokens",
        rate=1e-2,
        input=prompt_formulas.lopa,
        of_sequence=prompt_formulas.lopa_of_sequence,
        reads_text=True,
        saved=Saved(input=saved_prompts.lopa),
        build=f"{_ADAPTERS}.text_prompts:TextPrompt",
        merges=False,
        products=NONE,
    ),
    Technique(
        "dept",
        "a short prompt, and a low-rank shift of each position",
        f"m d + r ({POSITIONS} + d), r = 3 m d / 2 ({POSITIONS} + d), at least 1",
        "Shi and Lipani, arXiv 2309.05173",
        group="prompt",
        status="experimental",
        capacities=_TOKENS,
        capacity_name="virtual tokens",
        rate=1e-1,
        rates={"positions": 1e-3, "directions": 1e-3},
        input=prompt_formulas.dept,
        of_batch=prompt_formulas.dept_of_batch,
        saved=Saved(input=saved_prompts.dept),
        build=f"{_ADAPTERS}.text_prompts:ShiftingPrompt",
        merges=False,
        products=NONE,
    ),
    Technique(
        "cpt",
        "words of training rows, moved within a small ball",
        "m d",
        "Blau et al., arXiv 2410.17222",
        group="prompt",
        status="experimental",
        capacities=(4, 8, 16, 32, 64, 128),
        capacity_name="virtual tokens",
        rate=1e-2,
        input=lambda width, tokens: tokens * width,
        saved=Saved(input=saved_prompts.cpt),
        kept=("ids",),
        calibrates=True,
        build=f"{_ADAPTERS}.text_prompts:ContextPrompt",
        merges=False,
        products=NONE,
    ),
    Technique(
        "iapt",
        "virtual tokens of each layer, pooled from its text",
        f"2 b d + b + {SUMMARY_TOKENS + 1} d + 12",
        "Zhu et al., arXiv 2405.18203; equations of MiLoRA, arXiv 2410.18035",
        group="prompt",
        status="experimental",
        capacities=_WIDTHS,
        capacity_name="bottleneck width",
        rate=3e-3,
        layer=prompt_formulas.iapt,
        layer_restriction=layer_restrictions.no_prefix,
        reads_text=True,
        saved=Saved(layer=saved_prompts.iapt),
        build=f"{_ADAPTERS}.summaries:add_summary",
        order=2,
        merges=False,
        activations=Activations(1, capacity=0, trained=3),
        products=Products(fixed=13, fixed_rank=SUMMARY_TOKENS, after="query", inside=True),
    ),
    Technique(
        "apt",
        "adds the rows of a table that a token resembles",
        f"m d + 2 {CORRECTION_RANK} d + 1",
        "Wu et al., arXiv 2306.15706",
        group="prompt",
        status="experimental",
        capacities=(4, 8, 16, 32, 64, 128, 256),
        capacity_name="rows of the table",
        rate=3e-3,
        layer=prompt_formulas.apt,
        layer_restriction=prompt_formulas.no_comparison,
        saved=Saved(layer=saved_prompts.apt),
        build=f"{_ADAPTERS}.comparisons:add_comparison",
        merges=False,
        activations=Activations(1, 2, 2, matrices=2),
        products=Products(beside=6, after="attention_output"),
    ),
)
