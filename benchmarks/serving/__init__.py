"""A real HTTP server around a model, and open-loop load against it.

`serve` is the server as it would be shipped, in a container on ECS or on SageMaker; `generator` the
load, in a process of its own; `loadrun` one run of load and what may be said of it; `launch` puts a
server and a generator on different cores of this machine; `calibrate` measures the server itself.
"""
