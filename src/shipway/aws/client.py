"""One way to AWS: clients with time limits and retries, whose errors are ours."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from boto3.session import Session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shipway.aws.refusal import translate

if TYPE_CHECKING:  # the stubs are not there at run time
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_sts import STSClient

SETTINGS = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
)

Answer = TypeVar("Answer")


class Aws:
    """One region, with the credentials that boto3 finds: variables, profile, SSO, role."""

    def __init__(self, region: str, settings: Config = SETTINGS) -> None:
        self.region = region
        self._settings = settings
        self._making = threading.Lock()  # a session makes one client at a time

    async def ask(self, operation: str, call: Callable[[], Answer]) -> Answer:
        """`call` may block, and makes the client it uses: that can fail, too. `operation` is IAM's name for it.

        Raises what shipway.aws.errors names.
        """
        try:
            return await asyncio.to_thread(call)
        except (BotoCoreError, ClientError) as refusal:
            raise translate(refusal, operation, self.region) from refusal

    @cached_property
    def _session(self) -> Session:
        return Session(region_name=self.region)

    @cached_property
    def sts(self) -> "STSClient":
        with self._making:
            return self._session.client("sts", config=self._settings)

    def presigned_identity(self, headers: Mapping[str, str], seconds: int) -> str:
        """The URL of a signed sts:GetCallerIdentity, good with exactly these headers. Nothing is asked."""

        def add(request: AWSRequest, **_: object) -> None:
            for name, value in headers.items():
                request.headers[name] = value

        with self._making:
            client = self._session.client("sts", config=self._settings)
        client.meta.events.register("before-sign.sts.GetCallerIdentity", add)
        return client.generate_presigned_url(
            "get_caller_identity", ExpiresIn=seconds, HttpMethod="GET"
        )

    @cached_property
    def ecr(self) -> "ECRClient":
        with self._making:
            return self._session.client("ecr", config=self._settings)

    @cached_property
    def eks(self) -> "EKSClient":
        with self._making:
            return self._session.client("eks", config=self._settings)
