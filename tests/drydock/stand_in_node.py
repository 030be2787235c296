"""A node without processes: it takes pods, says that they run, and lets deleted ones go."""

from datetime import UTC, datetime

from drydock.metadata import deleting
from drydock.resources import PODS, Object
from drydock.store import Store
from drydock.timestamps import timestamp


async def play_node(store: Store, history: list[str] | None = None) -> None:
    """Until the store closes. Images named `bad…` never become ready. `history` gets `+name` and `-name`."""
    async for change in store.changes(0, [PODS]):
        metadata = change.object["metadata"]
        if change.type != "MODIFIED" and history is not None:
            history.append(f"{'+' if change.type == 'ADDED' else '-'}{metadata['name']}")
        pod = store.get(PODS, metadata["namespace"], metadata["name"])
        if pod is not None:
            _look(store, pod)


def _look(store: Store, pod: Object) -> None:
    metadata = pod["metadata"]
    if deleting(pod):
        store.delete(PODS, metadata["namespace"], metadata["name"], grace_seconds=0)
    elif not pod["spec"].get("nodeName"):
        store.update(PODS, {**pod, "spec": {**pod["spec"], "nodeName": "drydock"}})
    elif pod["status"]["phase"] == "Pending":
        image = pod["spec"]["containers"][0]["image"]
        ready = {
            "type": "Ready",
            "status": str(not image.startswith("bad")),
            "lastTransitionTime": timestamp(datetime.now(UTC)),
        }
        status = {"phase": "Running", "conditions": [ready]}
        store.update(PODS, {**pod, "status": status}, subresource="status")
