"""Which option is taken: pruning, the ladder of candidates, the order, chances."""
