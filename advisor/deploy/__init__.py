"""From an answer to files that a team checks in and deploys; nothing is deployed by us.

A deployment is a CloudFormation template in plain dictionaries, checked by `deployment_faults`
before a byte is written. Each figure in it is the answer's own.
"""
