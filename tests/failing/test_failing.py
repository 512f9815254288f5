"""A share of `make failing`: an allocation or a call fails, of a verb or of a room, and all ends well."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import failing  # noqa: E402

POINTS, SEED = 120, 20


@pytest.fixture(scope="module", autouse=True)
def plain(build):
    if build.name != "build":
        pytest.skip("a sanitizer has an allocator of its own")


def test_all_ends_well():
    sizes, played, faults = failing.play_all(POINTS, SEED)
    assert not faults, faults
    assert played >= sum(1 for n in sizes.values() if n) > 20  # each place that has something to fail
    for place, n in sizes.items():
        if place.what == "alloc":
            assert n, f"{place}: nothing was counted, so nothing can have failed"


def test_what_fails_is_said(tmp_path):
    """The fault is there: the first allocation of a verb ends it, and one that it does not come to does not."""
    with failing.Verbs(tmp_path, "verb") as verbs:
        place = failing.Place("verb", "ppl", "alloc", "program")
        assert verbs.play(place, 1) == ([], 1) and verbs.count.read() == (1, 1)
        faults, n = verbs.play(place, failing.NEVER)
        assert not faults and n > 5 and verbs.count.read() == (n, 0)
        paths = verbs.count.paths()
        assert 5 < len(paths) <= n
        for path in paths:
            assert not verbs.play(place, path)[0] and verbs.count.read()[1] == 1, path
