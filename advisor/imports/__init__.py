"""What the user already has, read and never written: experiment histories."""
