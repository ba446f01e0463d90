"""A job as an Optuna study."""
