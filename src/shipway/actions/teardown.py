"""Stop a target and everything it started."""

from shipway.actions.session import Session


async def teardown(session: Session, *, purge: bool) -> str:
    """What was done, as one line. `purge` forgets the target's state, too."""
    return await session.provider.down(purge=purge)
