"""What the API server fills into pods and pod templates. These functions write into what they are given."""

from typing import Any, Final

Json = dict[str, Any]

_FILE_MODE: Final = 0o644
_TOKEN_SECONDS: Final = 3600
PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINERS: Final = ("initContainers", "containers")


def default_pod_spec(spec: Json) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    _mirror_service_account(spec)
    for container in _containers(spec):
        _default_container(container)
    for volume in spec.get("volumes", []):
        _default_volume(volume)


def default_pod(pod: Json) -> None:
    """What a pod gets and a template does not; the ServiceAccount and toleration admission included."""
    spec = pod.setdefault("spec", {})
    default_pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("serviceAccountName", "default")
    _mirror_service_account(spec)
    _default_tolerations(spec)
    for container in _containers(spec):
        if spec.get("hostNetwork"):
            for port in container.get("ports", []):
                port.setdefault("hostPort", port.get("containerPort", 0))
        limits = container["resources"].get("limits", {})
        if limits:
            requests = container["resources"].setdefault("requests", {})
            container["resources"]["requests"] = {**limits, **requests}


def _containers(spec: Json) -> list[Json]:
    return [container for field in _CONTAINERS for container in spec.get(field, [])]


def _mirror_service_account(spec: Json) -> None:
    """`serviceAccount` is the deprecated name of the same field."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _default_tolerations(spec: Json) -> None:
    """A pod stays five minutes on a node that stops answering."""
    tolerations = spec.setdefault("tolerations", [])
    for condition in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{condition}"
        if not any(each.get("key") in {None, key} for each in tolerations):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            )


def _default_container(container: Json) -> None:
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", pull_policy(container.get("image", "")))
    for port in container.get("ports", []):
        port.setdefault("protocol", "TCP")
    for variable in container.get("env", []):
        _default_field_ref(variable.get("valueFrom", {}))
    for probe in (container[name] for name in PROBES if name in container):
        _default_probe(probe)
    for handler in container.get("lifecycle", {}).values():
        if isinstance(handler, dict):
            _default_http_get(handler)


def pull_policy(image: str) -> str:
    """Always for `latest` and for no tag at all; a digest pins the image."""
    name = image.rpartition("/")[2]
    if "@" in name:
        return "IfNotPresent"
    return "Always" if name.partition(":")[2] in {"", "latest"} else "IfNotPresent"


def _default_field_ref(source: Json) -> None:
    if "fieldRef" in source:
        source["fieldRef"].setdefault("apiVersion", "v1")
    if "resourceFieldRef" in source:
        source["resourceFieldRef"].setdefault("divisor", "0")


def _default_probe(probe: Json) -> None:
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(field, value)
    _default_http_get(probe)
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _default_http_get(handler: Json) -> None:
    if "httpGet" in handler:
        handler["httpGet"].setdefault("path", "/")
        handler["httpGet"].setdefault("scheme", "HTTP")


def _default_volume(volume: Json) -> None:
    if volume.keys() <= {"name"}:
        volume["emptyDir"] = {}
    for source in ("secret", "configMap", "downwardAPI", "projected"):
        if source in volume:
            volume[source].setdefault("defaultMode", _FILE_MODE)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    for item in volume.get("downwardAPI", {}).get("items", []):
        _default_field_ref(item)
    for part in volume.get("projected", {}).get("sources", []):
        if "serviceAccountToken" in part:
            part["serviceAccountToken"].setdefault("expirationSeconds", _TOKEN_SECONDS)
        for item in part.get("downwardAPI", {}).get("items", []):
            _default_field_ref(item)
