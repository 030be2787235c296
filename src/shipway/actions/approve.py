"""A person says yes to a bundle for one environment, which is recorded for everybody."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.model.bundle import Bundle
from shipway.model.record import Record, latest
from shipway.oci import bundles
from shipway.oci.records import Ledger


@dataclass(frozen=True, slots=True)
class Approval:
    bundle: Bundle
    record: Record
    new: bool  # false: somebody said so before


async def approve(session: Session, reference: str, environment: str, reason: str) -> Approval:
    """`reference` is a tag or a bundle id. NoSuchRelease where it is neither."""
    steps.check_signing(session)
    target, repository = await session.find(), session.project.image.repository
    async with target.open_registry() as registry:
        otherwise = "shipway bundles"
        found = await bundles.find(registry, repository, reference, otherwise=otherwise)
        ledger = Ledger(registry, repository, session.key)
        before = latest(await ledger.read(found.bundle.id), "approved", environment)
        if before:
            return Approval(found.bundle, before, new=False)
        record = Record(
            kind="approved",
            bundle=found.bundle.id,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            who=session.who,
            run=session.run,
            environment=environment,
            cluster=target.cluster_name,
            reason=reason,
        )
        await ledger.write(record)
    return Approval(found.bundle, record, new=True)
