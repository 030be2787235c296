"""What cdk starts: the settings are read, the stack is written to its output folder."""

import os
import sys

import aws_cdk as cdk

from infra.config import WrongSettings, read
from infra.stack import infrastructure

FLAGS = {
    # CloudFormation's own provider for the cluster's tokens, instead of a function that makes one.
    "@aws-cdk/aws-eks:useNativeOidcProvider": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
}


def main() -> int:
    app = application()
    try:
        config = read(app.node.get_all_context(), os.environ)
    except WrongSettings as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    infrastructure(app, config)
    app.synth()
    return 0


def application(outdir: str | None = None) -> cdk.App:
    """Without a folder it is the one that cdk names when it starts us."""
    return cdk.App(outdir=outdir, context=FLAGS, analytics_reporting=False)


if __name__ == "__main__":
    sys.exit(main())
