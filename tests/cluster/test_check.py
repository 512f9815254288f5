"""sluice check on a real API server: what is missing is named with its remedy, and nothing else is."""
import json
import os
import re
import subprocess

import pytest
from cluster import Cluster, ClusterPipeline
from databroker import Databroker, Up, new_secret
from pipeline import CLASS, Pipeline, app, certificate, fill, tls_secret, wait_for, write

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
    found = check(sluice, cluster, "--pre")
    assert "version 1." in found[0]["text"] and "everything may be made" in found[-1]["text"]
    assert [f["text"] for f in found if f["check"] == "clock"][0].endswith(" s from that of the API server")
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
        assert sum(f["check"] == "pipeline" for f in found) == 5
        text = subprocess.run([sluice, "check", "--kubeconfig", str(cluster.kubeconfig()), "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60).stdout
        assert "✓ API server: version 1." in text and "✓ pipeline: the publisher is ready" in text


def test_a_clock_that_is_wrong(sluice, build, cluster):
    if re.search(rb"__[at]san_init", (build / "sluice").read_bytes()):
        pytest.skip("libfaketime and a sanitizer do not go together")
    done = subprocess.run(["faketime", "-f", "+1h", sluice, "check", "--pre", "--kubeconfig", str(cluster.kubeconfig())], capture_output=True, text=True, timeout=60)
    off = re.search(r"✗ clock: (\d+) s from that of the API server\n    set it by NTP", done.stdout)
    assert done.returncode == 1 and off and 3590 < int(off[1]) < 3700, done.stdout


def test_who_may_not_install(sluice, cluster):
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "weak"}})
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody", "namespace": "weak"}})
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = cluster.call("POST", "/api/v1/namespaces/weak/serviceaccounts/nobody/token", review)[1]["status"]["token"]
    path = cluster.kubeconfig(token, "weak.kubeconfig")
    done = subprocess.run([sluice, "check", "--pre", "--kubeconfig", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "✗ rights: this account may not create clusterroles: the rights are not made by kubectl apply\n    install with the account of an administrator\n" in done.stdout


def test_a_pipeline_without_a_cluster(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()

        def ask():
            return subprocess.run([sluice, "check", "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60)
        wait_for(lambda: ask().stdout, lambda: ask().returncode == 0)
        assert ask().stdout.splitlines()[-1] == "✓ Ingress: none is rejected"
        write(tmp_path / "in/bad.yaml", app("bad", annotations="ingress.pomerium.io/timeout: never"))
        wait_for(lambda: ask().stdout, lambda: ask().returncode == 1)
        assert "✗ Ingress: shop/bad is rejected: annotation ingress.pomerium.io/timeout: " in ask().stdout


def test_a_databroker(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Databroker(tmp_path / "databroker") as d, Up(sluice, tmp_path / "up", tmp_path / "in", d) as p:
        p.stored(20)
        args = [sluice, "check", "--run-dir", str(p.run_dir), "--databroker-service-url", d.url]

        def ask(secret):
            return subprocess.run(args, capture_output=True, text=True, timeout=60, env={**os.environ, "SHARED_SECRET": secret})
        wait_for("the lease", lambda: "✓ databroker: this publisher holds the lease" in ask(d.secret).stdout)
        done = ask(d.secret)
        assert done.returncode == 0 and "✓ databroker: 3 routes are published there" in done.stdout, done.stdout
        done = ask(new_secret())
        assert done.returncode == 1 and "✗ databroker: the databroker cannot be read: " in done.stdout


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
