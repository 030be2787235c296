"""The login that a registry wants, known by its host."""

from shipway.aws.repository import region_of
from shipway.oci.auth import CredentialsProvider


def login_for(host: str) -> CredentialsProvider | None:
    """For whoever reads from `host`, on whatever target: a private registry of ECR takes nobody else's login."""
    region = region_of(host)
    if region is None:
        return None
    from shipway.targets import eks_login  # noqa: PLC0415  # boto3 takes as long as a short verb

    return eks_login.reader(host, region)
