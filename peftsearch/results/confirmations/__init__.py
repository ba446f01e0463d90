"""Confirmations on the test split: planned, foreseen, made, told."""
