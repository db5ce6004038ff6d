"""A study with all that is uncertain: the option space, the draws, what each option comes to."""
