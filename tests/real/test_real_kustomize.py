"""The containers of the Go controller's own kustomize, with Sluice's program in the place of its image and the Pomerium that POMERIUM_BIN names beside
it: each line as it stands there. The ports are those of the manifests, so one at a time."""
import os
import pathlib
import subprocess

import pytest
from cluster import Cluster
from go_kustomize import FOLDERS, arguments, environment, fill, warnings
from pipeline import wait_for
from test_pomerium import PROGRAM

pytestmark = pytest.mark.skipif(not PROGRAM, reason="POMERIUM_BIN names no Pomerium")
# the only one of three nodes would wait for the others
ALONE = {"DATABROKER_CLUSTER_NODES": '[{"id": "pomerium-0", "grpc_address": "https://pomerium-0.pomerium-headless:5443", "raft_address": "127.0.0.1:5999"}]'}
INSTANCES = {"custom-example": "-2", "pomerium-mcp": "-mcp"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        fill(c)
        yield c


def status_of(host):
    command = ["curl", "-sk", "-m", "3", "-o", "/dev/null", "-w", "%{http_code}", "--resolve", f"{host}:8443:127.0.0.1", f"https://{host}:8443/"]
    return subprocess.run(command, capture_output=True, text=True).stdout


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_line_is_a_whole_proxy(sluice, tmp_path, cluster, folder):
    instance = INSTANCES.get(folder, "")
    cluster.apply_yaml(f"""{{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {{name: global{instance}}},
        spec: {{secrets: pomerium/bootstrap, storage: {{file: {{path: "{tmp_path}/databroker"}}}}}}}}""")
    env = environment(cluster, folder, "gen-secrets", "127.0.0.1")
    subprocess.run([sluice, *arguments(folder, "gen-secrets", env)], env=env, check=True, capture_output=True, timeout=60)
    pod_ip = f"127.0.78.{FOLDERS.index(folder) + 1}"
    env = environment(cluster, folder, "pomerium", pod_ip) | {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    os.symlink(pathlib.Path(PROGRAM).resolve(), tmp_path / "pomerium")
    env |= {"PATH": f"{tmp_path}:{env['PATH']}"} | (ALONE if folder == "clustered-databroker" else {})
    log = tmp_path / "log"
    with open(log, "wb") as out:
        process = subprocess.Popen([sluice, *arguments(folder, "pomerium", env)], env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        for k in range(3):
            wait_for(lambda: log.read_text()[-3000:], lambda: status_of(f"app{instance}-{k}.example.com") == "403", 30)  # guarded, and nobody is let in
        assert status_of("nobody.example.com") == "404"
        probe = ["curl", "-sf", "-m", "5", f"http://{pod_ip}:28080/readyz"]
        wait_for(lambda: log.read_text()[-3000:], lambda: subprocess.run(probe, capture_output=True).stdout == b"ok\n", 20)
        metrics = subprocess.run(["curl", "-sf", "-m", "5", f"http://{pod_ip}:9090/metrics"], capture_output=True, text=True).stdout
        assert 'sluice_publisher_routes{room="publisher"} 3' in metrics and "\nenvoy_server_live" in metrics
        assert not warnings(log.read_text())
    finally:
        process.terminate()
        status = process.wait(45)
    assert status == 0
