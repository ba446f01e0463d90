"""How many parameters prompts have that are more than embeddings alone, and what making them
takes."""

from peftsearch.spaces.families.anatomy import Stack

from .layer_restrictions import no_prefix

PROMPT_RANK = 2
"""Rank of the factor that LOPA makes from each text."""
PROMPT_ENCODER_WIDTH = 64
"""Width of the two perceptrons that make it; 256 in the paper, for models 1,024 wide."""
POSITIONS = 256
"""Tokens of a text, from its first real one, that DePT shifts; later ones stay as they are."""
SUMMARY_TOKENS = 4
"""Soft tokens that IAPT makes of a text for each layer."""
NUMERATOR, DENOMINATOR = 7, 5
"""Coefficients of IAPT's activation function, a quotient of polynomials."""
CORRECTION_RANK = 4
"""Rank of what APT adds to its table where that is compared with a token."""


def lopa(width: int, tokens: int, read: int | None = None) -> int:
    """Embeddings, and two perceptrons of two linears with biases from the vector of a text to the
    two thin matrices of their factor: `2 (h H + H) + (H + 1) r (m + d) + m d`.

    Args:
        read: Width of that vector, `h`; None of the mean embedding, as wide as embeddings are.
    """
    inner, read = PROMPT_ENCODER_WIDTH, read or width
    made = PROMPT_RANK * (tokens + width)
    return 2 * (read * inner + inner) + (inner + 1) * made + tokens * width


def lopa_of_sequence(width: int, tokens: int, read: int | None = None) -> int:
    """Multiplications by which the vector of one text makes its prompt, forward and backward; the
    vector is frozen and needs no gradient. `read` as of `lopa`."""
    made = PROMPT_RANK * (tokens + width)
    entry = 2 * (read or width) * PROMPT_ENCODER_WIDTH
    return 2 * entry + 3 * (PROMPT_ENCODER_WIDTH * made + PROMPT_RANK * tokens * width)


def shift_rank(width: int, tokens: int) -> int:
    """Rank of DePT's shifts, by which all of it is as large as a prompt of 2.5 times the tokens,
    about the paper's division."""
    return max(1, 3 * tokens * width // (2 * (POSITIONS + width)))


def dept(width: int, tokens: int) -> int:
    """Embeddings, and a thin matrix of positions by one of the width."""
    return tokens * width + shift_rank(width, tokens) * (POSITIONS + width)


def dept_of_batch(width: int, tokens: int) -> int:
    """Multiplications by which shifts are made, forward and backward."""
    return 3 * POSITIONS * shift_rank(width, tokens) * width


def attention_width(stack: Stack) -> int:
    """Numbers of a token that the attention reads."""
    fused = stack.linears.get("query_key_value")
    return (fused or stack.linears["key"]).inputs


def iapt(stack: Stack, width: int) -> int:
    """Pooling vectors, a bottleneck with biases, and its activation function's coefficients:
    `4 d + 2 d b + b + d + 12`."""
    if no_prefix(stack, width):
        return 0
    d = attention_width(stack)
    return SUMMARY_TOKENS * d + 2 * d * width + width + d + NUMERATOR + DENOMINATOR


def apt(stack: Stack, tokens: int) -> int:
    """A table of tokens, what is added to it where it is compared, and a scale."""
    if no_comparison(stack, tokens):
        return 0
    d = stack.linears["attention_output"].outputs
    return tokens * d + 2 * d * CORRECTION_RANK + 1


def no_comparison(stack: Stack, capacity: int) -> str | None:
    """APT reads what the attention reads, and adds to what it gives, of the same width."""
    if "attention_output" not in stack.linears:
        return "its layers have no attention_output"
    if not {"query", "query_key_value"} & stack.linears.keys():
        return "its layers have no query"
    entry = stack.linears.get("query_key_value") or stack.linears["query"]
    same = entry.inputs == stack.linears["attention_output"].outputs
    return None if same else "its attention reads another width than it gives"
