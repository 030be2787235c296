"""A release where this machine isolates no pods: they share its addresses, and its Python is the only system there is."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from shipway.commands import drydock
from shipway.shell.local import LocalShell
from shipway.targets.embedded import PYTHON
from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(bench: Workbench) -> AsyncIterator[Workbench]:
    up = drydock.up(PYTHON, bench.state / "embedded", ingress_port=None)
    await LocalShell(bench.folder).run(replace(up, argv=(*up.argv, "--node", "loopback")))
    yield bench
    await bench.restore()


async def test_replicas_listen_on_one_port_each_on_an_address_of_its_own(
    shared: Workbench,
) -> None:
    built = await shared.shipway("build", "--tag", "v1")
    assert built.code == 0, built.err
    assert ", pods not isolated: it was asked for\n" in built.out
    said = await shared.shipway("deploy-all", "--tag", "v1", "--env", "dev", "--env", "staging")
    assert said.code == 0, said.out + said.err
    assert (await shared.get("staging", "/version")).json()["tag"] == "v1"
    values = await shared.helm("get", "values", "sample-app-staging", "-n", "staging", "-o", "json")
    assert json.loads(values.out)["bindAddress"] == "podIP"


async def test_status_and_doctor_say_how_pods_run_why_and_what_to_do(shared: Workbench) -> None:
    said = await shared.shipway("status", "--env", "staging")
    assert said.out.splitlines()[-1] == " pods are not isolated: it was asked for"
    said = await shared.shipway("doctor")
    assert said.code == 0
    assert (
        "✓ pods         not isolated: it was asked for; "
        "for isolated pods: shipway teardown embedded, then: shipway setup embedded"
    ) in said.out.splitlines()


async def test_an_image_with_a_system_of_its_own_is_refused_before_anything_is_built(
    shared: Workbench,
) -> None:
    shared.edit("shipway.yaml", "  source: app\n", "  source: app\n  builder: docker\n")
    said = await shared.shipway("run", "--tag", "v2")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: image.builder: docker makes an image with a system of its own, "
        "and the embedded cluster's pods are not isolated: it was asked for\n"
        "  try: shipway teardown embedded, then: shipway setup embedded. Or set image.builder: auto "
        "in shipway.yaml, or release to another target: --target kind\n",
    )
    said = await shared.shipway("doctor")
    assert said.code == 1
    assert "✗ pods         image.builder: docker makes an image" in said.out
