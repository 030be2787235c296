"""Healing asks for nothing where there is nothing to heal, and says in one line what it did."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.resources.core_v1 import Secret

from shipway.commands.helm import Release
from shipway.kube import releases
from shipway.model.lease import Holder
from shipway.pipeline.events import EffectBegun, EffectDone, Note
from shipway.pipeline.journal import Journal
from shipway.stages.heal import HelmAtWork, Remains, give_up, heal
from tests.kube.conftest import Api, recorded
from tests.stages.conftest import Voice

TINY = Release("tiny", "tiny")
RUN = "20261123T115900-77"
DEAD = Holder("alice on laptop", "laptop/1.1", RUN, 11, "1/1", "deploy dev")


class Counted(Api):
    asked: int = 0

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        return super().answer(request)


@pytest.fixture
def api() -> Counted:
    return Counted()


@pytest.fixture
async def client(api: Counted) -> AsyncIterator[AsyncClient]:
    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster"), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(api.answer))
    yield client
    await client.aclose()


def secret(**info: str) -> dict[str, Any]:
    """Of revision 1, which that run of ours made."""
    found: dict[str, Any] = recorded("helm_release.json")
    made = Secret.from_dict(found)
    assert isinstance(made, Secret)
    stored = releases.decode(made)
    stored["info"] |= info
    found["data"] = {"release": releases.encode(stored)}
    found["metadata"]["labels"] |= releases.labels(1, RUN, 6)
    return found


def remains(client: AsyncClient, runs: Path, former: Holder | None = None) -> Remains:
    return Remains(
        client=client,
        environment="dev",
        release=TINY,
        deployment="tiny",
        mark="http://cluster tiny/tiny of a test",
        fence=7,
        former=former,
        runs=runs,
    )


def begun(runs: Path) -> None:
    """The journal of the run that died."""
    journal = Journal(runs, DEAD, lambda _: True)
    journal.write(EffectBegun("deploy dev", "helm upgrade"))
    journal.close()


async def test_a_healthy_environment_costs_a_look_at_its_history(
    client: AsyncClient, api: Counted, voice: Voice, tmp_path: Path
) -> None:
    api.objects["secrets"] = [secret()]
    assert await heal(remains(client, tmp_path), voice.say) == []
    assert (api.asked, api.written, voice.events) == (1, [], [])


async def test_a_turn_that_was_not_given_back_may_have_left_nothing(
    client: AsyncClient, api: Counted, voice: Voice, tmp_path: Path
) -> None:
    api.objects["secrets"] = [secret()]
    assert await heal(remains(client, tmp_path, DEAD), voice.say) == []
    assert (api.asked, api.written, voice.events) == (2, [], [])


async def test_each_healing_is_an_effect_and_a_line(
    client: AsyncClient, api: Counted, voice: Voice, tmp_path: Path
) -> None:
    begun(tmp_path)
    api.objects["secrets"] = [secret(status="pending-upgrade", description="Preparing upgrade")]
    (done,) = await heal(remains(client, tmp_path, DEAD), voice.say)
    story = f"left pending-upgrade by run {RUN} (killed during helm upgrade)"
    assert str(done) == f"revision 1 was {story}: marked failed"
    assert voice.events == [
        EffectBegun("stage", "heal"),
        Note("stage", str(done)),
        EffectDone("stage", "heal"),
    ]
    (written,) = api.written
    assert written["metadata"]["labels"]["status"] == "failed"
    info = releases.decode(Secret(data=written["data"]))["info"]
    assert (info["status"], info["description"]) == ("failed", f"failed: {story}")


async def test_of_a_run_on_another_machine_no_more_is_told_than_is_known(
    client: AsyncClient, api: Counted, voice: Voice, tmp_path: Path
) -> None:
    api.objects["secrets"] = [secret(status="pending-install", description="Initial install")]
    (done,) = await heal(remains(client, tmp_path), voice.say)
    assert str(done) == f"revision 1 was left pending-install by run {RUN}: marked failed"


async def test_a_test_pod_goes_with_the_run_that_waited_for_it(
    client: AsyncClient, api: Counted, voice: Voice, tmp_path: Path
) -> None:
    def pod(name: str, phase: str, hook: str) -> dict[str, Any]:
        labels = {"app.kubernetes.io/instance": "tiny"}
        meta = {"name": name, "namespace": "tiny", "labels": labels}
        return {
            "metadata": {**meta, "annotations": {"helm.sh/hook": hook}},
            "status": {"phase": phase},
        }

    api.objects["secrets"] = [secret()]
    api.objects["pods"] = [
        pod("asks", "Running", "test"),
        pod("asked", "Succeeded", "test"),
        pod("migrates", "Running", "pre-upgrade"),
    ]
    done = await heal(remains(client, tmp_path, DEAD), voice.say)
    assert [str(each) for each in done] == [
        "test pod asks was left running by a run that died: removed"
    ]


async def test_a_stranger_s_helm_is_left_alone_until_a_person_gives_it_up(
    client: AsyncClient, api: Counted, voice: Voice, tmp_path: Path
) -> None:
    strange = secret(status="pending-upgrade", description="Preparing upgrade")
    strange["metadata"]["labels"].pop(releases.OF)
    strange["metadata"]["creationTimestamp"] = "2999-01-01T00:00:00Z"
    api.objects["secrets"] = [strange]
    with pytest.raises(HelmAtWork) as caught:
        await heal(remains(client, tmp_path), voice.say)
    assert (caught.value.problem, caught.value.exit_code) == (
        "dev: a helm that is not ours began revision 1 (pending-upgrade) 0 s ago, "
        "and may still be at work",
        3,
    )
    assert (api.written, voice.events) == ([], [])
    (given,) = await give_up(client, TINY, "bob on desk", "it is gone")
    assert str(given) == (
        "revision 1 was left pending-upgrade by a helm that is not ours; "
        "bob on desk unlocked it: it is gone: marked failed"
    )
    assert len(api.written) == 1


async def test_nobody_gives_up_what_is_ours(client: AsyncClient, api: Counted) -> None:
    api.objects["secrets"] = [secret(status="pending-upgrade")]
    assert await give_up(client, TINY, "bob on desk", "it is gone") == []
    assert api.written == []
