"""Values that many tests need and none is about."""

from shipway.model.status import Row


def deployed(environment: str = "dev") -> Row:
    """The status of an environment whose one pod serves revision 2."""
    return Row(
        environment=environment,
        namespace=environment,
        release=f"sample-app-{environment}",
        revision=2,
        status="deployed",
        tag="v1",
        image="localhost:5001/sample-app@sha256:0123456789abcdef",
        image_digest="sha256:0123456789abcdef",
        chart_version="0.1.0",
        chart_digest="sha256:fedcba9876543210",
        bundle="sha256:aa",
        replicas=1,
        ready=1,
        url=f"http://{environment}.sample-app.local:8480",
        live=("sha256:0123456789abcdef",),
        proven=True,
        state="as released",
    )


def not_deployed(environment: str = "prod") -> Row:
    """The status of an environment in which nothing runs yet."""
    return Row(
        environment=environment,
        namespace=environment,
        release=f"sample-app-{environment}",
        revision=0,
        status="not deployed",
        tag="",
        image="",
        image_digest="",
        chart_version="",
        chart_digest="",
        bundle="",
        replicas=0,
        ready=0,
        url="",
    )
