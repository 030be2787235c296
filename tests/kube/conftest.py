"""A Kubernetes API made of recorded objects: it lists, gets, replaces and tells logs, and notes what was written."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User

RECORDED = Path(__file__).with_name("recorded")


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


@dataclass
class Api:
    """Objects by plural. Selectors are equality only, which is all that shipway asks with."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)  # by pod
    written: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("connection refused", request=request)
        namespace, plural, *rest = request.url.path.partition("/namespaces/")[2].split("/")
        found = [
            each
            for each in self.objects.get(plural, [])
            if each["metadata"]["namespace"] == namespace
        ]
        if request.method == "PUT":
            self.written.append(json.loads(request.content))
            return httpx2.Response(200, json=self.written[-1])
        if rest[1:] == ["log"]:
            return self._log(rest[0])
        if rest:
            found = [each for each in found if each["metadata"]["name"] == rest[0]]
            return httpx2.Response(200, json=found[0]) if found else _missing(rest[0])
        items = [each for each in found if _selected(each, request.url.params)]
        return httpx2.Response(200, json={"metadata": {}, "items": items})

    def _log(self, pod: str) -> httpx2.Response:
        if pod in self.logs:
            return httpx2.Response(200, text=self.logs[pod])
        return _missing(pod)


def _missing(name: str) -> httpx2.Response:
    status = {"kind": "Status", "status": "Failure", "code": 404, "message": f"{name} not found"}
    return httpx2.Response(404, json=status)


def _selected(each: dict[str, Any], params: httpx2.QueryParams) -> bool:
    labels = each["metadata"].get("labels", {})
    wanted = [pair.split("=") for pair in params.get("labelSelector", "").split(",") if pair]
    name = params.get("fieldSelector", "").partition("involvedObject.name=")[2]
    return all(labels.get(key) == value for key, value in wanted) and (
        not name or each["involvedObject"]["name"] == name
    )


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def client(api: Api) -> AsyncIterator[AsyncClient]:
    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster"), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(api.answer))
    yield client
    await client.aclose()
