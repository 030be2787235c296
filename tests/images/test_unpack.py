import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shipway.images.tree import File, Tree
from shipway.images.unpack import WheelUnusable, unpack

Make = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def make(wheels: Path) -> Make:
    def wheel(files: Mapping[str, str]) -> Path:
        wheels.mkdir(exist_ok=True)
        path = wheels / "thing-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in {"thing-1.0.dist-info/WHEEL": "", **files}.items():
                archive.writestr(name, text)
        return path

    return wheel


def text(tree: Tree, path: str) -> str:
    found = tree[path]
    assert isinstance(found, File)
    return found.content.decode()


def test_each_scheme_of_a_wheel_has_its_place(make: Make) -> None:
    data = "thing-1.0.data"
    wheel = make(
        {
            "thing.py": "x = 1\n",
            f"{data}/purelib/pure.py": "",
            f"{data}/platlib/plat.py": "",
            f"{data}/data/share/thing.txt": "",
            f"{data}/headers/thing.h": "",
            f"{data}/scripts/run": "#!python\nprint()\n",
            f"{data}/scripts/shell": "#!/bin/sh\n",
        }
    )
    tree = unpack((wheel,))
    assert sorted(tree) == [
        "opt/site/bin/run",
        "opt/site/bin/shell",
        "opt/site/include/thing/thing.h",
        "opt/site/plat.py",
        "opt/site/pure.py",
        "opt/site/share/thing.txt",
        "opt/site/thing-1.0.dist-info/RECORD",
        "opt/site/thing-1.0.dist-info/WHEEL",
        "opt/site/thing.py",
    ]
    assert text(tree, "opt/site/bin/run") == "#!/usr/bin/env python\nprint()\n"
    assert text(tree, "opt/site/bin/shell") == "#!/bin/sh\n"
    assert tree["opt/site/bin/shell"] == File(b"#!/bin/sh\n", executable=True)


def test_entry_points_become_scripts_without_a_path_of_this_machine(make: Make) -> None:
    wheel = make(
        {
            "thing-1.0.dist-info/entry_points.txt": (
                "[console_scripts]\nGreet = thing.cli:app.run [extra]\n\n[other]\nx = y\n"
            )
        }
    )
    assert text(unpack((wheel,)), "opt/site/bin/Greet") == (
        "#!/usr/bin/env python\n"
        "import sys\n"
        "from thing.cli import app\n"
        "\n"
        'if __name__ == "__main__":\n'
        "    sys.exit(app.run())\n"
    )


def test_what_an_installer_left_is_gone_and_record_is_ours(make: Make) -> None:
    info = "thing-1.0.dist-info"
    wheel = make(
        {
            f"{info}/direct_url.json": "{}",
            f"{info}/INSTALLER": "pip",
            f"{info}/RECORD": "nonsense",
            "thing.py": "x = 1\n",
        }
    )
    tree = unpack((wheel,))
    assert text(tree, f"opt/site/{info}/RECORD") == (
        f"{info}/WHEEL,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
        "thing.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6\n"
        f"{info}/RECORD,,\n"
    )
    assert not [path for path in tree if "direct_url" in path or "INSTALLER" in path]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"../outside.py": ""}, "../outside.py points outside"),
        ({"/etc/passwd": ""}, "/etc/passwd points outside"),
        ({"thing-1.0.data/weird/x": ""}, "thing-1.0.data/weird/x belongs to no install scheme"),
        ({"other-1.0.dist-info/WHEEL": ""}, "it has 2 .dist-info folders, not one"),
        (
            {"thing-1.0.dist-info/entry_points.txt": "[console_scripts]\nrun = nonsense\n"},
            "its script run refers to no object: nonsense",
        ),
    ],
)
def test_a_wheel_that_asks_for_too_much_is_refused(
    make: Make, files: Mapping[str, str], problem: str
) -> None:
    with pytest.raises(WheelUnusable) as refused:
        unpack((make(files),))
    assert refused.value.problem == f"thing-1.0-py3-none-any.whl cannot be unpacked: {problem}"
