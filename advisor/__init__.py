"""What to do: the engine that ranks every way to run a model, and its faces."""
