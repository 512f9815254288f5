"""The models of the protocol: a share of the searches, and every rule taken out once (`make model` does all)."""
import models


def test_promises(capsys):
    with capsys.disabled():
        print()
        assert models.main(["--quick"]) == 0
