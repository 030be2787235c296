"""Return one environment to an earlier release and test it; the others are not touched."""

from dataclasses import replace

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn
from shipway.stages.rollback import Rollback


async def rollback(session: Session, environment: str, to: str | None, why: str) -> Report:
    """`to` is a revision's number, a tag or a bundle id; None is the last one that is proven there and differs."""
    # What is proven there was approved once. What was left may have served nobody: that is not the way back's fault.
    rules = replace(
        steps.rules(session, environment), returns=False, approval=False, max_failed_requests=None
    )
    deploy = replace(steps.deploy(session, environment), rules=rules)
    test = replace(steps.helm_test(session, environment), rules=rules, forced=bool(session.force))
    back = Rollback(
        rules=rules,
        to=to,
        why=why,
        force=bool(session.force),
        folder=session.folder,
        shell=session.shell,
        turns=session.turns,
        resolve=steps.resolve(session, to or "", f"shipway history {environment}"),
        deploy=deploy,
    )
    return await session.go(
        "rollback", [steps.setup(session), *in_turn(back, test, after=("setup",))]
    )
