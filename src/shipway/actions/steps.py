"""The project's stages: the only place that turns configuration into stages."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from shipway.actions import builder
from shipway.actions.runner import runner
from shipway.actions.session import Session
from shipway.charts import values
from shipway.model.environment import Rules, before
from shipway.oci.reference import is_digest
from shipway.pipeline.graph import in_turn
from shipway.pipeline.stage import Stage, Step
from shipway.runners.runner import Runner
from shipway.stages.build import Build
from shipway.stages.chart_lint import ChartLint
from shipway.stages.deploy import Deploy
from shipway.stages.helm_test import HelmTest
from shipway.stages.lint import Lint
from shipway.stages.push import Push
from shipway.stages.resolve import Resolve
from shipway.stages.setup import Setup
from shipway.stages.test import Test
from shipway.stages.tools import Tools
from shipway.stages.upload import Upload

CHECKS = ("lint", "test", "chart-lint")


def lint(session: Session, where: Runner) -> Lint:
    check = session.project.checks.lint
    return Lint(check.run, Path(check.folder), where)


def test(session: Session, where: Runner) -> Test:
    check = session.project.checks.test
    return Test(check.run, Path(check.folder), where)


def chart_lint(session: Session) -> ChartLint:
    """Every values file in the folders that the targets name, of whatever target."""
    project = session.project
    named = [Path(file) for target in project.targets.values() for file in target.values.values()]
    folders = sorted({file.parent for file in named})
    found = {
        path.relative_to(project.root)
        for folder in folders
        for path in (project.root / folder).glob("*.yaml")
    }
    return ChartLint(
        chart=Path(project.chart.path),
        values=sorted({*found, *named}),
        root=project.root,
        folder=session.folder,
        timeout_seconds=project.timeout,
        shell=session.shell,
    )


def building(session: Session, tag: str, after: Sequence[str] = ()) -> Iterator[Step]:
    """Image and chart are built and uploaded at once; their tags wait for `after`."""
    check_signing(session)
    project = session.project
    image, chart = project.image, project.chart
    yield Step(
        Build(
            image=builder.image(session),
            chart=project.root / chart.path,
            cache=session.state / "cache",
            shell=session.shell,
            why=builder.choose(session).why,
        )
    )
    upload = Upload(image.repository, chart.repository, session.shell)
    yield Step(upload, ("setup", "build"))
    target = project.targets[session.target]
    files = {name: project.root / path for name, path in target.values.items()}
    push = Push(
        image_repository=image.repository,
        chart_repository=chart.repository,
        chart=Path(chart.path),
        values=files,
        tag=tag,
        shell=session.shell,
        by=session.by,
        rollback_safe=project.rollback_safe,
        key=session.key,
    )
    yield Step(push, ("upload", *after))


def check_signing(session: Session) -> None:
    """NoPrivateKey where what comes of the stages could not be recorded: known before anything else begins."""
    if session.key is not None:
        session.key.must_sign()


async def check(session: Session) -> None:
    """What a build for the target needs is there: known before anything else begins."""
    await session.provider.check()
    await builder.check(session)
    _check_values(session)


def _check_values(session: Session) -> None:
    """Every values file of the target can be read and filled in."""
    project = session.project
    for file in project.targets[session.target].values.values():
        text = values.decode((project.root / file).read_bytes(), file=Path(file))
        values.load(values.substitute(text, os.environ, file=Path(file)), file=Path(file))


def tools(session: Session) -> Tools:
    return Tools(session.state / "tools", session.shell)


def setup(session: Session) -> Step:
    return Step(Setup(session.provider))


def resolve(session: Session, reference: str, otherwise: str = "") -> Stage:
    """Where there is no such release: `otherwise`, or build it; a bundle's id comes from a build, not before it."""
    build = "shipway build" if is_digest(reference) else f"shipway build --tag {reference}"
    return Resolve(session.project.image.repository, reference, otherwise or build)


def deploying(session: Session, environments: Sequence[str], *, tested: bool) -> list[Stage]:
    stages: list[Stage] = []
    for environment in environments:
        stages.append(deploy(session, environment))
        if tested:
            stages.append(helm_test(session, environment))
    return stages


def deploy(session: Session, environment: str) -> Deploy:
    check_signing(session)
    return Deploy(
        rules(session, environment),
        session.folder,
        session.shell,
        session.turns,
        session.project.root,
        session.force,
    )


def helm_test(session: Session, environment: str) -> HelmTest:
    check_signing(session)
    return HelmTest(rules(session, environment), session.folder, session.shell, session.turns)


def rules(session: Session, environment: str) -> Rules:
    """What shipway.yaml says of it; the order is that of the environments that the target has."""
    project = session.project
    values = project.targets[session.target].values
    order = [each.name for each in project.environments if each.name in values]
    said = next(each for each in project.environments if each.name == environment)
    return Rules(
        environment=environment,
        before=before(order, environment),
        timeout_seconds=project.timeout,
        returns=said.on_failure == "rollback",
        max_failed_requests=said.max_failed_requests,
        approval=said.approval,
        probe=project.probe,
    )


def release(session: Session, tag: str, environments: Sequence[str]) -> list[Step]:
    """The whole pipeline: checks beside the build, then one environment after the other."""
    checks = runner(session)
    return [
        Step(tools(session)),
        setup(session),
        Step(lint(session, checks)),
        Step(test(session, checks)),
        Step(chart_lint(session), ("tools",)),
        *building(session, tag, CHECKS),
        *in_turn(*deploying(session, environments, tested=True), after=("push",)),
    ]
