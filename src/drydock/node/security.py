"""What a container's security context forbids before it is made."""

from drydock.resources import Object


def root_refusal(pod: Object, container: Object, user: str, full_name: str) -> str | None:
    """The kubelet's words where `runAsNonRoot` forbids the user; the image's user counts where none is set."""
    context = {**pod["spec"].get("securityContext", {}), **container.get("securityContext", {})}
    if not context.get("runAsNonRoot"):
        return None
    where = f'(pod: "{full_name}", container: {container["name"]})'
    if (asked := context.get("runAsUser")) is not None:
        return f"container's runAsUser breaks non-root policy {where}" if asked == 0 else None
    name = user.partition(":")[0]
    if name in {"", "0", "root"}:
        return f"container has runAsNonRoot and image will run as root {where}"
    if not name.isdigit():
        return f"container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root {where}"
    return None
