"""The files that a kubelet writes for a pod: hosts, hostname, resolv.conf. Pure."""

from collections.abc import Mapping
from typing import Any

from drydock.node.island import DNS_ADDRESS

Object = Mapping[str, Any]


def hostname(pod: Object) -> str:
    """At most as long as Linux allows."""
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:63].rstrip("-.")


def hosts(pod: Object, ip: str) -> str:
    name, spec = hostname(pod), pod["spec"]
    names = [name]
    if subdomain := spec.get("subdomain"):
        namespace = pod["metadata"]["namespace"]
        names.insert(0, f"{name}.{subdomain}.{namespace}.svc.cluster.local")
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "\t".join([ip, *names]),
    ]
    if aliases := spec.get("hostAliases"):
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([alias["ip"], *alias.get("hostnames", ())]) for alias in aliases]
    return "\n".join(lines) + "\n"


def resolv_conf(pod: Object) -> str:
    """Policies that mean the node's own resolver get the cluster's, which asks that for names of the world."""
    spec = pod["spec"]
    config = spec.get("dnsConfig") or {}
    policy = spec.get("dnsPolicy", "ClusterFirst")
    servers, searches, options = [DNS_ADDRESS], [], []
    if policy == "None":
        servers = []
    elif policy != "Default":
        namespace = pod["metadata"]["namespace"]
        searches = [f"{namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local"]
        options = ["ndots:5"]
    servers += config.get("nameservers", ())
    searches += config.get("searches", ())
    for option in config.get("options", ()):
        text = f"{option['name']}:{option['value']}" if option.get("value") else option["name"]
        options = [o for o in options if o.partition(":")[0] != option["name"]] + [text]
    lines = [f"nameserver {server}" for server in dict.fromkeys(servers)]
    if searches:
        lines.append("search " + " ".join(dict.fromkeys(searches)))
    if options:
        lines.append("options " + " ".join(options))
    return "\n".join(lines) + "\n"


def accounts(uid: int, gid: int) -> tuple[str, str]:
    """A passwd and a group for an image that has none."""
    users = {0: "root:x:0:0:root:/root:/bin/sh", 65534: "nobody:x:65534:65534:nobody:/:/bin/false"}
    users.setdefault(uid, f"app:x:{uid}:{gid}::/:/bin/false")
    groups = {0: "root:x:0:", 65534: "nogroup:x:65534:"}
    groups.setdefault(gid, f"app:x:{gid}:")
    return "\n".join(users.values()) + "\n", "\n".join(groups.values()) + "\n"
