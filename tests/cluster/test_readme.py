"""The README's section about installing, run as it stands; and translators in pods of their own."""
import json
import os
import pathlib
import re
import subprocess
import tarfile

import pytest
from cluster import Cluster, kubectl
from databroker import Databroker
from package import needs_root, only_plain
from pipeline import app, wait_for
from pod import Kubelet, possible
from test_deploy import DEPLOY, rendered

pytestmark = pytest.mark.skipif(not possible(), reason="no mounts of our own here (unshare --mount is refused)")
SECTION = re.search(r"^## Install\n(.*?)^## ", (DEPLOY.parent / "README.md").read_text(), re.M | re.S)[1]
BLOCKS = re.findall(r"^```sh\n(.*?)^```", SECTION, re.M | re.S)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        yield c


@pytest.fixture(scope="module")
def shell(cluster, build):
    """Runs a block of the section, in the folder of the README."""
    env = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig()), "HOME": str(cluster.tmp),
           "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(pathlib.Path.home() / ".cache")),
           "PATH": f"{pathlib.Path(kubectl()).parent}:{build.resolve()}:{os.environ['PATH']}"}

    def run(block, seconds=60):
        done = subprocess.run(["sh", "-euc", block], cwd=DEPLOY.parent, env=env, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout
    return run


class Node(Kubelet):
    """With a databroker in the place of Pomerium's: it takes its secret from the file that Pomerium would read."""

    def __init__(self, cluster, build, tmp):
        super().__init__(cluster, build, tmp / "kubelet", self.start_databroker)
        self.databroker = Databroker(tmp / "databroker")
        self.ports[5443] = self.databroker.port

    def start_databroker(self, config):
        self.databroker.secret = re.search('^shared_secret: "(.*)"$', config.read_text(), re.M)[1]
        self.databroker.start()

    def __exit__(self, *failure):
        try:
            super().__exit__(*failure)
        finally:
            if self.databroker.process:
                self.databroker.stop()

    def stored(self, record):
        wait_for(self.log, lambda: record in self.databroker.records(), 20)


def rolled_out(cluster):
    """What the controller manager writes once the pod is ready."""
    path = "/apis/apps/v1/namespaces/pomerium/deployments/sluice"
    generation = cluster.call("GET", path)[1]["metadata"]["generation"]
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), 1)
    status, answer = cluster.call("PATCH", f"{path}/status", {"status": {"observedGeneration": generation, **counts}}, content_type="application/merge-patch+json")
    assert status == 200, answer


@needs_root
def test_the_image_section(build, shell):
    """The tar that the table hands on, with the name that deploy/base asks for."""
    only_plain(build)
    shell(BLOCKS[0], 600)
    (pattern,) = set(re.findall(r"dist/\S*\.tar", SECTION))
    archive = max(DEPLOY.parent.glob(pattern), key=lambda p: p.stat().st_mtime)
    with tarfile.open(archive) as tar:
        (entry,) = json.load(tar.extractfile("manifest.json"))
    image = next(o for o in rendered("base") if o["kind"] == "Deployment")["spec"]["template"]["spec"]["initContainers"][0]["image"]
    assert entry["RepoTags"] == [image] and image in SECTION


def test_the_install_section(cluster, build, shell, tmp_path):
    install, rollout, ingress, look = BLOCKS[1:5]
    shell(install)
    shell(install)  # changes nothing
    with Node(cluster, build, tmp_path) as node:
        pod = node.run("sluice")
        pod.wait_ready()
        rolled_out(cluster)
        assert "successfully rolled out" in shell(rollout)
        shell(ingress)
        node.stored("sluice/ingress/default/hello")
        (route,) = node.databroker.records()["sluice/ingress/default/hello"]["routes"]
        assert route["from"] == "https://hello.example.com"
        wait_for(pod.log, lambda: "updated pomerium configuration" in shell(look) and '"default/hello"' in shell(look))
        command = re.search(r"-c publisher -- (sluice explain [^`]*)`", SECTION)[1].split()
        done = pod.execute("publisher", *command)
        assert done.returncode == 0 and "hello.example.com" in done.stdout, done


def test_translators_of_their_own(cluster, build, shell, tmp_path):
    shell(BLOCKS[1])
    shell("kubectl apply -k deploy/overlays/scaled-translators")
    cluster.apply_yaml(app("far"))
    with Node(cluster, build, tmp_path) as node:
        workers = node.run("sluice-translator")
        node.run("sluice").wait_ready()
        workers.wait_ready()
        node.stored("sluice/ingress/shop/far")
