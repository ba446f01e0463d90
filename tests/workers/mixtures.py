"""Configurations of several techniques on a tiny model of three layers."""

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum

IA3 = Module("ia3", 0, ("key", "value", "mlp_out"))
MIXED = Configuration(
    (
        Stratum(0, 1, (Module("bitfit"),)),
        Stratum(1, 2, (IA3, Module("ln_tuning"))),
        Stratum(
            2,
            3,
            (
                Module("lora", 4, ("query", "value")),
                Module("dora", 2, ("mlp_in",)),
                Module("rslora", 3, ("mlp_out",)),
                Module("bitfit"),
            ),
        ),
    ),
    1e-3,
)
