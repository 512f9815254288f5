"""What Kubernetes is told, on a real API server: Events and the status of the Pomerium object."""
import pathlib
import subprocess
import time

import pytest
import yaml
from cluster import Cluster, ClusterPipeline, kubectl
from pipeline import CLASS, app, read, wait_for
from test_cluster import service_account

SETTINGS = pathlib.Path(__file__).parent.parent / "golden/cases/settings/minimal/input.yaml"
BAD = "ingress.pomerium.io/policy: '[{\"allow\":{\"maybe\":[]}}]'"
TLS = "  tls: [{hosts: [gone.example.com], secretName: nope}]\n"


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path / "cluster") as c:
        c.install_crds()
        c.apply_yaml(CLASS)
        yield c


def ours(cluster):
    """Without those of the API server itself."""
    _, answer = cluster.call("GET", "/api/v1/events")
    return [e for e in answer["items"] if e.get("source", {}).get("component", "").startswith("pomerium-")]


def events(cluster):
    """(object, type, reason, message, component, annotation) -> count"""
    found = {}
    for e in ours(cluster):
        about = e["involvedObject"]
        who = f"{about['namespace']}/{about['name']}" if "namespace" in about else about["name"]
        key = (who, e["type"], e["reason"], e["message"], e["source"]["component"], e["metadata"].get("annotations", {}).get("ingress"))
        found[key] = found.get(key, 0) + e["count"]
    return found


def versions(cluster):
    """What any write would change."""
    return {e["metadata"]["name"]: e["metadata"]["resourceVersion"] for e in ours(cluster)}, pomerium(cluster)["metadata"]["resourceVersion"]


def pomerium(cluster):
    return cluster.call("GET", "/apis/ingress.pomerium.io/v1/pomerium/global")[1]


def status(cluster):
    return pomerium(cluster).get("status", {})


def has(cluster, *key):
    return lambda: any(all(k is None or k == e for k, e in zip(key, event)) for event in events(cluster))


def remove(cluster, text):
    for obj in yaml.safe_load_all(text):
        assert cluster.delete(obj) == 200


def test_the_owners_are_told(sluice, cluster, tmp_path):
    cluster.apply_yaml(SETTINGS.read_text())
    for text in app("good"), app("bad", annotations=BAD), app("gone", more=TLS):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        said = lambda: f"{events(cluster)}\n{status(cluster)}\n{p.log()[-3000:]}"
        wait_for(said, has(cluster, "shop/good", "Normal", "Updated", "updated pomerium configuration", "pomerium-ingress"))
        wait_for(said, has(cluster, "shop/bad", "Warning", "UpdateError", None, "pomerium-ingress"))
        wait_for(said, has(cluster, "shop/gone", "Warning", "UpdateError", None, "pomerium-ingress"))
        wait_for(said, has(cluster, "global", "Normal", "Updated", "shop/good: config updated", "pomerium-ingress", "shop/good"))
        wait_for(said, has(cluster, "global", "Warning", "UpdateError", None, "pomerium-ingress", "shop/bad"))
        wait_for(said, has(cluster, "global", "Normal", "Updated", "config updated", "pomerium-crd"))
        wait_for(said, has(cluster, "global", "Warning", "Validation", None, "pomerium-crd"))
        sentences = {e[0]: e[3] for e in events(cluster) if e[2] == "UpdateError" and e[0] != "global"}
        assert "maybe" in sentences["shop/bad"] and "nope" in sentences["shop/gone"], sentences
        wait_for(said, lambda: len(status(cluster).get("ingress", {})) == 3)
        entries = status(cluster)["ingress"]
        assert entries["shop/good"]["reconciled"] and "error" not in entries["shop/good"]
        assert not entries["shop/bad"]["reconciled"] and entries["shop/bad"]["error"] == sentences["shop/bad"]
        assert entries["shop/bad"]["observedGeneration"] == 1 and entries["shop/bad"]["observedAt"].endswith("Z")
        assert status(cluster)["settingsStatus"]["reconciled"]
        shown = subprocess.run([kubectl(), "--kubeconfig", cluster.kubeconfig(), "get", "pomerium"], capture_output=True, text=True, check=True).stdout
        assert [line.split()[:2] for line in shown.splitlines()] == [["NAME", "RECONCILED"], ["global", "true"]], shown
        before = versions(cluster)

        # Whatever happens to the others, a failure that stays is told once.
        end = time.monotonic() + 10
        n = 0
        while time.monotonic() < end:
            n += 1
            cluster.apply_yaml(app("bad", annotations=BAD + f"\nexample.com/turn: '{n}'"))
            time.sleep(0.05)
        assert n > 20
        assert len(versions(cluster)[0]) == len(before[0]), events(cluster)
        assert max(events(cluster).values()) > 1, events(cluster)
        changed = [k for k, v in versions(cluster)[0].items() if before[0][k] != v]
        assert len(changed) <= 2, events(cluster)  # of the Ingress and of the Pomerium object

        cluster.apply_yaml(app("bad"))
        wait_for(said, has(cluster, "shop/bad", "Normal", "Updated"))
        assert b"bad.example.com" in read(p.out)
        remove(cluster, app("good"))
        wait_for(said, has(cluster, "global", "Normal", "Updated", "shop/good: deleted: Ingress resource was deleted", "pomerium-ingress", "shop/good"))
        wait_for(said, lambda: "shop/good" not in status(cluster)["ingress"] and status(cluster)["ingress"]["shop/bad"]["reconciled"])
        assert "error" not in status(cluster)["ingress"]["shop/bad"]


def test_a_restart_tells_nothing_again(sluice, cluster, tmp_path):
    cluster.apply_yaml(SETTINGS.read_text())
    cluster.apply_yaml(app("good"))
    cluster.apply_yaml(app("bad", annotations=BAD))
    remove_later = app("later")
    cluster.apply_yaml(remove_later)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        wait_for(p.log, lambda: len(status(cluster).get("ingress", {})) == 3 and "settingsStatus" in status(cluster))
        wait_for(p.log, lambda: len(events(cluster)) == 8)
        before = versions(cluster)
        first = p.children("publisher")
        assert p.kill("publisher")
        wait_for(p.log, lambda: p.children("publisher") not in ([], first))
        cluster.apply_yaml(app("new"))  # what is said of this one comes behind what would be said again
        wait_for(p.log, lambda: "shop/new" in status(cluster)["ingress"])
        after = versions(cluster)
        assert {k: v for k, v in after[0].items() if k in before[0]} == before[0]
        assert len(after[0]) == len(before[0]) + 2
    remove(cluster, remove_later)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:  # what went meanwhile goes from the status too
        wait_for(p.log, lambda: set(status(cluster)["ingress"]) == {"shop/good", "shop/bad", "shop/new"})
        assert {k: v for k, v in versions(cluster)[0].items() if k in before[0]} == before[0]


PUBLIC = "ingress.pomerium.io/allow_public_unauthenticated_access: 'true'"
# name of the younger one, its code, what it says, what the older one says at first, and then
REFUSED = {
    "host": ("1613", {}, {}, {"host": "host.example.com"}),
    "login": ("1614", {}, {}, {}),  # the Pomerium object is edited instead
    "alike": ("1616", {"annotations": "ingress.pomerium.io/name: same", "namespace": "victim"}, {"annotations": "ingress.pomerium.io/name: same"},
              {"annotations": "ingress.pomerium.io/name: same", "host": "alike.example.com"}),
    "solver": ("1617", {"annotations": PUBLIC, "paths": ("/.well-known/acme-challenge/token",)}, {}, {"host": "solver.example.com"}),
}


def test_what_others_do_is_told_too(sluice, cluster, tmp_path):
    """An Ingress that is right by itself, and rejected since an older one has come to want what it has: told once, and taken back."""
    def olders(at):
        for name, texts in REFUSED.items():
            cluster.apply_yaml(app(f"older-{name}", namespace="victim", **texts[at]))
        url = "https://login.example.com" if at == 3 else "https://authenticate.example.com"
        cluster.apply_yaml(SETTINGS.read_text() + f"  authenticate: {{url: '{url}'}}\n  identityProvider: {{provider: hosted}}\n")
    entry = lambda name: status(cluster).get("ingress", {}).get(f"{REFUSED[name][1].get('namespace', 'shop')}/{name}", {})
    is_good = lambda: all(entry(name).get("reconciled") for name in REFUSED)
    is_refused = lambda: all(f"[SLU{code}]" in entry(name).get("error", "") for name, (code, *_) in REFUSED.items())
    told = lambda kind: {e[0].split("/")[1]: n for e, n in events(cluster).items() if e[0].count("/") == 1 and e[0].split("/")[1] in REFUSED and e[1] == kind}
    flags = "--host-ownership=namespace", "--authenticate-namespaces=pomerium", "--format=yaml"

    olders(2)
    born = time.time()
    wait_for("a second passes, the unit of ages", lambda: time.time() > born + 1.1)
    for name, (_, texts, *_) in REFUSED.items():
        cluster.apply_yaml(app(name, **texts))
    said = lambda: f"{events(cluster)}\n{status(cluster)}\n{p.log()[-5000:]}"
    with ClusterPipeline(sluice, tmp_path, cluster, *flags) as p:
        wait_for(said, is_good)
        assert told("Warning") == {}
        good = told("Normal")

        olders(3)
        wait_for(said, is_refused)
        wait_for(said, lambda: told("Warning") == dict.fromkeys(REFUSED, 1))
        assert told("Normal") == good
        for name in REFUSED:
            assert entry(name)["observedGeneration"] == 1
            assert f"{name}.example.com" not in yaml.safe_load(read(p.out)) and entry(name)["reconciled"] is False

        # they come again, and so does the publisher: nothing is told twice
        before, entries = versions(cluster)[0], {name: entry(name) for name in REFUSED}
        first = p.children("publisher")
        assert p.kill("publisher")
        wait_for(said, lambda: p.children("publisher") not in ([], first))
        cluster.apply_yaml(app("new"))
        wait_for(said, lambda: "shop/new" in status(cluster)["ingress"])
        after = versions(cluster)[0]
        assert {k: v for k, v in after.items() if k in before} == before and len(after) == len(before) + 2, events(cluster)
        assert {name: entry(name) for name in REFUSED} == entries and "damaged" not in p.log()

        olders(2)
        wait_for(said, is_good)
        wait_for(said, lambda: all(n > good[name] for name, n in told("Normal").items()))
        assert told("Warning") == dict.fromkeys(REFUSED, 1), events(cluster)


def test_who_may_not_tell_publishes(sluice, cluster, tmp_path):
    cluster.apply_yaml(SETTINGS.read_text())
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "silent"},
                   "rules": [{"apiGroups": ["", "networking.k8s.io", "discovery.k8s.io", "ingress.pomerium.io"],
                              "resources": ["ingresses", "ingressclasses", "services", "endpointslices", "secrets", "pomerium"], "verbs": ["get", "list", "watch"]}]})
    token = service_account(cluster, "default", "silent", "ClusterRole", "silent")
    with ClusterPipeline(sluice, tmp_path, cluster, "--status-address", "203.0.113.7", kubeconfig=cluster.kubeconfig(token, "silent.kubeconfig")) as p:
        for i in range(5):
            cluster.apply_yaml(app(f"app{i}"))
        said = lambda what: [l for l in p.log().split("\n") if "cannot report" in l and f"what={what} " in l]
        wait_for(p.log, lambda: said("events") and said("status") and said('"ingress status"'))
        p.settled()
        cluster.apply_yaml(app("more"))
        assert b"more.example.com" in p.settled()
        assert len(said("events")) == len(said("status")) == len(said('"ingress status"')) == 1
        assert not events(cluster)


def test_without_reports_nobody_is_told(sluice, cluster, tmp_path):
    cluster.apply_yaml(SETTINGS.read_text())
    cluster.apply_yaml(app("good"))
    with ClusterPipeline(sluice, tmp_path, cluster, "--report=false") as p:
        p.settled()
    assert not events(cluster) and not status(cluster)
