"""Independent random streams of one trial, each a function of the seed and its purpose."""

import hashlib

import torch


def derive(seed: int, purpose: str) -> int:
    """A 63-bit seed; changing how much one stream draws never moves another."""
    digest = hashlib.sha256(f"{purpose}/{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(seed: int, purpose: str) -> torch.Generator:
    """A private generator on the CPU."""
    return torch.Generator().manual_seed(derive(seed, purpose))
