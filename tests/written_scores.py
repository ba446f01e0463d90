"""Differences of scores, or errors of them, beside a score: what is written of them everywhere."""

BESIDE = [
    (0.0236, 0.81, "0.0236"),
    (0.00003, 0.81, "3e-05"),
    (0.0, 0.81, "0.0000"),
    (4.8e-9, 8.02e-7, "4.8e-09"),
    (0.2, 1234.0, "0.2"),
    (183.4, 12345.0, "183"),
    (0.0000123, 0.00004, "1.2e-05"),
]
