"""A platform that is no part of the product: what it takes to add one, kept working."""
