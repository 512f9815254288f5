"""The conformance suite of the Gateway API, as upstream has it, against sluice on a real API server."""
import pytest
import rig

pytestmark = pytest.mark.skipif(not rig.possible(), reason="no network of our own here (unshare --net is refused)")


@pytest.fixture(scope="module")
def verdicts(sluice, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("conformance")
    return tmp, rig.run(sluice, tmp, rig.CONTROL)


def failed(tmp, verdicts, names):
    """What the suite says of those that did not pass."""
    bad = [name for name in names if verdicts.get(name) != "PASS"]
    return "\n".join([*bad, *((tmp / "suite.log").read_text().split("\n")[-200:] if bad else [])])


def test_control_plane(verdicts):
    assert len(rig.CONTROL) == 15
    assert not failed(*verdicts, rig.CONTROL)
