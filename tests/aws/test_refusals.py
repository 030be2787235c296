"""What AWS refuses, from the first missing key to a service that is down: one line and a remedy each."""

import asyncio

import pytest
from botocore import exceptions as botocore
from botocore.config import Config

from shipway.aws.client import Aws
from shipway.aws.identity import Identity, identity
from shipway.aws.refusal import translate
from shipway.errors import ShipwayError
from tests.aws.cloud import ACCOUNT, REGION

LOGIN = "aws sso login, or export fresh keys; then: source .env.eks"


def answer(code: str, message: str, status: int = 400) -> botocore.ClientError:
    return botocore.ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "r",
                "HostId": "h",
                "HTTPHeaders": {},
                "RetryAttempts": 3,
            },
        },
        "GetCallerIdentity",
    )


@pytest.mark.parametrize(
    ("refusal", "exit_code", "problem", "remedy"),
    [
        (
            botocore.NoCredentialsError(),
            2,
            "no AWS credentials: Unable to locate credentials",
            "aws configure sso, or export AWS_PROFILE=…; then: aws sts get-caller-identity",
        ),
        (
            botocore.ProfileNotFound(profile="work"),
            2,
            "no AWS credentials: The config profile (work) could not be found",
            "aws configure sso, or export AWS_PROFILE=…; then: aws sts get-caller-identity",
        ),
        (
            answer("ExpiredToken", "The security token included in the request is expired"),
            1,
            "the AWS credentials have expired: The security token included in the request is expired",
            LOGIN,
        ),
        (
            botocore.UnauthorizedSSOTokenError(),
            1,
            "the AWS credentials have expired: The SSO session associated with this profile has "
            "expired or is otherwise invalid. To refresh this SSO session run aws sso login with "
            "the corresponding profile.",
            LOGIN,
        ),
        (
            answer("InvalidClientTokenId", "The security token included in the request is invalid"),
            1,
            "AWS does not accept the credentials: The security token included in the request is invalid",
            LOGIN,
        ),
        (
            answer("AccessDenied", "User: x is not authorized"),
            1,
            "AWS does not allow sts:GetCallerIdentity: User: x is not authorized",
            "give this identity the permission for sts:GetCallerIdentity; "
            "aws sts get-caller-identity says who it is",
        ),
        (
            answer("ThrottlingException", "Rate exceeded"),
            1,
            "AWS throttles sts:GetCallerIdentity, after several tries too",
            "try again in a minute",
        ),
        (
            botocore.EndpointConnectionError(endpoint_url=f"https://sts.{REGION}.amazonaws.com/"),
            1,
            "AWS does not answer sts:GetCallerIdentity: Could not connect to the endpoint URL: "
            f'"https://sts.{REGION}.amazonaws.com/"',
            "check AWS_REGION, the network and its proxy, then try again",
        ),
        (
            answer("ServiceUnavailable", "Try later"),
            1,
            "AWS fails at sts:GetCallerIdentity, after several tries too: "
            "ServiceUnavailable: Try later",
            "try again in a minute; https://health.aws.amazon.com says whether it is AWS",
        ),
        (
            answer("Malfunction", "Something broke", status=500),
            1,
            "AWS fails at sts:GetCallerIdentity, after several tries too: "
            "Malfunction: Something broke",
            "try again in a minute; https://health.aws.amazon.com says whether it is AWS",
        ),
        (
            answer("ValidationError", "No such thing"),
            1,
            "AWS answered sts:GetCallerIdentity with ValidationError: No such thing",
            "put right what it names, then try again; AWS Support finds it by its request, r",
        ),
        (
            botocore.ParamValidationError(report="Invalid length for parameter name"),
            1,
            "AWS answered sts:GetCallerIdentity with ParamValidationError: "
            "Parameter validation failed: Invalid length for parameter name",
            "put right what it names, then try again",
        ),
        (
            answer(
                "AccessDenied", "User: x is not authorized to perform: iam:PassRole on resource: y"
            ),
            1,
            "AWS does not allow sts:GetCallerIdentity: "
            "User: x is not authorized to perform: iam:PassRole on resource: y",
            "give this identity the permission for iam:PassRole; "
            "aws sts get-caller-identity says who it is",
        ),
        (
            answer(
                "AccessDeniedException",
                "User: x is not authorized to perform: eks:DescribeCluster "
                "with an explicit deny in a service control policy",
            ),
            1,
            "AWS does not allow sts:GetCallerIdentity: User: x is not authorized to perform: "
            "eks:DescribeCluster with an explicit deny in a service control policy",
            "eks:DescribeCluster is denied to this identity: "
            "have that policy changed, or use another identity",
        ),
    ],
)
def test_a_refusal_is_one_line_and_a_remedy(
    refusal: botocore.BotoCoreError | botocore.ClientError,
    exit_code: int,
    problem: str,
    remedy: str | None,
) -> None:
    told = translate(refusal, "sts:GetCallerIdentity", REGION)
    assert (told.exit_code, told.problem, told.remedy) == (exit_code, problem, remedy)


def test_a_region_that_does_not_answer_and_is_unknown_was_probably_misspelt() -> None:
    silent = botocore.EndpointConnectionError(endpoint_url="https://sts.eu-centrl-1.amazonaws.com/")
    told = translate(silent, "sts:GetCallerIdentity", "eu-centrl-1")
    assert (told.exit_code, told.problem, told.remedy) == (
        2,
        "eu-centrl-1 is no region of AWS that we know",
        "export AWS_REGION=eu-central-1; then: source .env.eks",
    )


def test_a_role_is_let_into_a_cluster_not_its_session() -> None:
    session = Identity(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy-dev/run-7")
    user = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann")
    assert session.principal == f"arn:aws:iam::{ACCOUNT}:role/deploy-dev"
    assert user.principal == f"arn:aws:iam::{ACCOUNT}:user/ann"


async def test_another_account_is_told_before_anything_else(moto: None) -> None:
    with pytest.raises(ShipwayError) as caught:
        await identity(Aws(REGION), "999999999999")
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        2,
        f"the credentials are of account {ACCOUNT} (arn:aws:sts::{ACCOUNT}:user/moto), "
        "AWS_ACCOUNT_ID says 999999999999",
        "export AWS_PROFILE=… of that account, or source the .env.eks of this one",
    )


async def test_a_throttled_call_is_tried_again_before_it_is_told(
    keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        body = (
            b"<ErrorResponse><Error><Code>Throttling</Code>"
            b"<Message>Rate exceeded</Message></Error></ErrorResponse>"
        )
        head = (
            f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        hasty = Config(retries={"mode": "standard", "total_max_attempts": 2})
        with pytest.raises(ShipwayError) as caught:
            await identity(Aws(REGION, hasty), ACCOUNT)
    assert caught.value.problem == "AWS throttles sts:GetCallerIdentity, after several tries too"
    assert asked == 2
