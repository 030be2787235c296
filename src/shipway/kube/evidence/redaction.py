"""YAML of helm and of Kubernetes without its secrets: every other byte stays as it was.

Secrets are the data of a Secret, what a private key or a URL with a password holds, and whatever stands under a name
that sounds like one. Kubernetes' own fields (`secretKeyRef`, `topologyKey`) name things, and are told: a Secret that is
missing is found by its name.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

HIDDEN = "<hidden>"
LOUD = ("password", "passwd", "passphrase", "secret", "token", "credential", "authorization")
QUIET = frozenset({"key", "keys", "apikey", "pass", "pwd", "pw", "dsn", "jwt"})  # as a word alone
REFERENCES = frozenset(
    {
        *("secretName", "secretRef", "secretKeyRef", "configMapKeyRef", "existingSecret"),
        *("imagePullSecrets", "pullSecrets", "serviceAccountToken", "topologyKey"),
        *("affinity", "tolerations", "topologySpreadConstraints"),
    }
)
"""Of these fields, with all that is below them, nothing is a secret itself."""

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)
IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
ASSIGNED = re.compile(
    r"""(?<![\w.-])(?P<name>[\w.-]++)(?P<sign>["']?\s*[=:]\s*)(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s"',;&]+)"""
)
OBSERVED = frozenset(
    {"status", "message"}
)  # of Kubernetes' objects: what the cluster saw, like logs
ANCHOR = re.compile(r"&[\w.-]+ +")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def sounds_secret(name: str) -> bool:
    """`DB_PASSWORD`, `apiKey` and `github.token` do, `replicas` and `keyboard` do not."""
    words = [word.lower() for word in WORDS.findall(name)]
    joined = "".join(words)
    return any(word in joined for word in LOUD) or any(word in QUIET for word in words)


def redact(text: str) -> str:
    """`yaml.YAMLError` where it is none, and nothing of it can be told."""
    text = text.removeprefix("\ufeff")
    cuts: dict[tuple[int, int], str] = {}
    for document in yaml.compose_all(text, Loader=yaml.CSafeLoader):
        for cut in _Search().of(document):
            cuts[cut.node.start_mark.index, cut.node.end_mark.index] = cut.instead
    for (start, end), instead in sorted(cuts.items(), reverse=True):
        anchor = ANCHOR.match(text, start, end)  # an alias elsewhere means it
        line_end = "\n" if text[start:end].endswith("\n") else ""  # a block holds its own
        word = json.dumps(instead, ensure_ascii=False)
        text = f"{text[:start]}{anchor[0] if anchor else ''}{word}{line_end}{text[end:]}"
    return text


@dataclass(frozen=True, slots=True)
class _Cut:
    node: yaml.ScalarNode
    instead: str


class _Search:
    """Through one document; a node that has many aliases is visited once."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, bool]] = set()

    def of(self, root: yaml.Node | None) -> Iterator[_Cut]:
        if root is not None:
            yield from self._below(root, free=not _built_in(_fields(root)), secret=False)

    def _below(self, node: yaml.Node, *, free: bool, secret: bool) -> Iterator[_Cut]:
        """`free`: its keys are somebody's own words. `secret`: it stands under a name that sounds like one."""
        if (id(node), secret) in self._seen:
            return
        self._seen.add((id(node), secret))
        match node:
            case yaml.ScalarNode():
                yield from _scalar(node, secret=secret)
            case yaml.SequenceNode():
                yield from self._sequence(node, free=free, secret=secret)
            case yaml.MappingNode():
                yield from self._mapping(node, free=free, secret=secret)

    def _sequence(self, node: yaml.SequenceNode, *, free: bool, secret: bool) -> Iterator[_Cut]:
        """A word after `--password` is one."""
        flag = False
        for each in node.value:
            word = str(each.value) if isinstance(each, yaml.ScalarNode) else ""
            yield from self._below(
                each, free=free, secret=secret or (flag and word[:1] not in {"", "-"})
            )
            flag = word.startswith("-") and "=" not in word and sounds_secret(word)

    def _mapping(self, node: yaml.MappingNode, *, free: bool, secret: bool) -> Iterator[_Cut]:
        fields = _fields(node)
        free = not _built_in(fields) if "kind" in fields and "apiVersion" in fields else free
        kind, variable = _word(fields.get("kind")), _word(fields.get("name"))
        for key, value in node.value:
            name = _word(key)
            if kind == "Secret" and name in {"data", "stringData"}:
                yield from _sizes(value, encoded=name == "data")
            elif name in OBSERVED and not free:
                continue
            elif name in REFERENCES:
                yield from self._below(value, free=False, secret=False)
            else:
                own_words = (
                    free or name == "annotations" or (kind == "ConfigMap" and name == "data")
                )
                named = (free and sounds_secret(name)) or name == LAST_APPLIED
                of_variable = name == "value" and sounds_secret(variable)
                yield from self._below(value, free=own_words, secret=secret or named or of_variable)


def _scalar(node: yaml.ScalarNode, *, secret: bool) -> Iterator[_Cut]:
    """Of a secret, nothing but that there is one; yes, no and nothing are none."""
    if node.tag.endswith((":bool", ":null")) or not node.value:
        return
    told = HIDDEN if secret else _told(node.value)
    if told != node.value:
        yield _Cut(node, told)


def _told(text: str) -> str:
    """A text that holds secrets in its midst: a command line, a file of settings."""
    text = PRIVATE_KEY.sub(HIDDEN, text)
    text = IN_URL.sub(rf"\g<1>{HIDDEN}", text)
    return ASSIGNED.sub(
        lambda found: (
            f"{found['name']}{found['sign']}{HIDDEN}" if sounds_secret(found["name"]) else found[0]
        ),
        text,
    )


def _sizes(node: yaml.Node, *, encoded: bool) -> Iterator[_Cut]:
    """What a Secret holds, by its size."""
    if not isinstance(node, yaml.MappingNode):
        return
    for _, value in node.value:
        if isinstance(value, yaml.ScalarNode):
            yield _Cut(value, f"<{_size(value.value, encoded=encoded)} bytes>")


def _size(value: str, *, encoded: bool) -> int:
    try:
        return len(base64.b64decode(value)) if encoded else len(value.encode())
    except binascii.Error:
        return len(value.encode())


def _fields(node: yaml.Node) -> dict[str, yaml.Node]:
    return (
        {_word(key): value for key, value in node.value}
        if isinstance(node, yaml.MappingNode)
        else {}
    )


def _word(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _built_in(fields: dict[str, yaml.Node]) -> bool:
    """An object of Kubernetes itself: its keys are fields, and custom resources have anything."""
    group = _word(fields.get("apiVersion")).rpartition("/")[0]
    ours = "." not in group or group.endswith(".k8s.io")
    return "kind" in fields and "apiVersion" in fields and ours
