"""What may be tried and what is wanted: techniques, strata, spaces, cost, objectives, job spec.

Imports neither torch nor transformers.
"""
