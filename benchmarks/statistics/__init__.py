"""Timing, quantiles with confidence, and learning curves."""
