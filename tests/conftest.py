"""What every Python test shares: the binaries under test and a folder that goes away."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="session")
def build():
    """The folder with the binaries: build/, or what BUILD says."""
    path = ROOT / os.environ.get("BUILD", "build")
    assert (path / "sluice").exists(), f"{path}/sluice is not there: run make first"
    return path


@pytest.fixture(scope="session")
def sluice(build):
    return str(build / "sluice")
