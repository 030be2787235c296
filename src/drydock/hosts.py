"""Hosts as the headers of a request name them."""


def host_name(host: str) -> str:
    """Of `Host`: without the port, an IPv6 address without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def origin_name(origin: str) -> str:
    """Of `Origin`, which is a scheme and a host, or `null`."""
    return host_name(origin.partition("://")[2])


def port(host: str) -> str:
    """Of `Host`; empty where it is the scheme's own."""
    return host.rpartition("]")[2].partition(":")[2]
