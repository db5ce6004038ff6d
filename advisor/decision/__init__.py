"""The decision: the option table, the ladder of candidates, the ranking and its reasons."""
