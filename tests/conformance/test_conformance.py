"""The conformance suite of the Gateway API, as upstream has it, against sluice on a real API server."""
import pytest
import rig
import yaml

pytestmark = pytest.mark.skipif(not rig.possible(), reason="no network of our own here (unshare --net is refused)")


@pytest.fixture(scope="module")
def ran(sluice, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("conformance")
    return tmp, rig.run(sluice, tmp)


def failed(ran, names):
    """What the suite says of those that did not pass."""
    tmp, verdicts = ran
    bad = [name for name in names if verdicts.get(name) != "PASS"]
    return "\n".join([*bad, *((tmp / "suite.log").read_text().split("\n")[-200:] if bad else [])])


def test_control_plane(ran):
    assert len(rig.CONTROL) == 15
    assert not failed(ran, rig.CONTROL)


def test_traffic(ran):
    assert len(rig.TRAFFIC) == 17
    assert not failed(ran, rig.TRAFFIC)


def test_what_is_claimed_besides(ran):
    assert not failed(ran, [name for name, verdict in ran[1].items() if verdict == "FAIL"])


def test_report(ran):
    profile, = yaml.safe_load((ran[0] / "report.yaml").read_text())["profiles"]
    assert profile["core"]["statistics"] == {"Passed": 32, "Failed": 0, "Skipped": 5}
    assert set(profile["core"]["skippedTests"]) == set(rig.IMPOSSIBLE)
    assert profile["extended"]["statistics"]["Failed"] == 0 and profile["extended"]["statistics"]["Passed"] >= 10
    assert profile["extended"]["result"] == "success"
    for name in ("standin", "pomerium"):
        kept, = yaml.safe_load((rig.HERE.parent.parent / f"docs/conformance/{name}.yaml").read_text())["profiles"]
        assert kept == profile, f"docs/conformance/{name}.yaml is of another sluice: make conformance"


def test_what_is_skipped_is_said():
    page = (rig.HERE.parent.parent / "docs/conformance/README.md").read_text()
    assert not [name for name, why in rig.IMPOSSIBLE.items() if f"`{name}`" not in page or why not in page]
