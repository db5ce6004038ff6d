"""What things cost: dated prices, instance facts and the one calculator that makes bills of them."""
