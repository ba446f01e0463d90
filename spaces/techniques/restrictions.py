"""Why a technique cannot adapt one linear at a capacity: reasons for people, None where it can."""

from collections.abc import Callable

from peftsearch.spaces.families.anatomy import Linear

Restriction = Callable[[Linear, int], str | None]


def first(*restrictions: Restriction) -> Restriction:
    """The first of several reasons."""

    def restriction(linear: Linear, capacity: int) -> str | None:
        found = (reason(linear, capacity) for reason in restrictions)
        return next((reason for reason in found if reason), None)

    return restriction


def one_of(*capacities: int) -> Restriction:
    """Only these capacities mean something."""
    known = ", ".join(map(str, capacities))
    return lambda linear, capacity: None if capacity in capacities else f"it takes {known} only"


def below_two(linear: Linear, capacity: int) -> str | None:
    """A rotation needs a plane."""
    return "one direction alone cannot be rotated" if capacity < 2 else None


def odd(linear: Linear, capacity: int) -> str | None:
    """Halves are treated alike."""
    return f"{capacity} is odd" if capacity % 2 else None


def indivisible(linear: Linear, capacity: int) -> str | None:
    """Inputs and outputs are cut into blocks of `capacity`."""
    return indivisible_inputs(linear, capacity) or indivisible_outputs(linear, capacity)


def indivisible_inputs(linear: Linear, capacity: int) -> str | None:
    """Inputs are cut into blocks of `capacity`."""
    if linear.inputs % capacity:
        return f"{capacity} does not divide its {linear.inputs} inputs"
    return None


def indivisible_outputs(linear: Linear, capacity: int) -> str | None:
    """Outputs are cut into blocks of `capacity`."""
    if linear.outputs % capacity:
        return f"{capacity} does not divide its {linear.outputs} outputs"
    return None


def in_blocks_of(size: int) -> Restriction:
    """Inputs and outputs are cut into blocks of one fixed size."""
    return lambda linear, capacity: indivisible(linear, size)


def outputs_in_blocks_of(size: int) -> Restriction:
    """Outputs are cut into blocks of one fixed size."""
    return lambda linear, capacity: indivisible_outputs(linear, size)


def above_rank(linear: Linear, capacity: int) -> str | None:
    """More principal directions than the matrix has."""
    rank = min(linear.inputs, linear.outputs)
    return f"its matrix has rank {rank}" if capacity > rank else None


def above_inputs(linear: Linear, capacity: int) -> str | None:
    """More rows than inputs."""
    return f"it has {linear.inputs} inputs" if capacity > linear.inputs else None


def above_outputs(linear: Linear, capacity: int) -> str | None:
    """More parts than outputs."""
    return f"it has {linear.outputs} outputs" if capacity > linear.outputs else None


def above_entries(linear: Linear, capacity: int) -> str | None:
    """More coefficients than the matrix has entries."""
    size = linear.inputs * linear.outputs
    return f"its matrix has {size} entries" if capacity > size else None


def above_thin_entries(rank: int) -> Restriction:
    """More shared numbers than two thin matrices of one fixed rank have entries; some would never
    be used."""

    def restriction(linear: Linear, capacity: int) -> str | None:
        size = rank * (linear.inputs + linear.outputs)
        return f"it draws on {size} numbers only" if capacity > size else None

    return restriction


def denser_than_matrix(linear: Linear, capacity: int) -> str | None:
    """As many entries as `capacity` rows and columns, more than the matrix has."""
    return above_entries(linear, capacity * (linear.inputs + linear.outputs))


def above_per_mille(linear: Linear, density: int) -> str | None:
    """More entries than the matrix has."""
    return "a matrix has 1000 per mille" if density > 1000 else None


def empty_below_one(linear: Linear, density: int) -> str | None:
    """So few per mille of the matrix that no entry is left."""
    small = linear.inputs * linear.outputs * density < 1001
    return "its matrix is too small for that density" if small else None


def nothing_kept(linear: Linear, percent: int) -> str | None:
    """So many per cent of the directions that none is kept as it is."""
    kept = int(min(linear.inputs, linear.outputs) * (1 - percent / 100))
    return None if kept > 0 else "no direction would be kept as it is"
