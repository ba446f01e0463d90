"""The hypervolume of a front in words: one of 0 is never told without its reason."""


def tell_share(share: float, floors: bool) -> str:
    """`0.123`; `0 (nothing beats the floor)`.

    Args:
        share: Of the box that it is measured in.
        floors: Whether the box begins at a floor; else at the first trial.
    """
    if share >= 0.0005:
        return f"{share:.3f}"
    if share > 0:
        return "under 0.001"
    return f"0 (nothing beats the {'floor' if floors else 'first trial'})"
