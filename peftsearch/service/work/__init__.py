"""Child processes: worker pools, checks of specs, exports."""
