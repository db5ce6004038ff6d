"""What an option is: machines, offers, replicas, and the one table of options in columns."""
