"""What this machine is, can do, and is disturbed by."""
