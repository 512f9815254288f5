"""`sluice web` for the tests, a folder that gives it something to show, and one of both for a file of tests."""
import json
import subprocess

import pytest
from pipeline import Pipeline, app, fill, free_port, wait_for, write
from web import ask

HOSTILE = '<img src=x onerror=document.title=`taken`>'


class Page:
    """`sluice web` on a port of its own."""

    def __init__(self, sluice, run_dir, *args):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.command = [sluice, "web", "--run-dir", str(run_dir), "--web-bind-address", f"127.0.0.1:{self.port}", *args]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        wait_for("it listens", lambda: ask(self.port, "/")[0] == 200)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(10) == 0

    def wait_for_rows(self, n, seconds=10.0):
        wait_for(f"{n} rows", lambda: ask(self.port, "/api/routes", timeout=30)[0] == 200 and self.json("/api/routes")["matched"] == n, seconds)

    def json(self, path):
        status, _, body = ask(self.port, path, timeout=20)
        assert status == 200, (status, body)
        return json.loads(body)


def settle(folder):
    """Three that are served, one that is rejected, one that is somebody else's, one in conflict."""
    fill(folder, 3)
    write(folder / "bad.yaml", app("bad", annotations=f"ingress.pomerium.io/policy: '[{{\"allow\":{{\"and\":[{{\"{HOSTILE}\":true}}]}}}}]'"))
    write(folder / "other.yaml", app("other").replace("ingressClassName: pomerium", "ingressClassName: nginx"))
    write(folder / "twin.yaml", app("twin", host="app-1.example.com"))


@pytest.fixture(scope="module")
def pipeline(sluice, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("page")
    settle(tmp / "in")
    with Pipeline(sluice, tmp, tmp / "in", workers=2) as p:
        p.settled()
        yield p


@pytest.fixture(scope="module")
def page(sluice, pipeline):
    with Page(sluice, pipeline.run_dir, "--web-host", "routes.example.com") as page:
        yield page
