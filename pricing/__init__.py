"""What things cost: dated prices, instance facts and the one calculator for every bill."""
