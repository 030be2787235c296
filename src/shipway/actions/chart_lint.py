"""The chart's linter alone, for every values file."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.stage import Step


async def chart_lint(session: Session) -> Report:
    return await session.go("chart-lint", [Step(steps.chart_lint(session))])
