"""What set-up, teardown and doctor of Kind have in common: the ground they stand on."""

from shipway.actions.session import Session
from shipway.kind.ground import Ground
from shipway.kind.layout import Layout
from shipway.stages.tools import Tools
from shipway.targets.kind import NAME
from shipway.targets.target import HTTP
from shipway.tools.pins import HELM, KIND, KUBECTL

TOOLS = (HELM, KUBECTL, KIND)


def ground(session: Session) -> Ground:
    project = session.project
    target = project.targets[NAME]
    namespaces = [each.namespace for each in project.environments if each.name in target.values]
    layout = Layout(tuple(namespaces), target.port or HTTP)
    return Ground(project.root, layout, session.shell)


def tools(session: Session) -> Tools:
    return Tools(session.state / "tools", session.shell, TOOLS)
