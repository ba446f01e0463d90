"""What every database must do: one suite, run once for each."""
