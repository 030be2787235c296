"""The words of Kubernetes in ours. The messages are real ones, of containerd, CRI-O, kubelets and schedulers."""

import pytest

from shipway.model import said

IMAGE = f"localhost:5000/app-503@sha256:{'a' * 64}"
RESOLVE = f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": '


@pytest.mark.parametrize(
    ("message", "final"),
    [
        (f"rpc error: code = NotFound desc = {RESOLVE}{IMAGE}: not found", True),
        (
            f"{RESOLVE}pull access denied, repository does not exist or may require authorization",
            True,
        ),
        (f"{RESOLVE}unexpected status from HEAD request to https://r/v2/app: 403 Forbidden", True),
        (f"{RESOLVE}failed to authorize: failed to fetch anonymous token: 401 Unauthorized", True),
        ("reading manifest v1 in docker.io/library/app: manifest unknown", True),
        ("reading manifest v1 in quay.io/app: unauthorized: access to it is not authorized", True),
        ("no basic auth credentials", True),
        ("no match for platform in manifest: not found", True),
        (f"{RESOLVE}unexpected status from HEAD request: 503 Service Unavailable", False),
        (f"{RESOLVE}unexpected status from HEAD request: 429 Too Many Requests", False),
        (f"{RESOLVE}failed to do request: Head: dial tcp: lookup r: no such host", False),
        (
            f"{RESOLVE}failed to do request: dial tcp 10.0.0.1:5000: connect: connection refused",
            False,
        ),
        (f"{RESOLVE}failed to do request: i/o timeout", False),
        (f"{RESOLVE}failed to do request: EOF", False),
        (f'Back-off pulling image "{IMAGE}"', False),
        ("x509: certificate signed by unknown authority", False),
    ],
)
def test_only_an_answer_of_the_registry_is_final(message: str, final: bool) -> None:
    assert said.is_final_pull(message, IMAGE) is final


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('secret "api-keys" not found', "Secret dev/api-keys is missing"),
        ('configmap "settings" not found', "ConfigMap dev/settings is missing"),
        ("couldn't find key url in Secret dev/api-keys", "Secret dev/api-keys has no key url"),
        (
            'MountVolume.SetUp failed for volume "tls" : configmap "ca" not found',
            "ConfigMap dev/ca is missing",
        ),
        (
            'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: key.pem',
            "what volume tls is made of has no key key.pem",
        ),
        ("failed to sync configmap cache: timed out waiting for the condition", ""),
    ],
)
def test_what_is_missing_has_a_name(message: str, words: str) -> None:
    assert said.missing(message, "dev") == words
    assert said.is_missing(message) is bool(words)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            'container has runAsNonRoot and image will run as root (pod: "app-1_dev(u)", container: app)',
            "its image's user is root, and runAsNonRoot forbids that",
        ),
        (
            'container\'s runAsUser breaks non-root policy (pod: "app-1_dev(u)", container: app)',
            "runAsUser is 0, and runAsNonRoot forbids that",
        ),
        (
            "container has runAsNonRoot and image has non-numeric user (bob), cannot verify user is non-root",
            "its image's user is bob, and runAsNonRoot needs a number",
        ),
        ('secret "api-keys" not found', ""),
    ],
)
def test_a_refusal_to_run_as_root_says_who_asked_for_it(message: str, words: str) -> None:
    assert said.root_refusal(message) == words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            'pods "app-1" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2',
            "quota compute exceeded: requested pods=1, used pods=2, limited to pods=2",
        ),
        (
            'pods "app-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
            'a pod was refused: violates PodSecurity "restricted:latest": runAsNonRoot != true',
        ),
        (
            'admission webhook "policy.example" denied the request: no latest tags',
            'a pod was refused: admission webhook "policy.example" denied the request: no latest tags',
        ),
    ],
)
def test_a_refused_pod_says_by_whom(message: str, words: str) -> None:
    assert said.refusal(message) == words
    assert said.is_final_refusal(message)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("0/1 nodes are available: 1 Insufficient cpu.", "Insufficient cpu"),
        (
            "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: "
            "3 No preemption victims found for incoming pod.",
            "Insufficient memory",
        ),
        (
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. "
            "no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful.",
            "1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}",
        ),
        ('persistentvolumeclaim "data" not found', 'persistentvolumeclaim "data" not found'),
    ],
)
def test_the_scheduler_is_quoted_without_what_it_tried_next(message: str, words: str) -> None:
    assert said.unplaced(message) == words


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            "Unhealthy: Startup probe failed: HTTP probe failed with statuscode: 404",
            "startup probe fails: HTTP 404",
        ),
        (
            "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
            "readiness probe fails: /health/ready: HTTP 503",
        ),
        (
            'Unhealthy: Startup probe failed: Get "http://10.1.2.3:3000/health/live": '
            "dial tcp 10.1.2.3:3000: connect: connection refused",
            "startup probe fails: /health/live: connection refused",
        ),
        (
            'Unhealthy: Liveness probe failed: Get "http://10.1.2.3:3000/health/live": context deadline '
            "exceeded (Client.Timeout exceeded while awaiting headers)",
            "liveness probe fails: /health/live: no answer in time",
        ),
        (
            'Unhealthy: Readiness probe failed: Get "http://10.1.2.3:3000/": '
            "read tcp 10.1.2.3:51234->10.1.2.3:3000: read: connection reset by peer",
            "readiness probe fails: /: connection reset by peer",
        ),
        (
            "Unhealthy: Readiness probe failed: cat: /tmp/ready: No such file",
            "readiness probe fails: cat: /tmp/ready: No such file",
        ),
        ("BackOff: Back-off restarting failed container app", ""),
    ],
)
def test_a_probe_says_what_it_asked_and_what_it_heard(event: str, words: str) -> None:
    assert said.probe(event, {"readiness": "/health/ready"}) == words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
            'failed: unable to start container process: exec: "serve": executable file not found in $PATH: unknown',
            'exec: "serve": executable file not found in $PATH',
        ),
        ("no command specified", "no command specified"),
    ],
)
def test_a_program_that_could_not_be_run_is_told_by_the_innermost_layer(
    message: str, words: str
) -> None:
    assert said.not_started(message) == words
