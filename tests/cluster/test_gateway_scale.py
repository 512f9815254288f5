"""Many HTTPRoutes on one Gateway: what a change is worth in records and in writes of status. How long it takes is a matter of tests/bench."""
import threading
import time

import pytest
from cluster import Cluster
from databroker import Databroker, Up
from fake_api import FakeApi
from pipeline import wait_for
from test_gateway import CLASS, FILTER, GATEWAY, SERVICE, accepted, own, parents, route

N = 5000
HTTP = GATEWAY.replace("protocol: HTTPS", "protocol: HTTP").replace("    tls: {certificateRefs: [{name: edge-tls}]}\n", "")


def http_route(i, prefix="/"):
    """As an object, since YAML takes longer than all the rest."""
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": f"r-{i}", "namespace": "shop", "generation": 1},
            "spec": {"parentRefs": [{"name": "front", "namespace": "edge"}], "hostnames": [f"r-{i}.example.com"], "rules": [
                {"matches": [{"path": {"type": "PathPrefix", "value": prefix}}],
                 "filters": [{"type": "ExtensionRef", "extensionRef": {"group": "gateway.pomerium.io", "kind": "PolicyFilter", "name": "staff"}}],
                 "backendRefs": [{"name": "web", "port": 80}]}]}}


def patches(api, plural):
    return [r for r in api.asked(plural, "write")]


def attached(api):
    return api.objects["gateways"]["edge/front"].get("status", {}).get("listeners", [{}])[0].get("attachedRoutes")


@pytest.fixture
def api(tmp_path):
    with FakeApi(tmp_path) as a:
        for text in (CLASS, HTTP, FILTER, SERVICE):
            a.apply_yaml(text)
        yield a


def test_one_of_many_changes(sluice, tmp_path, api):
    for i in range(N):
        api.apply(http_route(i))
    with Databroker(tmp_path) as d, Up(sluice, tmp_path / "up", tmp_path / "in", d, cluster=api) as p:
        wait_for(lambda: f"{len(patches(api, 'httproutes'))} told\n{p.log()[-3000:]}", lambda: len(patches(api, "httproutes")) == N, 120)
        wait_for(lambda: f"{attached(api)} attached\n{p.log()[-3000:]}", lambda: attached(api) == N, 20)
        records, told, gateways = len(d.written()), len(patches(api, "httproutes")), len(patches(api, "gateways"))
        for k, i in enumerate((7, N // 2, N - 1), 1):
            changed = http_route(i, "/new")
            changed["metadata"]["generation"] = 2
            api.apply(changed)
            wait_for(p.log, lambda: len(patches(api, "httproutes")) == told + k)
            wait_for(p.log, lambda: len(d.written()) == records + k)
            assert d.written()[-1] == f"sluice/gateway/shop/r-{i}" and patches(api, "httproutes")[-1].name == f"shop/r-{i}"
        assert len(patches(api, "gateways")) == gateways, "the Gateway is told nothing, since nothing of it has changed"


def test_routes_are_counted_every_five_seconds(sluice, tmp_path, api):
    with Databroker(tmp_path) as d, Up(sluice, tmp_path / "up", tmp_path / "in", d, cluster=api) as p:
        wait_for(p.log, lambda: attached(api) == 0, 20)
        for i in range(120):
            api.apply(http_route(i))
            time.sleep(0.1)  # a route comes every now and then
        wait_for(p.log, lambda: attached(api) == 120, 20)
        when = [r.when for r in patches(api, "gateways")]
        assert len(when) <= 5 and all(b - a > 4.9 for a, b in zip(when[1:], when[2:])), when


def test_two_controllers(sluice, tmp_path):
    """Each writes its own entry of status.parents again and again, and loses nothing of the other's."""
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.install_crds()
        cluster.install_gateway_api()
        for text in (CLASS, HTTP, FILTER, SERVICE, route("one")):
            cluster.apply_yaml(text)
        where = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/one"
        lost, stop = [], threading.Event()

        def other():
            n = 0
            while not stop.is_set():
                _, now = cluster.call("GET", where)
                entries = now.get("status", {}).get("parents", [])
                theirs = [e for e in entries if e["controllerName"] == "example.com/other"]
                if n and [e["conditions"][0]["message"] for e in theirs] != [str(n)]:
                    lost.append((n, theirs))
                entry = {"controllerName": "example.com/other", "parentRef": {"name": "theirs"}, "conditions": [
                    {"type": "Accepted", "status": "True", "reason": "Accepted", "message": str(n + 1), "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
                now["status"] = {"parents": [e for e in entries if e not in theirs] + [entry]}
                if cluster.call("PUT", f"{where}/status", now)[0] == 200:
                    n += 1
            lost.append(n)
        thread = threading.Thread(target=other)
        with Databroker(tmp_path) as d, Up(sluice, tmp_path / "up", tmp_path / "in", d, cluster=cluster) as p:
            wait_for(p.log, lambda: accepted(cluster, "one"), 20)
            thread.start()
            end, generation = time.monotonic() + 60, 1
            while time.monotonic() < end:
                generation += 1
                cluster.apply_yaml(route("one", prefix=f"/{generation}"))
                wait_for(lambda: f"{parents(cluster, 'one')}\n{p.log()[-3000:]}", lambda: accepted(cluster, "one") == [("True", "Accepted", generation)], 20)
            stop.set()
            thread.join()
            assert lost[:-1] == [] and lost[-1] > 100 and generation > 20, (lost, generation)
            assert len(own(cluster, "one")) == 1 and len(parents(cluster, "one")) == 2
