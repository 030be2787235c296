"""CloudFormation as far as we ask it, at botocore's own seam: stacks whose statuses a test writes down.

moto's needs a dozen packages more, and has no cluster, no nodes and no failures in it anyway.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from shipway.eks.resources import Resource

GONE = "gone"


@dataclass
class CloudFormation:
    """Each look at a stack takes its next status; the last one stays."""

    statuses: dict[str, list[str]] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(
        default_factory=list
    )  # resource and reason, first first
    resources: list[Resource] = field(
        default_factory=lambda: [
            Resource("Images", "AWS::ECR::Repository", "CREATE_COMPLETE", "sample-app"),
            Resource("Charts", "AWS::ECR::Repository", "CREATE_COMPLETE", "charts/sample-app"),
        ]
    )
    deleted: list[str] = field(default_factory=list)  # the names of those that are gone
    throttled: int = 0  # how many looks at a stack that is being deleted are refused
    denied: bool = False  # whether this identity may not list them
    after_delete: tuple[str, ...] = ("DELETE_IN_PROGRESS", GONE)
    on_delete: Callable[[], object] = list
    calls: list[str] = field(default_factory=list)

    def make(self, name: str, *statuses: str, outputs: Mapping[str, str] | None = None) -> None:
        self.statuses[name] = list(statuses)
        self.outputs = outputs or {}

    def answer(self, params: Mapping[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]]:
        """To `before-call`, with what botocore would have parsed."""
        action, name = params["body"]["Action"], params["body"].get("StackName", "")
        self.calls.append(action)
        answers = {
            "DeleteStack": self._delete,
            "DescribeStacks": self._stacks,
            "DescribeStackEvents": self._events,
            "ListStackResources": self._resources,
            "ListStacks": self._former,
        }
        parsed = answers[action](name)
        status = 400 if "Error" in parsed else 200
        return AWSResponse("", status, HTTPHeaders(), None), parsed

    def _delete(self, name: str) -> dict[str, Any]:
        self.statuses[name] = list(self.after_delete)
        self.on_delete()
        return {}

    def _stacks(self, name: str) -> dict[str, Any]:
        left = self.statuses.get(name, [GONE])
        if self.throttled and left[0] == "DELETE_IN_PROGRESS":
            self.throttled -= 1
            return {"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}
        status = left.pop(0) if len(left) > 1 else left[0]
        if status == GONE:
            if self.statuses.pop(name, None):
                self.deleted.append(name)
            return _unknown(name)
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"StackName": name, "StackStatus": status, "Outputs": outputs}]}

    def _events(self, name: str) -> dict[str, Any]:
        """Newest first; what was cancelled and the stack itself stand among them."""
        failed = [*self.failures, ("Cluster", "Resource creation cancelled"), (name, "it failed")]
        return {
            "StackEvents": [
                {
                    "LogicalResourceId": resource,
                    "ResourceStatus": "CREATE_FAILED",
                    "ResourceStatusReason": reason,
                }
                for resource, reason in reversed(failed)
            ]
        }

    def _resources(self, name: str) -> dict[str, Any]:
        if self.denied:
            return {"Error": {"Code": "AccessDenied", "Message": "not you"}}
        if name not in (*self.statuses, *map(_id, self.deleted)):
            return _unknown(name)
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": each.name,
                    "ResourceType": each.kind,
                    "ResourceStatus": each.status,
                    **({"PhysicalResourceId": each.id} if each.id else {}),
                }
                for each in self.resources
            ]
        }

    def _former(self, _name: str) -> dict[str, Any]:
        found = [{"StackId": _id(name), "StackName": name} for name in self.deleted]
        return {"StackSummaries": found}


def _id(name: str) -> str:
    return f"arn:aws:cloudformation:::stack/{name}/1"


def _unknown(name: str) -> dict[str, Any]:
    message = f"Stack with id {name} does not exist"
    return {"Error": {"Code": "ValidationError", "Message": message}}
