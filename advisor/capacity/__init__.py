"""From a measurement here and a load there to latency, replicas and speed of a machine."""
