"""What one environment runs, as a row that people and programs read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of `shipway status --output json`, in their order. Empty strings where nothing is there yet."""

    environment: str
    namespace: str
    release: str
    revision: int  # 0: nothing was ever deployed
    status: str
    tag: str
    image: str
    image_digest: str
    chart_version: str
    chart_digest: str
    bundle: str
    replicas: int  # wanted; an autoscaler's minimum counts as the wish
    ready: int
    url: str
