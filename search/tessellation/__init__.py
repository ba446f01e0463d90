"""Random tessellation forests: trees of oblique cuts, drawn by sequential Monte Carlo.

A tree is a draw of a random tessellation process (Ge, Wang, Teh, Wang and Elliott, NeurIPS 2019):
hyperplanes cut polytopes at the rate at which random hyperplanes meet them, whatever lies beyond.
`estimators` has them for tables, `forest` for programs.
"""
