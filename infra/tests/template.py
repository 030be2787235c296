"""A synthesised template, made readable: `<Vpc>` for a reference, `<Vpc.Arn>` for an attribute."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HASH = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, slots=True)
class Template:
    document: Mapping[str, Any]

    @property
    def resources(self) -> dict[str, Any]:
        """By logical id, without the hash that cdk adds to it."""
        return {plain(name): resource for name, resource in self.document["Resources"].items()}

    def all(self, kind: str) -> dict[str, Any]:
        """Properties of every resource of a type, simplified."""
        return {
            name: simplified(resource.get("Properties", {}))
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def one(self, kind: str) -> Any:
        (properties,) = self.all(kind).values()
        return properties

    def waits_for(self, name: str) -> set[str]:
        """Everything that is made before it, however indirectly, by reference or by dependency."""
        found: set[str] = set()
        ahead = {name}
        while ahead:
            resource = self.resources[ahead.pop()]
            needed = {*map(plain, resource.get("DependsOn", ())), *_referred(resource)}
            ahead |= (needed & self.resources.keys()) - found
            found |= needed
        return found

    def manifests(self) -> dict[str, list[Any]]:
        """What kubectl applies, by logical id."""
        return {
            name: json.loads(properties["Manifest"])
            for name, properties in self.all("Custom::AWSCDK-EKS-KubernetesResource").items()
        }


def plain(name: str) -> str:
    return _HASH.sub("", name)


def simplified(value: Any) -> Any:
    match value:
        case {"Ref": str(name)}:
            return f"<{plain(name)}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{plain(name)}.{attribute}>"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(str(simplified(part)) for part in parts)
        case {"Fn::Select": [int(index), {"Fn::Split": [str(), what]}]}:
            return f"<{index} of {simplified(what)}>"
        case {"Fn::Select": [int(index), {"Fn::GetAZs": ""}]}:
            return f"<zone {index}>"
        case dict():
            return {key: simplified(item) for key, item in value.items()}
        case list():
            return [simplified(item) for item in value]
        case _:
            return value


def _referred(value: Any) -> set[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), str()]}:
            return {plain(name)}
        case dict():
            return set().union(*map(_referred, value.values()))
        case list():
            return set().union(*map(_referred, value))
        case _:
            return set()
