"""The engine as a sampler of Optuna studies."""
