"""What Kubernetes says went wrong, in our words, and whether trying again could help.

The messages are those of containerd and CRI-O, of the kubelet, the scheduler and the API server's admission.
"""

import re
from collections.abc import Mapping

# what a registry or the way to it may get over; stronger than the two below
_PASSES = re.compile(
    r"\b(?:408|429|5\d\d)\b|time(?:d )?out|deadline exceeded|refused|reset by peer|toomanyrequests"
    r"|no such host|server misbehaving|unreachable|\bEOF\b|temporary|try again",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"not found|\b404\b|(?:manifest|name) unknown|does not exist", re.IGNORECASE)
_DENIED = re.compile(
    r"\b40[13]\b|denied|unauthorized|authentication required|authorization failed"
    r"|no basic auth credentials",
    re.IGNORECASE,
)
_WRAPPINGS = re.compile(
    r'(?:Back-off pulling image "[^"]*": |ErrImagePull: |rpc error: code = \w+ desc = |'
    r'failed to pull and unpack image "[^"]*": |failed to resolve reference "[^"]*": )+'
)
_DIGEST = re.compile(r"(@sha256:[0-9a-f]{12})[0-9a-f]{52}")

_NO_OBJECT = re.compile(r'\b(secret|configmap) "([^"]+)" not found')
_NO_KEY = re.compile(r"couldn't find key (\S+) in (Secret|ConfigMap) (\S+)")
_NO_ITEM = re.compile(r'volume "([^"]+)" : references non-existent (?:secret|config\w*) key: (\S+)')
_KINDS = {"secret": "Secret", "configmap": "ConfigMap"}

_ROOT = "image will run as root"
_NAMED_USER = re.compile(r"image has non-numeric user \((.*?)\)")
_TOLD_ROOT = "runAsUser breaks non-root policy"

_FORBIDDEN = re.compile(r'^(?:Error creating: )?pods? "[^"]*" is forbidden: ')
_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)")
_FINAL = re.compile(r"is forbidden|denied the request|is invalid")
# admission that is not ready itself: a quota not counted yet, an account not made yet, a webhook that is down
_NOT_YET = re.compile(r"status unknown for quota|looking up service account|failed calling webhook")

_NODES = re.compile(r"^\d+/\d+ nodes are available: ")
_AFTERTHOUGHT = re.compile(r"\.? (?:no new claims|preemption:).*", re.DOTALL)
_SEVERAL = re.compile(r", \d+ ")

_PROBE = re.compile(r"(Startup|Readiness|Liveness) probe failed: (.*)", re.DOTALL)
_STATUS = re.compile(r"HTTP probe failed with statuscode: (\d+)")
_REQUEST = re.compile(r'Get "\w+://[^/"]*([^"]*)": (.*)', re.DOTALL)
_DIALLED = re.compile(r"(?:dial|read) tcp [^ ]*: (?:connect: |read: )?")
_NOT_STARTED = re.compile(
    r"(?:.*unable to start container process: )?(.*?)(?:: unknown)?", re.DOTALL
)


def is_final_pull(message: str, image: str) -> bool:
    """The registry has no such image or does not give it to us; one that is down may come back."""
    said = message.replace(image, "")  # a name or a port may look like a status
    return not _PASSES.search(said) and bool(_ABSENT.search(said) or _DENIED.search(said))


def pull(message: str, image: str) -> str:
    """A pull's failure names the image in each of its layers: once is enough, and its digest's first digits."""
    shown = _DIGEST.sub(r"\1", image)
    why = _DIGEST.sub(r"\1", _WRAPPINGS.sub("", message)).removeprefix(f"{shown}: ")
    return f"{shown}: {why}" if why and shown not in why else why or shown


def is_missing(message: str) -> bool:
    """A Secret or a ConfigMap, or a key of one."""
    return any(found.search(message) for found in (_NO_OBJECT, _NO_KEY, _NO_ITEM))


def missing(message: str, namespace: str) -> str:
    """Empty where it says something else."""
    if found := _NO_OBJECT.search(message):
        return f"{_KINDS[found[1]]} {namespace}/{found[2]} is missing"
    if found := _NO_KEY.search(message):
        return f"{found[2]} {found[3]} has no key {found[1]}"
    if found := _NO_ITEM.search(message):
        return f"what volume {found[1]} is made of has no key {found[2]}"
    return ""


def is_root_refusal(message: str) -> bool:
    return bool(root_refusal(message))


def root_refusal(message: str) -> str:
    """Of `runAsNonRoot`; empty where it says something else."""
    if _ROOT in message:
        return "its image's user is root, and runAsNonRoot forbids that"
    if _TOLD_ROOT in message:
        return "runAsUser is 0, and runAsNonRoot forbids that"
    if found := _NAMED_USER.search(message):
        return f"its image's user is {found[1]}, and runAsNonRoot needs a number"
    return ""


def is_final_refusal(message: str) -> bool:
    """Of a pod, by quota or policy."""
    return bool(_FINAL.search(message)) and not _NOT_YET.search(message)


def refusal(message: str) -> str:
    why = _FORBIDDEN.sub("", message)
    if found := _QUOTA.fullmatch(why):
        name, requested, used, limited = found.groups()
        return f"quota {name} exceeded: requested {requested}, used {used}, limited to {limited}"
    return f"a pod was refused: {why}"


def unplaced(message: str) -> str:
    """The scheduler's reasons. Where there is one alone, it is that of all nodes."""
    why = _AFTERTHOUGHT.sub("", _NODES.sub("", message)).rstrip(".")
    return why if _SEVERAL.search(why) else why.lstrip("0123456789 ")


def probe(event: str, paths: Mapping[str, str]) -> str:
    """`readiness probe fails: /health/ready: HTTP 503`; empty where the event is another one. `paths` by kind of probe."""
    found = _PROBE.search(event)
    if not found:
        return ""
    kind = found[1].lower()
    return f"{kind} probe fails: {_answer(found[2], paths.get(kind, ''))}"


def _answer(text: str, path: str) -> str:
    if found := _STATUS.search(text):
        return f"{path}: HTTP {found[1]}" if path else f"HTTP {found[1]}"
    if found := _REQUEST.fullmatch(text):
        asked, why = found.groups()
        late = "Client.Timeout" in why or "deadline exceeded" in why
        return f"{asked or '/'}: {'no answer in time' if late else _DIALLED.sub('', why)}"
    return text.strip()


def not_started(message: str) -> str:
    """Why a container's program could not be run: the last layer of the runtime's words."""
    found = _NOT_STARTED.fullmatch(message)
    return found[1] if found else message
