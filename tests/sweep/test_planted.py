"""The planted faults are still those that the documentation lists; `make planted` looks for each of them."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import planted  # noqa: E402

ALL = planted.patches()


def rows():
    table = (planted.ROOT / "docs/reliability.md").read_text().partition("\n## Planted faults\n")[2].partition("\n## ")[0]
    return {name: (where, found) for name, where, found in re.findall(r"(?m)^\| `([a-z-]+)` \| [^|]+ \| `([^`|]+)` \| ([^|]+) \|", table)}


@pytest.mark.parametrize("patch", ALL, ids=lambda p: p.name)
def test_it_applies(patch):
    patch.apply(planted.ROOT, "--dry-run")
    assert patch.command()
    for path in re.findall(r"(?m)^\+\+\+ b/(\S+)", patch.path.read_text()):
        assert (planted.ROOT / path).exists()


def test_the_table_lists_each():
    assert {p.name: (p.words["broken"].partition(",")[0], p.tool) for p in ALL} == {name: (where, found.split(",")[0]) for name, (where, found) in rows().items()}
    assert len(ALL) >= 20


def test_a_patch_that_does_not_apply_is_an_error(tmp_path):
    (tmp_path / "publisher").mkdir()
    with pytest.raises(planted.Broken):
        ALL[0].apply(tmp_path, "--dry-run")
