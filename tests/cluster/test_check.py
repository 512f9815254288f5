"""sluice check on a real API server: what is missing is named with its remedy, and nothing else is."""
import json
import subprocess

import pytest
from cluster import Cluster, ClusterPipeline
from pipeline import CLASS, app, certificate, tls_secret

BOOTSTRAP = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bootstrap", "namespace": "pomerium"}, "type": "Opaque",
             "stringData": {"shared_secret": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "cookie_secret": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
                            "signing_key": ""}}
POMERIUM = {"apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"}, "spec": {"secrets": "pomerium/bootstrap"}}


def check(sluice, cluster, *args):
    done = subprocess.run([sluice, "check", "--kubeconfig", str(cluster.kubeconfig()), "-o", "json", *map(str, args)], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)["checks"]
    assert done.returncode == (0 if all(f["good"] for f in found) else 1)
    return found


def bad(found):
    return {f["check"] for f in found if not f["good"]}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        yield c


def test_from_nothing_to_all_good(sluice, cluster, tmp_path):
    nowhere = ("--run-dir", tmp_path)
    found = check(sluice, cluster, "--pre")
    assert bad(found) == {"CRD"} and next(f["remedy"] for f in found if f["check"] == "CRD") == "kubectl apply -k deploy/crds"
    cluster.install_crds()
    assert bad(check(sluice, cluster, "--pre")) == set()
    assert "version 1." in check(sluice, cluster, "--pre")[0]["text"]
    cluster.apply_yaml(app("shop", namespace="shop"))
    found = check(sluice, cluster, *nowhere)
    assert {"class", "Pomerium object"} <= bad(found), found
    cluster.apply_yaml(CLASS)
    for name in ("pomerium", "tls"):
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    cluster.apply(BOOTSTRAP)
    cluster.apply({**POMERIUM, "spec": {"secrets": "pomerium/bootstrap", "certificates": ["tls/wild"]}})
    found = check(sluice, cluster, *nowhere)
    assert any("tls/wild" in f["text"] for f in found) or "certificates" in bad(found), found
    certificate(tmp_path, "*.example.com")
    cluster.apply(json.loads(tls_secret(tmp_path, "wild", "tls")))
    cluster.apply_yaml(app("broken", namespace="shop", annotations="ingress.pomerium.io/timeout: never"))
    found = check(sluice, cluster, *nowhere)
    assert [f["text"].split(":")[0] for f in found if f["check"] == "Ingress"] == ["shop/broken is rejected"]
    cluster.apply_yaml(app("broken", namespace="shop"))
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        p.settled()
        found = check(sluice, cluster, "--run-dir", p.run_dir)
        assert bad(found) <= {"certificates"}, [f for f in found if not f["good"]]  # those of the test end within 30 days
        assert sum(f["check"] == "pipeline" for f in found) == 4
        text = subprocess.run([sluice, "check", "--kubeconfig", str(cluster.kubeconfig()), "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60).stdout
        assert "✓ API server: version 1." in text and "✓ pipeline: the publisher is ready" in text


def test_without_a_server(sluice, tmp_path):
    path = tmp_path / "kubeconfig"
    path.write_text("""apiVersion: v1
kind: Config
current-context: it
clusters: [{name: it, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: it, context: {cluster: it, user: it}}]
users: [{name: it, user: {token: x}}]
""")
    done = subprocess.run([sluice, "check", "--kubeconfig", str(path), "--run-dir", str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "✗ API server: it does not answer" in done.stdout
    assert subprocess.run([sluice, "check", "manifest.yaml"], capture_output=True, timeout=60).returncode == 2
