"""All that users can say, once (`make walk` says several things at once as well), and that the walk finds what it is there for."""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import walk  # noqa: E402
import words  # noqa: E402

SEED = 20


def test_words_are_those_of_the_code():
    """Whoever adds an annotation, a setting or a field of an Ingress says how people will use it, and how they will get it wrong."""
    assert set(words.annotations()) == words.known_annotations()
    assert set(words.fields()) == set(words.known_fields())
    assert set(words.INGRESS) == words.known_ingress()
    assert all(row.good for row in [*words.annotations().values(), *words.fields().values(), *(row for _, row in words.INGRESS.values())])


def test_nothing_diverges(build):
    report = walk.walk_all(SEED, 2)
    assert not report.faults, "\n".join(report.faults)
    assert report.rows == walk.all_rows()
    assert report.said["accepted"] > 500 and report.said["rejected"] > 300 and report.writes > 200


def test_a_row_that_is_wrong_is_found(build, monkeypatch):
    monkeypatch.setattr(words, "annotations", lambda: {"allow_spdy": words.Row(("maybe",), ("true",))})
    monkeypatch.setattr(words, "fields", dict)
    monkeypatch.setattr(words, "INGRESS", {})
    report = walk.walk(SEED, 0, 1, 1)
    assert any("should be good" in fault or "should be bad" in fault for fault in report.faults)


def test_a_tour_is_good_other_good_bad_good():
    row = words.Row(("a", "b"), ("c",))
    tour = [value for value in walk.visits(row, random.Random(SEED), ["x"] * walk.NONSENSE) if value[0] != "x"]
    assert {value for value, _ in tour[:2]} == {"a", "b"} and tour[2] == ("c", False) and tour[3] == tour[0]
    assert walk.visits(row, random.Random(SEED), ["x"] * walk.NONSENSE) == walk.visits(row, random.Random(SEED), ["x"] * walk.NONSENSE)
