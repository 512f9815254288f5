"""The containers of the Go controller's own kustomize, with Sluice's program in the place of its image: each line as it stands there."""
import collections
import os
import pathlib
import re
import subprocess

import pytest
from cluster import Cluster
from pipeline import app, wait_for
from stand_in import StandIn

CONTAINERS = collections.defaultdict(lambda: {"args": [], "env": {}})
for line in (pathlib.Path(__file__).parent / "kustomize_args.tsv").read_text().splitlines()[1:]:
    folder, owner, container, what, name, value = line.split("\t")
    if what == "arg":
        CONTAINERS[folder, container]["args"].append(f"{name}={value}" if value else name)
    elif what == "env":
        CONTAINERS[folder, container]["env"][name] = value
FOLDERS = sorted({folder for folder, _ in CONTAINERS})
NO_EFFECT = {}  # a flag that is taken for the sake of these manifests would stand here, by its folder
# what Kubernetes fills in
FIELDS = {"POMERIUM_NAMESPACE": "pomerium", "POD_NAMESPACE": "pomerium", "POD_NAME": "pomerium-0"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        c.install_crds()
        wait_for("the kind PolicyFilter is served", lambda: c.call("GET", "/apis/gateway.pomerium.io/v1alpha1/policyfilters", raw=True)[0] == 200, 30)
        for i, name in enumerate(("", "-2", "-mcp")):
            c.apply_yaml(f"""apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: pomerium{name}}}
spec: {{controller: pomerium.io/ingress-controller{name}}}
---
apiVersion: ingress.pomerium.io/v1
kind: Pomerium
metadata: {{name: global{name}}}
spec: {{secrets: pomerium/bootstrap, storage: {{file: {{path: /tmp/databroker}}}}}}
""")
            for k in range(3):
                c.apply_yaml(app(f"app{name}-{k}", f"10.0.{i}.{k + 1}").replace("ingressClassName: pomerium", f"ingressClassName: pomerium{name}"))
        c.apply_yaml("apiVersion: v1\nkind: Service\nmetadata: {name: pomerium-proxy, namespace: pomerium}\nspec: {type: LoadBalancer, ports: [{port: 443}]}\n")
        status, _ = c.call("PATCH", "/api/v1/namespaces/pomerium/services/pomerium-proxy/status", {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}},
                           content_type="application/merge-patch+json")
        assert status == 200
        yield c


def environment(cluster, folder, container, pod_ip, **more):
    """Of the container, in a pod of that address."""
    said = CONTAINERS[folder, container]["env"]
    fields = {**FIELDS, "POD_IP": pod_ip}
    env = {name: fields[name] if value.startswith("(from ") else value for name, value in said.items()}
    return {"PATH": os.environ["PATH"], "KUBECONFIG": str(cluster.kubeconfig()), **env, **more}


def arguments(folder, container, env):
    return [re.sub(r"\$\((\w+)\)", lambda m: env[m[1]], arg) for arg in CONTAINERS[folder, container]["args"]]


def warnings(log):
    return [line for line in log.splitlines() if re.search(r" level=(warn|error) ", line)]


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
