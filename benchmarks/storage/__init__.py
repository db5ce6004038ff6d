"""What a run is, and where it stays."""
