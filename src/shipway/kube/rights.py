"""What we may do in a cluster, as the cluster itself answers."""

from lightkube import AsyncClient
from lightkube.models.authorization_v1 import ResourceAttributes, SelfSubjectAccessReviewSpec
from lightkube.resources.authorization_v1 import SelfSubjectAccessReview


async def may_deploy(client: AsyncClient, namespace: str) -> bool:
    asked = ResourceAttributes(
        namespace=namespace, verb="create", group="apps", resource="deployments"
    )
    review = SelfSubjectAccessReview(spec=SelfSubjectAccessReviewSpec(resourceAttributes=asked))
    answer = await client.create(review)
    return bool(answer.status and answer.status.allowed)
