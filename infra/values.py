"""The text of one setting becomes a value, or the reason why it cannot."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

# One kubectl talks to clusters one minor version older and newer than itself.
KUBERNETES_VERSIONS = ("1.34", "1.35", "1.36")

GITHUB = "token.actions.githubusercontent.com"

_PRIVATE = tuple(
    map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ZONE = re.compile(rf"{_REGION.pattern}[a-z]")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+")
_SESSION = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([\w+=,.@-]+)/.+")
_PROVIDER = re.compile(rf"arn:aws[a-z-]*:iam::\d{{12}}:oidc-provider/{re.escape(GITHUB)}")
_CLUSTER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
_REPOSITORY = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*")
_GITHUB_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[\w.-]+|[A-Za-z0-9-]+@\d+/[\w.-]+@\d+")
# A `g` after the generation is ARM; other families are for accelerators, storage or metal.
_NODE_TYPE = re.compile(r"[tmcr]\d[a-fh-z]*(-flex)?\.(small|medium|large|\d*xlarge)")


class Wrong(ValueError):
    """Says what the text should be."""


def region(text: str) -> str:
    return _matching(_REGION, text, "a region such as eu-central-1")


def zones(text: str) -> tuple[str, ...]:
    names = tuple(
        _matching(_ZONE, name, "zones such as eu-central-1a,eu-central-1b") for name in _items(text)
    )
    if len(set(names)) != 2:
        raise Wrong(f'should be two different zones, not "{text}"')
    return names


def cluster_name(text: str) -> str:
    return _matching(
        _CLUSTER, text, "letters, digits and hyphens, beginning with a letter, at most 100"
    )


def kubernetes_version(text: str) -> str:
    if text not in KUBERNETES_VERSIONS:
        raise Wrong(f'should be one of {", ".join(KUBERNETES_VERSIONS)}, not "{text}"')
    return text


def vpc_network(text: str) -> str:
    network = _network(text)
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise Wrong(f'should be a private network such as 10.0.0.0/16, not "{text}"')
    if not 16 <= network.prefixlen <= 18:
        raise Wrong(
            f'should have a prefix from /16 to /18, room for two /20 and two /24, not "{text}"'
        )
    return str(network)


def api_networks(text: str) -> tuple[str, ...]:
    networks = [_network(item) for item in _items(text)]
    for network in networks:
        if any(network.overlaps(private) and network.prefixlen for private in _PRIVATE):
            raise Wrong(
                f"should be public addresses, as the internet sees them: {network} is private, "
                "and the nodes reach the API from inside anyway"
            )
    if len(networks) > 40:
        raise Wrong(f"should be at most 40 networks, which is what EKS takes, not {len(networks)}")
    return tuple(map(str, sorted(set(networks))))


def principals(text: str) -> tuple[str, ...]:
    return tuple(sorted({_principal(arn) for arn in _items(text)}))


def provider(text: str) -> str:
    return _matching(
        _PROVIDER,
        text,
        f"the ARN of this account's provider, arn:aws:iam::ACCOUNT:oidc-provider/{GITHUB}",
    )


def github_repository(text: str) -> str:
    return _matching(
        _GITHUB_REPOSITORY,
        text,
        "OWNER/NAME, or OWNER@ID/NAME@ID where GitHub's tokens carry the ids",
    )


def image_repository(text: str) -> str:
    if not 2 <= len(text) <= 256:
        raise Wrong(f'should have 2 to 256 characters, not "{text}"')
    return _matching(_REPOSITORY, text, "lower-case names joined by . _ - or /")


def node_type(text: str) -> str:
    return _matching(_NODE_TYPE, text, "an x86 type of the t, m, c or r families such as t3.medium")


def node_count(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 100:
        raise Wrong(f'should be a whole number from 2 to 100, not "{text}"')
    return int(text)


def _principal(arn: str) -> str:
    if session := _SESSION.fullmatch(arn):
        partition, account, role = session.groups()
        raise Wrong(
            f"should name the role, not one session of it: arn:{partition}:iam::{account}:role/{role}, "
            f"with the role's path if it has one (aws iam get-role --role-name {role} prints it)"
        )
    return _matching(
        _PRINCIPAL, arn, "ARNs of IAM roles or users such as arn:aws:iam::123456789012:role/admin"
    )


def _matching(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise Wrong(f'should be {what}, not "{text}"')
    return text


def _network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except (AddressValueError, NetmaskValueError):
        raise Wrong(f'should be an IPv4 network such as 198.51.100.0/24, not "{text}"') from None
    except ValueError:
        whole = IPv4Network(text, strict=False)
        raise Wrong(f'should be {whole} or one address with /32, not "{text}"') from None


def _items(text: str) -> Iterator[str]:
    return (item.strip() for item in text.split(",") if item.strip())
