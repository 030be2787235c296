from collections.abc import Callable

from infra.config import Config, read
from infra.tests.template import Template


def namespace(name: str) -> list[object]:
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"},
            },
        }
    ]


def test_the_stack_makes_the_three_namespaces_with_readiness_gates(template: Template) -> None:
    manifests = template.manifests()
    assert {name: manifests[name] for name in manifests if name.startswith("Namespace")} == {
        "NamespaceDev": namespace("dev"),
        "NamespaceStaging": namespace("staging"),
        "NamespaceProd": namespace("prod"),
    }


def test_a_namespace_that_is_there_already_is_taken_over(template: Template) -> None:
    applied = template.all("Custom::AWSCDK-EKS-KubernetesResource")
    assert {
        name for name in applied if name.startswith("Namespace") and applied[name]["Overwrite"]
    } == {"NamespaceDev", "NamespaceStaging", "NamespaceProd"}


def test_kubectl_never_removes_what_it_does_not_find_in_a_manifest(template: Template) -> None:
    assert not any(
        "PruneLabel" in properties
        for properties in template.all("Custom::AWSCDK-EKS-KubernetesResource").values()
    )


def test_they_need_no_github_repository(
    template_of: Callable[[Config], Template], environment: dict[str, str]
) -> None:
    template = template_of(read({}, environment | {"EKS_GITHUB_REPOSITORY": ""}))
    assert [name for name in template.manifests() if not name.startswith("daggerdemoeks")] == [
        "NamespaceDev",
        "NamespaceStaging",
        "NamespaceProd",
    ]
