"""What can be bought: one table of options in columns, and their replicas."""
