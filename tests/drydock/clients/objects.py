"""Objects that several clients create, as JSON."""

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]


def config_map(name: str, labels: Mapping[str, str] | None = None, **data: str) -> Object:
    metadata: Object = {"name": name}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def container(image: str, **env: str) -> Object:
    return {
        "name": "web",
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            *({"name": name, "value": value} for name, value in env.items()),
        ],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 1},
    }


def pod(name: str, image: str, **env: str) -> Object:
    spec = {"terminationGracePeriodSeconds": 2, "containers": [container(image, **env)]}
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def deployment(name: str, image: str, replicas: int = 1, **env: str) -> Object:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod(name, image, **env)["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template,
        },
    }


def service(name: str, port: str | int = "http") -> Object:
    spec = {
        "selector": {"app": name},
        "ports": [{"name": "web", "port": 80, "targetPort": port}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def ingress(name: str, *rules: tuple[str, str, str, str | int]) -> Object:
    """A rule is host, path, service, and the service's port by name or number."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {
            "ingressClassName": "traefik",
            "rules": [_rule(*rule) for rule in rules],
        },
    }


def _rule(host: str, path: str, name: str, port: str | int) -> Object:
    chosen = {"name": port} if isinstance(port, str) else {"number": port}
    backend = {"service": {"name": name, "port": chosen}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend}]
    return {"host": host, "http": {"paths": paths}}
