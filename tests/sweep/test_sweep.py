"""A share of the sweep (`make sweep` has more), and that it finds what it is there for."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import sweep  # noqa: E402
from scenarios import scenarios  # noqa: E402
from world import BUSY_MS, NOBODY, Written, access_of  # noqa: E402

POINTS, SEED = 230, 20


@pytest.fixture(scope="module")
def ranges(build):
    return sweep.boundaries(list(scenarios()), 2)


def test_nothing_diverges(ranges, capsys):
    points = sweep.choose(ranges, POINTS, SEED)
    bad, reached = sweep.sweep(points, 2)
    assert bad == 0, capsys.readouterr().out
    assert reached > POINTS * 0.6  # others wait for a message that did not come this time


def test_every_scenario_meets_faults(ranges):
    """In the order in which points are chosen none is left out, and one seed is one order."""
    points = sweep.choose(ranges, 5000, 1)
    assert points == sweep.choose(ranges, 5000, 1) != sweep.choose(ranges, 5000, 2)
    assert {(p.scenario, p.fault) for p in points} == {(name, fault) for name in scenarios() for fault in sweep.FAULTS}
    assert len(points) == len(set(points)) == 5000


def put(written, records, **more):
    written.put({"who": "a", "leader": "a", "contents": records, **more})


def test_the_judge_sees_what_may_not_be():
    written = Written(None)
    put(written, {"r": {"routes": [{"from": "https://a"}]}})
    put(written, {"r": {"routes": [{"from": "https://a"}]}}, unchanged=["r"])
    put(written, {"r": {}}, deleted=["r"])
    put(written, {}, leader="b", lapsed_ms=0)
    put(written, {}, leader="", lapsed_ms=BUSY_MS + 1)
    put(written, {}, leader="", lapsed_ms=BUSY_MS)
    assert [fault.split()[2:] and fault.split(" ", 2)[2] for fault in written.faults] == [
        "changes nothing about ['r']", "leaves no route", "is of a, the lease is held by b", "is of a, the lease is held by nobody"]


def test_access_is_what_lets_people_in():
    assert access_of({"from": "https://a", "to": ["http://b"]}) == NOBODY
    assert access_of({"policies": [{}]}) != access_of({"policies": [{}], "allow_public_unauthenticated_access": True}) != NOBODY
