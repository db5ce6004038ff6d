"""What runs in the child: one trial's training, timing and back-test."""
