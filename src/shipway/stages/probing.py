"""Does a rollout cost anybody a request? The real route is asked all along, from before the change to the test's end."""

from dataclasses import dataclass

from shipway.errors import ShipwayError
from shipway.kube import ingress_address
from shipway.kube.probe import Probe
from shipway.model.environment import Rules
from shipway.model.probe import Probed
from shipway.stages.turn import Turn


@dataclass(eq=False)
class RequestsLost(ShipwayError):
    """The release serves, and who asked in the meantime was turned away more often than the environment bears."""

    environment: str
    limit: int
    probed: Probed

    @property
    def problem(self) -> str:
        return f"{self.environment}: {self.probed} while the release changed; {self.limit} may fail"

    @property
    def details(self) -> tuple[str, ...]:
        return self.probed.first_failures

    @property
    def remedy(self) -> str:
        return (
            "a longer preStopSeconds and a readiness probe in the chart's values, "
            f"or another environments.{self.environment}.max_failed_requests in shipway.yaml"
        )


async def begin(turn: Turn, rules: Rules) -> None:
    """Until the turn ends. Where the environment has no route yet there is nothing to keep up."""
    target, place = turn.target, turn.place
    if turn.probe is not None:
        return
    if target.ingress_port is not None:
        url = target.url("localhost")
    else:
        name = await ingress_address.find(turn.client, place.release.namespace, target.deployment)
        url = f"http://{name}" if name else ""
    if url:
        probe = Probe(url, rules.probe, place.host, local=target.access.local)
        turn.probe = await turn.stack.enter_async_context(probe)


def check(turn: Turn, rules: Rules) -> None:
    """RequestsLost where the environment sets a limit."""
    found = turn.probe.result() if turn.probe else None
    limit = rules.max_failed_requests
    if isinstance(found, Probed) and limit is not None and found.failures > limit:
        raise RequestsLost(rules.environment, limit, found)
