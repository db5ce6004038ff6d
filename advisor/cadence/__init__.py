"""How often to retrain: from an error matrix to an interval with its price and its doubt."""
