"""Any data source, read into features, a target and periods; what an answer's quality is."""
