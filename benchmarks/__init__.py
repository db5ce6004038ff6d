"""What the models do: the harness that trains, profiles and back-tests candidate models."""
