"""A bundle's id is its content."""

from dataclasses import replace

from shipway.model.bundle import Bundle, ChartRef, ImageRef

BUNDLE = Bundle(
    ImageRef("sample-app", "sha256:aa"),
    ChartRef("charts/sample-app", "0.1.0", "sha256:bb"),
    {"prod": "sha256:22", "dev": "sha256:11"},
    "c0ffee",
    "v1",
)


def test_a_bundle_is_canonical_json() -> None:
    assert BUNDLE.to_json() == (
        b'{"chart":{"digest":"sha256:bb","repository":"charts/sample-app","version":"0.1.0"},'
        b'"commit":"c0ffee","image":{"digest":"sha256:aa","repository":"sample-app"},"tag":"v1",'
        b'"values":{"dev":"sha256:11","prod":"sha256:22"}}'
    )


def test_it_comes_back_from_its_json_with_the_same_id() -> None:
    assert Bundle.from_json(BUNDLE.to_json()) == BUNDLE
    assert Bundle.from_json(BUNDLE.to_json()).id == BUNDLE.id


def test_other_content_is_another_id() -> None:
    others = (
        replace(BUNDLE, image=ImageRef("sample-app", "sha256:ab")),
        replace(BUNDLE, values={"dev": "sha256:11"}),
        replace(BUNDLE, tag="v2"),
    )
    assert len({BUNDLE.id, *(other.id for other in others)}) == 4


def test_two_bundles_have_the_same_content_whatever_commit_made_them() -> None:
    assert BUNDLE.same_content(replace(BUNDLE, commit="another"))
    assert not BUNDLE.same_content(replace(BUNDLE, chart=replace(BUNDLE.chart, digest="sha256:cc")))
