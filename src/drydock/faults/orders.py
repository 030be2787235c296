"""Whether a fault that is asked for can be meant."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec.structs import replace

from drydock.api import selectors
from drydock.faults.kinds import (
    KINDS,
    Api,
    Kind,
    Misuse,
    Node,
    Order,
    Pod,
    Registry,
    Watch,
    is_state,
)
from drydock.resources import PODS, SERVED

_EFFECTS: Mapping[type[Kind], tuple[str, ...]] = {
    Api: ("answer", "delay", "drop"),
    Watch: ("drop", "expire"),
    Pod: ("kill", "out_of_memory", "slow_start", "never_ready"),
    Node: ("full", "not_ready", "disk_pressure"),
    Registry: ("answer", "delay", "drop_after"),
}
_AT_LEAST = {"retry_after": 0, "delay": 0.001, "every": 0.1, "slow_start": 0.001, "drop_after": 0}


def understood(body: bytes) -> Order:
    """Raises Misuse."""
    try:
        return meant(msgspec.json.decode(body, type=Order))
    except msgspec.DecodeError as error:
        known = ", ".join(str(kind.__struct_config__.tag) for kind in KINDS)
        raise Misuse(f"not understood: {error}", f"a fault on {known}") from None


def meant(order: Order) -> Order:
    """With its kinds of objects as plurals. Raises Misuse."""
    fault = order.fault
    _check_effects(fault)
    _check_numbers(order)
    if is_state(fault) and (order.count is not None or order.rate != 1):
        raise Misuse(f"{_named(fault)} lasts: it cannot be counted or diced", "--for 30s")
    if isinstance(fault, Pod):
        _check_selector(fault.selector)
    if isinstance(fault, Api) and fault.retry_after is not None and fault.answer is None:
        raise Misuse("--retry-after is part of an answer", "--answer 429 --retry-after 2")
    if isinstance(fault, Api | Watch):
        return replace(order, fault=replace(fault, kind=tuple(map(plural, fault.kind))))
    return order


def plural(kind: str) -> str:
    """Of `deploy`, `Deployment` or `deployments.apps`. Raises Misuse."""
    known = {
        name: each.plural
        for each in SERVED
        for name in (each.plural, each.singular, each.qualified, *each.short_names)
    }
    if found := known.get(kind.lower()):
        return found
    near = get_close_matches(kind.lower(), known, n=1)
    remedy = f"--kind {near[0]}" if near else "--kind pods, or what `kubectl api-resources` names"
    raise Misuse(f'there is no kind "{kind}"', remedy)


def _check_effects(fault: Kind) -> None:
    known = _EFFECTS.get(type(fault), ())
    chosen = [name for name in known if _is_set(getattr(fault, name))]
    together = [name for name in chosen if name != "delay"]
    if known and not chosen:
        raise Misuse(
            f"what should happen to the {_tag(fault)}?", " or ".join(_example(n) for n in known)
        )
    if len(together) > 1:
        both = " and ".join(_flag(name) for name in together)
        raise Misuse(f"{both} cannot both happen", "one fault for each")


def _check_numbers(order: Order) -> None:
    if not 0 < order.rate <= 1:
        raise Misuse(f"--rate {order.rate:g} is no share", "--rate 0.3 strikes three of ten")
    if order.count is not None and order.count < 1:
        raise Misuse(f"--count {order.count} strikes never", "--count 1")
    if order.seconds is not None and order.seconds <= 0:
        raise Misuse("--for is no time at all", "--for 10s")
    for name, least in _AT_LEAST.items():
        value = getattr(order.fault, name, None)
        if value is not None and value < least:
            raise Misuse(f"{_flag(name)} {value:g} is too little", f"at least {least:g}")


def _check_selector(text: str) -> None:
    try:
        selectors.matcher(PODS, text, "")
    except selectors.BadSelector as bad:
        raise Misuse(f"--selector: {bad}", "--selector app=web,tier!=cache") from None


def _is_set(value: Any) -> bool:
    return value is not None and value is not False


def _named(fault: Kind) -> str:
    return " ".join(_flag(n) for n in _EFFECTS[type(fault)] if _is_set(getattr(fault, n)))


def _tag(fault: Kind) -> str:
    return str(type(fault).__struct_config__.tag)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _example(name: str) -> str:
    examples = {"answer": "503", "delay": "2s", "slow_start": "5s", "drop_after": "1Mi"}
    return f"{_flag(name)} {examples[name]}" if name in examples else _flag(name)
