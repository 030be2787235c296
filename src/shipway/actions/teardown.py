"""Stop a target and everything it started."""

from shipway.actions.session import Session
from shipway.targets import embedded


async def teardown(session: Session, *, purge: bool) -> str:
    """What was done, as one line. `purge` forgets the cluster's state, its registry and its logs too."""
    was_up = await embedded.down(session.project, session.shell)
    if purge:
        embedded.forget(session.project)
    stopped = "the embedded cluster is stopped" if was_up else "the embedded cluster was not up"
    kept = "its state is gone" if purge else "its state is kept in .shipway/embedded"
    return f"{stopped}; {kept}"
