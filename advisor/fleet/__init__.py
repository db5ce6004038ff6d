"""Many models decided together: what only their sum can tell."""
