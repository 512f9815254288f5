"""The containers of the Go controller's own kustomize, with Sluice's program in the place of its image: each line as it stands there."""
import re
import subprocess

import pytest
from cluster import Cluster
from go_kustomize import FOLDERS, arguments, environment, fill, warnings
from pipeline import wait_for
from stand_in import StandIn

NO_EFFECT = {}  # a flag that is taken for the sake of these manifests would stand here, by its folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        fill(c)
        yield c


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_starts_and_its_routes_are_stored(sluice, tmp_path, cluster, folder):
    env = environment(cluster, folder, "gen-secrets", "127.0.0.1")
    done = subprocess.run([sluice, *arguments(folder, "gen-secrets", env)], env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and not warnings(done.stderr), done.stderr

    stand_in = StandIn(tmp_path / "pomerium")
    pod_ip = f"127.0.77.{FOLDERS.index(folder) + 1}"  # its ports are those of the manifest
    env = environment(cluster, folder, "pomerium", pod_ip)
    env |= stand_in.env | {"TMPDIR": str(tmp_path)}
    log = tmp_path / "log"
    with open(log, "wb") as out:
        process = subprocess.Popen([sluice, *arguments(folder, "pomerium", env)], env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        wait_for(log.read_text, stand_in.is_up, 20)
        wait_for(lambda: log.read_text()[-3000:], lambda: len(stand_in.merged()["routes"]) == 3, 20)
        curl = lambda port, path: subprocess.run(["curl", "-s", "-m", "5", "-f", f"http://{pod_ip}:{port}{path}"], capture_output=True, text=True).stdout
        wait_for(lambda: log.read_text()[-3000:], lambda: curl(28080, "/startupz") == curl(28080, "/readyz") == "ok\n")
        metrics = curl(9090, "/metrics")
        assert 'sluice_publisher_routes{room="publisher"} 3' in metrics and "stand_in_up 1" in metrics
        says = stand_in.events("start")[0]["says"]
        assert says["address"] == ":8443" and says.get("ssh_address", "") == (":4022" if folder == "ssh" else "")
        assert ("databroker_raft_bind_address" in says) == (folder == "clustered-databroker")
        said = warnings(log.read_text())
    finally:
        process.terminate()
        status = process.wait(20)
    assert status == 0
    assert all("flag has no effect" in line for line in said), said
    assert {re.search(r"flag=(\S+)", line)[1] for line in said} == NO_EFFECT.get(folder, set())
    assert len(stand_in.events("start")) == 1 and not stand_in.left()
