"""What every Python test shares: the binaries under test and a folder that goes away."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
ROOT = pathlib.Path(__file__).parent.parent
# Under a sanitizer (make asan, make tsan) every process, however deep below a test, leaves its report here.
REPORTS = pathlib.Path(tempfile.mkdtemp(prefix="sluice-reports-"))
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"):
    os.environ[name] = f"{os.environ.get(name, '')}:log_path={REPORTS}/report:print_stacktrace=1"


def pytest_collection_finish(session):
    if any("cluster" in item.fixturenames for item in session.items):
        reporter = session.config.pluginmanager.getplugin("terminalreporter")
        reporter.write_line("\nthe cluster tests build an API server: about ten quiet minutes the first time, seconds from then on", flush=True)


@pytest.fixture(scope="session")
def build():
    """The folder with the binaries: build/, or what BUILD says."""
    path = ROOT / os.environ.get("BUILD", "build")
    assert (path / "sluice").exists(), f"{path}/sluice is not there: run make first"
    return path


@pytest.fixture(scope="session")
def sluice(build):
    return str(build / "sluice")


@pytest.fixture(autouse=True)
def no_sanitizer_report():
    """A sanitizer's report of any process that the test started fails the test."""
    yield
    found = []
    for path in sorted(REPORTS.iterdir()):
        found.append(path.read_text(errors="replace")[:6000])
        path.unlink()
    assert not found, "\n".join(found)


def pytest_unconfigure():
    shutil.rmtree(REPORTS, ignore_errors=True)
