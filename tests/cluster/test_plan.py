"""sluice plan on a real API server: what it names happens when the manifests are applied, and nothing else does."""
import base64
import json
import os
import random
import subprocess

import pytest
import yaml
from cluster import Cluster, ClusterPipeline
from pipeline import CLASS, app, certificate, tls_secret, wait_for, write
from web import ask, socket_file

STEPS = int(os.environ.get("PLAN_STEPS", "20"))
NAMESPACE = "plan"
SECRET = "nobody may ever see this"
ACCESS = ["", "ingress.pomerium.io/allow_public_unauthenticated_access: 'true'", "ingress.pomerium.io/allow_any_authenticated_user: 'true'",
          *(f'ingress.pomerium.io/policy: \'[{{"allow":{{"and":[{{"domain":{{"is":"{d}"}}}}]}}}}]\'' for d in ("a.org", "b.org"))]
MORE = ["", "ingress.pomerium.io/timeout: 7s", "ingress.pomerium.io/prefix_rewrite: /new", "ingress.pomerium.io/set_request_headers: '{\"X-A\": \"b\"}'",
        "ingress.pomerium.io/set_request_headers_secret: hidden", "ingress.pomerium.io/set_request_headers_secret: missing", "ingress.pomerium.io/timeout: never"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("cluster")
    with Cluster(tmp) as c:
        c.install_crds()
        c.apply_yaml(CLASS)
        c.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        c.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": NAMESPACE}, "type": "Opaque",
                 "data": {"X-Token": base64.b64encode(SECRET.encode()).decode()}})
        certificate(tmp, "*.example.com")
        c.apply(json.loads(tls_secret(tmp, "wild", NAMESPACE)))
        yield c


def change(rng):
    """Manifests of one application of a few, as nobody would write them."""
    name = f"app-{rng.randrange(5)}"
    paths = rng.sample(["/", "/api", "/x"], rng.randrange(1, 3))
    host = rng.choice([f"{name}.example.com"] * 3 + ["shared.example.com"])
    tls = rng.choice(["", f"  tls: [{{hosts: [{host}], secretName: wild}}]\n"])
    text = app(name, f"10.0.0.{rng.randrange(1, 4)}", f"{rng.choice(ACCESS)}\n{rng.choice(MORE)}", host=host, paths=paths, namespace=NAMESPACE, more=tls)
    return text if rng.randrange(4) else text.split("---\n")[-1]  # now and then without its Service


def served(p):
    """{id: route} of all that the publisher has, and {owner: reason} of those that are rejected."""
    _, _, body = ask(socket_file(p.run_dir, "publisher"), "/owners?routes=whole", timeout=30)
    owners = json.loads(body)["owners"]
    assert SECRET not in body
    return ({r["id"]: r["config"] for o in owners for r in o.get("routes", [])}, {o["name"]: o["rejected"] for o in owners if "rejected" in o},
            {(o["name"], c) for o in owners for c in o.get("certificates", [])})


def plan(p, *args):
    done = subprocess.run([p.sluice, "plan", *map(str, args), "--run-dir", str(p.run_dir), "--kubeconfig", str(p.cluster.kubeconfig()), "-o", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1, 4), (done.returncode, done.stderr)
    return done.returncode, json.loads(done.stdout)


def is_empty(said):
    return not any(said[k] for k in ("added", "removed", "changed", "access", "hosts", "certificates"))


def differences(before, after):
    fields = {}
    for i in before.keys() & after.keys():
        names = {k for k in before[i].keys() | after[i].keys() if before[i].get(k) != after[i].get(k)}
        if names:
            fields[i] = {k: (before[i].get(k), after[i].get(k)) for k in names}
    return {"added": after.keys() - before.keys(), "removed": before.keys() - after.keys(), "changed": fields}


def named(said):
    return {"added": {r["id"] for r in said["added"]}, "removed": {r["id"] for r in said["removed"]},
            "changed": {r["id"]: {f["name"]: (f["before"], f["after"]) for f in r["fields"]} for r in said["changed"]}}


@pytest.mark.parametrize("seed", [1])
def test_what_is_planned_happens(sluice, cluster, tmp_path, seed):
    rng = random.Random(seed)
    seen = set()
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        p.settled()
        for step in range(STEPS):
            manifest = tmp_path / "change" / f"{step}.yaml"
            write(manifest, change(rng))
            before, _, certs_before = served(p)
            status, said = plan(p, manifest)
            seen |= {status, *(k for k in said if said[k])}
            for text in reversed(manifest.read_text().split("---\n")):  # a plan is of all at once: no state between may become the last good one
                cluster.apply_yaml(text)
            rejected = {r["name"]: r["reason"] for r in said["rejected"]}

            def arrived():
                again = plan(p, manifest)[1]
                return is_empty(again) and served(p)[1].keys() == rejected.keys()
            wait_for(lambda: (manifest.read_text(), said, plan(p, manifest), served(p)[1]), arrived, 20)
            seen.add(plan(p, manifest)[0])
            after, reasons, certs_after = served(p)
            assert named(said) == differences(before, after), (step, manifest.read_text())
            assert {n: r.split(" [")[0] for n, r in rejected.items()} == {n: r.split(" [")[0] for n, r in reasons.items()}
            assert {(c["name"], c["secret"], c["change"]) for c in said["certificates"]} == \
                {(*c, "added") for c in certs_after - certs_before} | {(*c, "removed") for c in certs_before - certs_after}
            assert status == (1 if any(r["new"] for r in said["rejected"]) else 4 if differences(before, after) != differences(before, before) or certs_after != certs_before else 0)
    assert {0, 1, 4} <= seen or STEPS < 20
    assert {"added", "changed", "access", "rejected"} <= seen or STEPS < 20


def test_a_cluster_is_a_side(sluice, cluster, tmp_path):
    cluster.apply_yaml(app("side", namespace="side"))
    folder = cluster.dump(tmp_path / "dump")
    config = ("--kubeconfig", cluster.kubeconfig())

    def run(*args):
        return subprocess.run([sluice, "plan", *map(str, args)], capture_output=True, text=True, timeout=60)
    done = run("--from", "cluster", "--to", folder, *config)
    assert (done.returncode in (0, 1), "Routes\n" in done.stdout, done.stderr) == (True, False, ""), done.stdout
    write(tmp_path / "side.yaml", yaml.safe_dump_all([o for o in yaml.safe_load_all(app("side", "10.9.9.9", namespace="side"))]))
    done = run("--from", "cluster", tmp_path / "side.yaml", *config)
    assert '      to: ["http://10.0.0.1:8080"] -> ["http://10.9.9.9:8080"]' in done.stdout
    assert run("--from", "cluster", tmp_path / "side.yaml", "--kubeconfig", tmp_path / "none").returncode == 3

    def ask(*args):
        return subprocess.run([sluice, *map(str, args), "--from", "cluster", *map(str, config)], capture_output=True, text=True, timeout=60)
    done = ask("routes", "-n", "side", "-o", "json")
    assert [(r["namespace"], r["name"], r["to"]) for r in json.loads(done.stdout)["routes"]] == [("side", "side", ["http://10.0.0.1:8080"])]
    done = ask("explain", "https://side.example.com/cart")
    assert done.returncode in (0, 1) and "  owner       Ingress side/side" in done.stdout and "  refers to   Service side/side: found" in done.stdout


def test_a_secret_that_nobody_has_read_is_said(sluice, cluster, tmp_path):
    cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "unread", "namespace": NAMESPACE}, "type": "Opaque", "data": {"X-B": "Yg=="}})
    write(tmp_path / "it.yaml", app("it", annotations="ingress.pomerium.io/set_request_headers_secret: unread", namespace=NAMESPACE))
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        p.settled()
        done = subprocess.run([sluice, "plan", str(tmp_path / "it.yaml"), "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 4 and "Secret plan/unread was not asked for by the pipeline so far" in done.stderr
        assert "  + https://it.example.com prefix /" in done.stdout
