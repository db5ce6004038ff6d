"""A child process per trial, so that none can hurt another."""
