"""What would change the answer: break-evens, sweeps, relaxations, the value of a measurement."""
