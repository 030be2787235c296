"""From botocore's exceptions to ours."""

from difflib import get_close_matches

from boto3.session import Session
from botocore import exceptions as botocore

from shipway.aws import errors
from shipway.errors import ShipwayError

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
INVALID = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
FAILING = frozenset({"InternalError", "InternalFailure", "ServerException", "ServiceUnavailable"})
_NONE = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.ProfileNotFound,
)
_LOGGED_OUT = (
    botocore.CredentialRetrievalError,
    botocore.SSOError,
    botocore.TokenRetrievalError,
)
_NO_ANSWER = (botocore.HTTPClientError, botocore.ConnectionError)


def translate(
    refusal: botocore.BotoCoreError | botocore.ClientError, operation: str, region: str
) -> ShipwayError:
    """`operation` as IAM calls it, such as `eks:DescribeCluster`."""
    if isinstance(refusal, botocore.ClientError):
        return _answered(refusal, operation)
    reason = " ".join(str(refusal).split())
    if isinstance(refusal, _NONE):
        return errors.NoCredentials(reason)
    if isinstance(refusal, _LOGGED_OUT):
        return errors.CredentialsExpired(reason)
    if isinstance(refusal, botocore.InvalidRegionError):
        return _unknown(region)
    if isinstance(refusal, _NO_ANSWER):
        # a region that is newer than our list answers: only one that does not is doubted
        known = operation.partition(":")[0]
        if region not in Session().get_available_regions(known):
            return _unknown(region)
        return errors.AwsUnreachable(operation, reason)
    return errors.AwsRefused(operation, type(refusal).__name__, reason)


def _answered(refusal: botocore.ClientError, operation: str) -> ShipwayError:
    told = refusal.response.get("Error", {})
    code, reason = told.get("Code", ""), told.get("Message", "")
    about = refusal.response.get("ResponseMetadata", {})
    status = about.get("HTTPStatusCode", 0)
    if code in EXPIRED:
        return errors.CredentialsExpired(reason)
    if code in INVALID:
        return errors.CredentialsInvalid(reason)
    if code in DENIED:
        return errors.Denied(operation, reason)
    if code in THROTTLED:
        return errors.Throttled(operation)
    if code in FAILING or status >= 500:
        return errors.AwsFails(operation, code, reason)
    return errors.AwsRefused(operation, code, reason, about.get("RequestId", ""))


def _unknown(region: str) -> errors.UnknownRegion:
    known = Session().get_available_regions("eks")
    return errors.UnknownRegion(region, tuple(get_close_matches(region, known, n=1)))
