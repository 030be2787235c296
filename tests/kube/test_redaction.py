"""Secrets leave YAML, and nothing else does."""

import base64
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.kube.evidence.redaction import HIDDEN, redact, sounds_secret

WORD = "hunter2"
STEADY = settings(deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "DB_PASSWORD", "dbPassword", "dbpassword", "github.token", "clientSecret"),
        *("apiKey", "API_KEY", "tls.key", "aws-credentials", "Authorization", "SENTRY_DSN", "pwd"),
    ],
)
def test_a_name_that_sounds_like_a_secret(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize(
    "name", ["replicas", "PORT", "keyboard", "monkey", "compass", "image", "", "DRAIN_SECONDS"]
)
def test_a_name_that_does_not(name: str) -> None:
    assert not sounds_secret(name)


def test_a_secret_tells_the_size_of_what_it_holds_and_all_around_it_stays() -> None:
    assert redact(
        """---
# Source: web/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata: {name: web, labels: {token: public}}   # as it was
type: Opaque
data:
  long: |
    aHVudGVy
    Mg==
  short: aHVudGVyMg==
  empty: ""
stringData: {word: 'hünter2'}
"""
    ) == (
        """---
# Source: web/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata: {name: web, labels: {token: public}}   # as it was
type: Opaque
data:
  long: "<7 bytes>"
  short: "<7 bytes>"
  empty: "<0 bytes>"
stringData: {word: "<8 bytes>"}
"""
    )


def test_a_pod_keeps_the_names_of_its_secrets_and_loses_their_values() -> None:
    assert redact(
        """apiVersion: v1
kind: Pod
metadata:
  annotations:
    example.org/token: hunter2
    kubectl.kubernetes.io/last-applied-configuration: '{"spec": "hunter2"}'
spec:
  imagePullSecrets: [{name: registry}]
  tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}]
  topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname}]
  volumes:
  - {name: tls, secret: {secretName: web-tls, items: [{key: tls.key, path: key}]}}
  - name: account
    projected: {sources: [{serviceAccountToken: {path: token, expirationSeconds: 3607}}]}
  containers:
  - image: localhost:5000/web@sha256:0123
    command: [web, --password, hunter2, --verbose, --api-key=hunter2]
    args: ["export TOKEN='hunter 2'; run"]
    env:
    - name: DB_PASSWORD
      value: hunter2
    - name: API_KEY
      value: ""
    - {name: DATABASE, value: "postgres://web:hunter2@db:5432/web?sslmode=require"}
    - {name: PORT, value: "3000"}
    - name: TOKEN
      valueFrom: {secretKeyRef: {name: web, key: token}}
status: {message: 'volume "token" : secret "web" not found'}
"""
    ) == (
        """apiVersion: v1
kind: Pod
metadata:
  annotations:
    example.org/token: "<hidden>"
    kubectl.kubernetes.io/last-applied-configuration: "<hidden>"
spec:
  imagePullSecrets: [{name: registry}]
  tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}]
  topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname}]
  volumes:
  - {name: tls, secret: {secretName: web-tls, items: [{key: tls.key, path: key}]}}
  - name: account
    projected: {sources: [{serviceAccountToken: {path: token, expirationSeconds: 3607}}]}
  containers:
  - image: localhost:5000/web@sha256:0123
    command: [web, --password, "<hidden>", --verbose, "--api-key=<hidden>"]
    args: ["export TOKEN=<hidden>; run"]
    env:
    - name: DB_PASSWORD
      value: "<hidden>"
    - name: API_KEY
      value: ""
    - {name: DATABASE, value: "postgres://web:<hidden>@db:5432/web?sslmode=require"}
    - {name: PORT, value: "3000"}
    - name: TOKEN
      valueFrom: {secretKeyRef: {name: web, key: token}}
status: {message: 'volume "token" : secret "web" not found'}
"""
    )


def test_values_and_custom_resources_have_names_of_their_own_making() -> None:
    assert redact(
        """apiVersion: example.org/v1
kind: Database
spec: {password: hunter2, auth: {enabled: true, token: yes, key: null}}
---
database:
  existingSecret: web-db
  credentials: {user: web, pin: 1234, list: [hunter2]}
env: {MODE: fast, GITHUB_TOKEN: hunter2}
extraEnv: [{name: API_KEY, value: hunter2}]
"""
    ) == (
        """apiVersion: example.org/v1
kind: Database
spec: {password: "<hidden>", auth: {enabled: true, token: yes, key: null}}
---
database:
  existingSecret: web-db
  credentials: {user: "<hidden>", pin: "<hidden>", list: ["<hidden>"]}
env: {MODE: fast, GITHUB_TOKEN: "<hidden>"}
extraEnv: [{name: API_KEY, value: "<hidden>"}]
"""
    )


def test_a_file_in_a_configmap_keeps_its_other_lines() -> None:
    assert redact(
        """apiVersion: v1
kind: ConfigMap
data:
  password: hunter2
  web.ini: |
    port = 3000
    db.password = hunter2
  web.json: '{"apiKey": "hunter2", "port": 3000}'
  web.pem: |
    -----BEGIN EC PRIVATE KEY-----
    hunter2
    -----END EC PRIVATE KEY-----
  last: "1"
"""
    ) == (
        """apiVersion: v1
kind: ConfigMap
data:
  password: "<hidden>"
  web.ini: "port = 3000\\ndb.password = <hidden>\\n"
  web.json: "{\\"apiKey\\": <hidden>, \\"port\\": 3000}"
  web.pem: "<hidden>"
  last: "1"
"""
    )


def test_an_alias_hides_what_it_stands_for() -> None:
    hidden = 'a: &word "<hidden>"\npassword: *word\n'
    assert redact(f"a: &word {WORD}\npassword: *word\n") == hidden
    hidden = 'password: &word "<hidden>"\na: *word\n'
    assert redact(f"password: &word {WORD}\na: *word\n") == hidden


def test_a_document_that_holds_itself_ends() -> None:
    assert redact("&a {self: *a, token: x}\n") == '&a {self: *a, token: "<hidden>"}\n'


def test_what_is_no_yaml_is_not_told() -> None:
    with pytest.raises(yaml.YAMLError):
        redact(f"a: [b\npassword: {WORD}\n")


def test_a_long_word_takes_no_time() -> None:
    text = f"blob: {'A' * 2_000_000}\n"
    assert redact(text) == text


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
plain = st.none() | st.booleans() | st.integers() | texts.filter(lambda text: "=" not in text)
names = st.sampled_from(["image", "replicas", "größe", "日本", "host"])
values = st.recursive(
    plain, lambda below: st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=3)
)
styles = st.sampled_from([None, "'", '"', "|", ">"])


@STEADY
@given(st.dictionaries(names, values, max_size=4), styles, st.booleans())
def test_whatever_stands_around_a_secret_is_the_same_afterwards(
    around: dict[str, Any], style: str | None, flow: bool
) -> None:
    whole = {**around, "db": {"password": f"{WORD}\n{WORD} é", "below": around}, "z": around}
    text = yaml.dump(
        whole, default_style=style, default_flow_style=flow, allow_unicode=True, sort_keys=False
    )
    expected = {**whole, "db": {"password": HIDDEN, "below": around}}
    assert yaml.safe_load(redact(text)) == expected


@STEADY
@given(st.binary(max_size=200))
def test_of_a_secrets_bytes_the_number_is_told(content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"word": encoded}}
    told = yaml.safe_load(redact(yaml.dump(secret)))
    assert told["data"] == {"word": f"<{len(content)} bytes>"}
