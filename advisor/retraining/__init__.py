"""How models age and how often to retrain."""
