"""What a cluster answers is told as one of our errors."""

from pathlib import Path

import httpx2
import pytest
from lightkube import AsyncClient

from shipway.kube import namespaces
from shipway.kube.access import Access, told
from shipway.kube.errors import ApiRefused


async def test_an_api_that_is_too_busy_for_its_own_words_is_told_as_it_answers(
    client: AsyncClient,
) -> None:
    busy = httpx2.Response(429, text="Too many requests, please try again later.")
    access = Access("eks", Path("kubeconfig"), "shipway setup eks")
    with pytest.raises(ApiRefused) as refused, told(access):
        await namespaces.ensure(_answering(client, busy), "dev")
    assert refused.value.problem == "the cluster answered: 429 Too Many Requests"
    assert refused.value.remedy == "try again in a minute"


def _answering(client: AsyncClient, answer: httpx2.Response) -> AsyncClient:
    transport = httpx2.MockTransport(lambda _request: answer)
    return AsyncClient(config=client.config, transport=transport)
