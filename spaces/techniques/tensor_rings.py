"""How a size is cut into three factors, for changes of a matrix by rings of small tensors."""

from peftsearch.spaces.families.anatomy import Linear

LARGEST_PRIME = 128
"""A size with a larger prime factor would need a core that is hardly smaller than the size."""


def factors(size: int) -> tuple[int, int, int]:
    """Three factors of a size with the smallest sum, ascending: 768 is 8 * 8 * 12."""
    found = (
        (low, middle, size // (low * middle))
        for low in _divisors(size, round(size ** (1 / 3)) + 1)
        for middle in _divisors(size // low, round((size // low) ** 0.5) + 1)
        if low <= middle <= size // (low * middle)
    )
    return min(found, key=lambda x: (sum(x), x))


def _divisors(size: int, most: int) -> list[int]:
    return [x for x in range(1, most + 1) if size % x == 0]


def largest_prime(size: int) -> int:
    """The largest prime factor; 1 of 1."""
    found, divisor = 1, 2
    while divisor * divisor <= size:
        while size % divisor == 0:
            found, size = divisor, size // divisor
        divisor += 1
    return max(found, size)


def large_prime(linear: Linear, capacity: int) -> str | None:
    """Why rings cannot cut a linear; None where they can."""
    for size, side in ((linear.inputs, "inputs"), (linear.outputs, "outputs")):
        if (prime := largest_prime(size)) > LARGEST_PRIME:
            return f"its {size} {side} have a prime above {LARGEST_PRIME}: {prime}"
    return None
