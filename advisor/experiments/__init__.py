"""The experiment budget: runs per promoted model, what another run gains, when to stop."""
