"""Two whole pipelines on a real API server and one databroker: what is stored in the end, who wrote it, and what was never touched."""
import base64
import os
import random
import signal

import pytest
from cluster import Cluster
from databroker import Databroker, Up
from pipeline import CLASS, app, certificate, tls_secret, wait_for
from test_cluster import Traffic, objects, secret
from test_report import BAD, SETTINGS, events, has

ROOMS = ("watcher", "resolver", "translator", "publisher")
LEASE = ("--lease-duration", "2s")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        c.install_crds()
        c.apply_yaml(CLASS)
        yield c


@pytest.fixture(autouse=True)
def clean(request):
    """What a test made in the cluster goes with it; the class stays."""
    yield
    if "cluster" in request.fixturenames:
        empty(request.getfixturevalue("cluster"))


def empty(cluster):
    for namespace in [n["metadata"]["name"] for n in cluster.call("GET", "/api/v1/namespaces")[1]["items"]]:
        for path in ("/apis/networking.k8s.io/v1/namespaces/{}/ingresses", "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
                     "/api/v1/namespaces/{}/secrets"):
            cluster.call("DELETE", path.format(namespace))
        if namespace != "default":
            for service in cluster.call("GET", f"/api/v1/namespaces/{namespace}/services")[1]["items"]:
                cluster.delete({**service, "kind": "Service"})
    cluster.delete({"kind": "Pomerium", "metadata": {"name": "global"}})


@pytest.fixture
def databroker(tmp_path):
    with Databroker(tmp_path / "databroker") as d:
        yield d


def foreign(databroker):
    """Writes by others than the holder of the lease, each with the milliseconds since the databroker began anew, which voids a lease."""
    found, anew = [], 0
    for e in databroker.history():
        if e["op"] in ("start", "wipe"):
            anew = e["ms"]
        elif e["op"] == "put" and e["who"].startswith("sluice") and e["who"] != e.get("leader"):
            found.append((e["ms"] - anew, e))
    return found


# ---- random operations ----

class Recorded(Traffic):
    """Remembers which Ingresses were ever gone, and every secret value."""

    def __init__(self, cluster, seed):
        super().__init__(cluster, seed)
        self.gone, self.values = set(), []
        cluster.apply = self.keep(cluster.apply)
        cluster.delete = self.forget(cluster.delete)

    def keep(self, apply):
        def wrapped(obj):
            if obj["kind"] == "Secret":  # what is long enough to be no part of another word
                self.values += [v for k, v in obj["data"].items() if k != "tls.crt" and len(v) > 10]
            return apply(obj)
        return wrapped

    def forget(self, delete):
        def wrapped(obj):
            if obj["kind"] == "Ingress":
                self.gone.add(f"sluice/ingress/{self.namespace}/{obj['metadata']['name']}")
            return delete(obj)
        return wrapped


class Disturber:
    """Faults of the databroker, and kills and freezes of processes, seeded."""

    def __init__(self, databroker, pipelines, seed):
        self.databroker, self.pipelines, self.dice = databroker, pipelines, random.Random(seed)
        self.frozen = []

    def fault(self):
        d, dice = self.databroker, self.dice
        dice.choice([d.drop, d.halfclose, d.wipe, self.restart,
                     lambda: d.fault("delay", millis=dice.randrange(50, 800), count=3),
                     lambda: d.fault("fail", code=dice.choice([4, 8, 13, 14]), count=3),
                     lambda: d.fault("lost", "Put", millis=500, count=2),
                     lambda: d.fault("trailers", status=dice.choice(["", "banana", "0"]), count=2)])()

    def restart(self):
        self.databroker.stop()
        self.databroker.start()

    def kill(self):
        self.thaw()
        pipeline = self.dice.choice(self.pipelines)
        room = self.dice.choice(ROOMS)
        if self.dice.random() < 0.2:
            self.frozen = pipeline.children(room)
            self.signal(signal.SIGSTOP)
        elif self.dice.random() < 0.1:
            pipeline.process.kill()  # with all its processes
            pipeline.process.wait()
            pipeline.__enter__()
        else:
            pipeline.kill(room)

    def thaw(self):
        self.signal(signal.SIGCONT)
        self.frozen = []

    def signal(self, which):
        for pid in self.frozen:
            try:
                os.kill(pid, which)
            except ProcessLookupError:
                pass


def keep_app(i, turn):
    return app(f"keep-{i}", f"10.{turn % 250}.7.{i + 1}", namespace="kept", more="  tls: [{hosts: [keep-0.example.com], secretName: kept-tls}]\n" if i == 0 else "")


def test_1000_random_operations_faults_kills_and_two_replicas(sluice, cluster, databroker, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "apply", cluster.apply)
    monkeypatch.setattr(cluster, "delete", cluster.delete)
    certificate(tmp_path, "keep-0.example.com")
    traffic = Recorded(cluster, seed=11)
    cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "random"}})
    cluster.apply(secret("bootstrap", "random", shared_secret="a" * 32, cookie_secret="b" * 32, signing_key="c"))
    pomerium = {"apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"}, "spec": {"secrets": "random/bootstrap"}}
    cluster.apply(pomerium)
    for i in range(5):
        cluster.apply_yaml(keep_app(i, 0))
    cluster.apply_yaml(tls_secret(tmp_path, "kept-tls", "kept"))
    args = (*LEASE, "--max-delete-share", "100")
    with Up(sluice, tmp_path / "a", tmp_path / "a/dump", databroker, *args, cluster=cluster) as a, \
            Up(sluice, tmp_path / "b", tmp_path / "b/dump", databroker, *args, cluster=cluster) as b:
        a.stored(30)
        disturber = Disturber(databroker, (a, b), seed=12)
        for turn in range(1000):
            traffic.step()
            if turn % 20 == 7:
                cluster.apply_yaml(keep_app(turn // 20 % 5, turn))
            if turn % 25 == 13:
                disturber.fault()
            if turn % 25 == 24:
                disturber.kill()
        disturber.thaw()
        # every owner good at the end: last good ones are no part of a fresh translation
        for i in range(traffic.n):
            cluster.apply(secret(f"s{i}", "random", X_Value=f"end-of-all-{i}"))
            cluster.apply_yaml(app(f"r{i}", f"10.1.0.{i + 1}", f"ingress.pomerium.io/set_request_headers_secret: s{i}", namespace="random"))
        cluster.apply(pomerium)
        a.stored(45)
    deleted = {r for e in databroker.writes() for r in e.get("deleted", [])}
    assert deleted <= traffic.gone, "only what was gone was deleted"
    assert len({e["who"] for e in databroker.writes()}) > 4, "the writer did change"
    late = foreign(databroker)
    assert all(ms < 1000 for ms, _ in late), late
    logs = a.log() + b.log() + (tmp_path / "databroker/databroker.log").read_text()
    assert traffic.values
    for value in {*traffic.values, databroker.secret}:
        assert value not in logs and base64.b64decode(value).decode("latin-1") not in logs


# ---- appearing one by one ----

def test_500_that_become_whole_one_by_one(sluice, cluster, databroker, tmp_path):
    """Ingresses first, of which nothing else is there; then what each needs."""
    certificate(tmp_path, "*.example.com")
    names = [f"late-{i}" for i in range(500)]
    parts = {name: {o["kind"]: o for o in objects(app(name, f"10.3.{i // 250}.{i % 250 + 1}", namespace="late",
                                                      more=f"  tls: [{{hosts: [{name}.example.com], secretName: {name}-tls}}]\n"))}
             for i, name in enumerate(names)}
    cluster.apply_yaml(app("early", namespace="late"))
    for name in names:
        cluster.apply(parts[name]["Ingress"])
    with Up(sluice, tmp_path / "a", tmp_path / "a/dump", databroker, cluster=cluster) as p:
        wait_for(p.log, lambda: "sluice/ingress/late/early" in databroker.records(), 30)
        assert set(databroker.records()) == {"sluice/ingress/late/early"}
        for name in names:
            for obj in (parts[name]["Service"], objects(tls_secret(tmp_path, f"{name}-tls", "late"))[0], parts[name]["EndpointSlice"]):
                cluster.apply(obj)
        want = {f"sluice/{kind}/late/{name}" for name in names for kind in ("ingress",)}
        wait_for(p.log, lambda: want <= set(databroker.written()), 10)
        p.stored(20)
    times = {}
    for record in databroker.written():
        times[record] = times.get(record, 0) + 1
    assert times["sluice/ingress/late/early"] == 1, "nobody else is touched"
    assert all(times[r] <= 2 for r in want), "once when its Secret is there, once with its endpoints"
    assert not databroker.tombstones()


# ---- a broken one among good ones ----

def test_a_broken_policy_keeps_its_route_and_the_others_go_on(sluice, cluster, databroker, tmp_path):
    cluster.apply_yaml(SETTINGS.read_text())
    for name in ("good", "other"):
        cluster.apply_yaml(app(name))
    with Up(sluice, tmp_path / "a", tmp_path / "a/dump", databroker, cluster=cluster) as p:
        p.stored(20)
        said = lambda: f"{[e for e in events(cluster) if e[0] == 'shop/good']}\n{databroker.written()}\n{p.log()[-3000:]}"
        wait_for(said, has(cluster, "shop/good", "Normal", "Updated"))
        before, good = len(databroker.writes()), databroker.records()["sluice/ingress/shop/good"]
        n_updated = sum(n for e, n in events(cluster).items() if e[0] == "shop/good" and e[2] == "Updated")
        cluster.apply_yaml(app("good", annotations=BAD))
        wait_for(said, has(cluster, "shop/good", "Warning", "UpdateError"))
        assert any("maybe" in e[3] for e in events(cluster) if e[:3] == ("shop/good", "Warning", "UpdateError"))
        cluster.apply_yaml(app("other", "10.6.6.7"))
        wait_for(said, lambda: databroker.written(before) == ["sluice/ingress/shop/other"])
        assert databroker.records()["sluice/ingress/shop/good"] == good
        cluster.apply_yaml(app("good", "10.6.6.6"))
        p.stored()
        assert databroker.written(before) == ["sluice/ingress/shop/other", "sluice/ingress/shop/good"]
        wait_for(said, lambda: sum(n for e, n in events(cluster).items() if e[0] == "shop/good" and e[2] == "Updated") > n_updated)
