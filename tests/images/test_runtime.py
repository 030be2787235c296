from shipway.images.runtime import Runtime


def test_markers_for_a_base_image_know_nothing_of_this_machine() -> None:
    environment = Runtime("3.13", "linux", "arm64").marker_environment
    assert environment["python_version"] == "3.13"
    assert environment["platform_machine"] == "aarch64"
    assert environment["platform_system"] == "Linux"
    assert environment["platform_release"] == ""


def test_a_base_image_of_this_version_is_not_this_machine() -> None:
    host = Runtime.host()
    base = Runtime(host.python, host.os, host.architecture)
    assert host.wheel_platforms == ()
    assert len(base.wheel_platforms) == 12
    assert host.fingerprint != base.fingerprint
