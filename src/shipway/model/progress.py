"""What the pods of a rollout are doing, in words, and what changes from one look to the next."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shipway.model.rollout import PULLS, Container, Exit, Pod

CREATED = "being created"
STARTED = "started, not ready"
READY = "ready"
_SMOOTH = frozenset({"waiting for a node", CREATED, STARTED, READY, "leaving"})


def doing(pod: Pod) -> str:
    if pod.terminating:
        return "leaving"
    if pod.given_up:
        return "given up by its node"
    if pod.unschedulable:
        return "no node takes it"
    if pod.ready:
        return READY
    told = next((words for each in pod.containers if (words := _trouble(each))), "")
    if told:
        return told
    if pod.phase == "Running":
        return STARTED
    running = next((each for each in pod.containers if each.init and each.running), None)
    if running:
        return f"init container {running.name} runs"
    return CREATED if pod.containers else "waiting for a node"


def _trouble(container: Container) -> str:
    again = f", restarted {_times(container.restarts)}" if container.restarts else ""
    match container.waiting:
        case reason if reason in PULLS:
            return "the image cannot be pulled"
        case "" | "ContainerCreating" | "PodInitializing":
            pass
        case "CrashLoopBackOff":
            return f"{_ended(container)}{again}"
        case reason:
            return reason
    if container.crashed and not container.running:
        return f"{_ended(container)}{again}"
    if container.running and container.restarts and not container.init:
        return f"{STARTED}{again}"
    return ""


def _ended(container: Container) -> str:
    if container.exit_reason == "OOMKilled":
        return f"{container.name} used more memory than its limit"
    return f"{container.name} ended with code {container.exit_code}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def changes(before: Sequence[Pod], now: Sequence[Pod]) -> Iterator[str]:
    """A line for each pod that does something else than at the look before."""
    did = {pod.name: doing(pod) for pod in before}
    for pod in now:
        if did.get(pod.name) != doing(pod):
            yield f"pod {pod.name}: {doing(pod)}"
    there = {pod.name for pod in now}
    yield from (f"pod {name}: gone" for name in did if name not in there)


def troubles(pods: Sequence[Pod]) -> str:
    """What keeps the pods, where that is more than time: `1 no node takes it`. Empty where all goes well."""
    return _counted(words for pod in pods if (words := doing(pod)) not in _SMOOTH)


def summary(pods: Sequence[Pod]) -> str:
    """Of those that are not ready: `1 being created, 2 started, not ready`."""
    return _counted(doing(pod) for pod in pods if not pod.ready and not pod.terminating)


def _counted(words: Iterator[str]) -> str:
    return ", ".join(f"{number} {each}" for each, number in Counter(words).items())


def followed(now: Sequence[Pod], before: Sequence[Pod], elapsed: float) -> tuple[Pod, ...]:
    """The pods of a look, with what the looks before it saw of them; `elapsed` seconds lie between the two."""
    known = {pod.name: pod for pod in before}
    return tuple(
        _followed(pod, known[pod.name], elapsed) if pod.name in known else _met(pod) for pod in now
    )


def _followed(pod: Pod, before: Pod, elapsed: float) -> Pod:
    same = doing(pod) == doing(before)
    known = {each.name: each.exits for each in before.containers}
    return replace(
        pod,
        lasted=before.lasted + elapsed if same else 0,
        containers=tuple(_seen(each, known.get(each.name, ())) for each in pod.containers),
    )


def _met(pod: Pod) -> Pod:
    return replace(pod, containers=tuple(_seen(each, ()) for each in pod.containers))


def _seen(container: Container, exits: tuple[Exit, ...]) -> Container:
    last = container.last_exit
    if last is None or last in exits:
        return replace(container, exits=exits)
    return replace(container, exits=(*exits, last))


def left_over(now: Sequence[Pod], before: Sequence[Pod]) -> tuple[Pod, ...]:
    """Marks the pods that still show what they showed before the rollout began."""
    showed = {pod.name: pod.containers for pod in before}
    return tuple(
        replace(pod, left_over=not pod.ready and showed.get(pod.name) == pod.containers)
        for pod in now
    )


def fallen(now: Sequence[Pod], before: Sequence[Pod]) -> tuple[Pod, ...]:
    """Those of which a container ended since."""
    known = {(pod.name, each.name): each.restarts for pod in before for each in pod.containers}

    def ended(pod: Pod, container: Container) -> bool:
        if container.init or not container.crashed:
            return False
        again = container.restarts > known.get((pod.name, container.name), 0)
        return again or not container.running

    return tuple(
        pod
        for pod in now
        if not pod.terminating and any(ended(pod, each) for each in pod.containers)
    )
