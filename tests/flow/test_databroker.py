"""Pomerium's databroker as the sink: a server on grpc-go, real pipelines, and everything that can go wrong between them."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from databroker import Databroker, merge, new_secret
from pipeline import CLASS, Pipeline, app, fill, translate, wait_for, write

N = 30


def wanted(sluice, folder):
    return merge([json.loads(translate(sluice, folder)[1])])


class Up(Pipeline):
    """`sluice up` into a databroker; the secret goes through the environment."""

    def __init__(self, sluice, tmp, folder, databroker, *args, secret=None, url=None, env=None):
        tmp.mkdir(exist_ok=True)
        super().__init__(sluice, tmp, folder, env={**(env or {}), "SHARED_SECRET": secret or databroker.secret})
        self.databroker = databroker
        self.args = [sluice, "up", "-f", str(folder), "--databroker-service-url", url or databroker.url, "--run-dir", str(self.run_dir), *args]

    def stored(self, seconds=10.0):
        self.databroker.settled(wanted(self.sluice, self.folder), seconds, self.log)

    def quiet(self):
        """Every process has seen everything: a first complete state was reached and nothing is left to write."""
        wait_for(lambda: self.log()[-3000:], lambda: "the one who writes" in self.log(), 40)
        self.stored()


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in", N)
    return tmp_path / "in"


@pytest.fixture
def databroker(tmp_path):
    with Databroker(tmp_path / "databroker") as d:
        yield d


def ingress(i, namespace="shop"):
    return f"sluice/ingress/{namespace}/app-{i}"


def test_first_publish_then_one_edit_writes_one_record(sluice, tmp_path, folder, databroker):
    with Up(sluice, tmp_path / "a", folder, databroker) as p:
        p.stored(20)
        assert set(databroker.records()) == {ingress(i) for i in range(N)}
        assert all("settings" not in config for config in databroker.records().values())
        before = len(databroker.writes())
        write(folder / "app-7.yaml", app("app-7", "10.9.9.9"))
        p.stored()
        assert databroker.written(before) == [ingress(7)]
        (folder / "app-8.yaml").unlink()
        p.stored()
        assert ingress(8) in databroker.tombstones()
        assert databroker.written(before) == [ingress(7), ingress(8)]
        assert all(w["who"] == w["leader"] for w in databroker.writes())
