"""Questions to an API in trouble."""

import httpx2
import pytest
from lightkube.core.exceptions import ApiError

from shipway.kube.contact import Contact, OutOfTouch

REQUEST = httpx2.Request("GET", "http://cluster/")


def refusal(code: int) -> ApiError:
    response = httpx2.Response(code, json={"code": code, "message": "no"}, request=REQUEST)
    return ApiError(request=REQUEST, response=response)


def plain(code: int) -> httpx2.HTTPStatusError:
    """Of a proxy that stands before the API."""
    response = httpx2.Response(code, text="no", request=REQUEST)
    return httpx2.HTTPStatusError("no", request=REQUEST, response=response)


class Api:
    """Troubles first, then an answer."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)

    async def __call__(self) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        return "pods"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (refusal(500), "answers 500"),
        (refusal(429), "answers 429"),
        (plain(502), "answers 502"),
        (httpx2.ConnectError("refused"), "does not answer (refused)"),
        (httpx2.ReadTimeout(""), "does not answer (ReadTimeout)"),
    ],
)
async def test_trouble_is_told_and_the_question_asked_again(trouble: Exception, words: str) -> None:
    heard: list[str] = []
    contact = Contact(heard.append)
    assert await contact.ask(Api(trouble)) == "pods"
    assert heard == [f"the cluster's API {words}; still watching"]
    assert contact.lost is None


async def test_after_the_limit_the_last_trouble_is_raised() -> None:
    heard: list[str] = []
    contact = Contact(heard.append, limit=0.3)
    with pytest.raises(OutOfTouch) as caught:
        await contact.ask(Api(*[refusal(500)] * 10, refusal(503)))
    assert caught.value is contact.lost
    assert caught.value.trouble == "the cluster's API answers 500"
    assert 0.3 <= caught.value.seconds < 45


@pytest.mark.parametrize("code", [401, 403, 404, 409, 410])
async def test_an_answer_is_told_at_once(code: int) -> None:
    heard: list[str] = []
    with pytest.raises(ApiError):
        await Contact(heard.append).ask(Api(refusal(code)))
    assert heard == []
