"""Where Pomerium is reached, in the status of Ingresses, on a real API server."""
import os
import signal
import threading
import time

import pytest
import web
from cluster import Cluster, ClusterPipeline
from databroker import Databroker, Up
from pipeline import CLASS, app, wait_for
from test_cluster import service_account
from test_report import BAD, SETTINGS, events, ours, status

FOREIGN = CLASS.replace("{name: pomerium}", "{name: other}").replace("pomerium.io/ingress-controller", "example.com/other")
PORTS = [{"port": 443, "protocol": "TCP"}, {"port": 80, "protocol": "TCP"}]
FROM_SERVICE = ("--update-status-from-service", "pomerium/proxy")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        c.install_crds()
        c.apply_yaml(CLASS + "---\n" + FOREIGN)
        c.apply_yaml(SETTINGS.read_text())
        yield c


@pytest.fixture(autouse=True)
def clean(cluster):
    yield
    for namespace in "shop", "tenant", "pomerium":
        for path in "/apis/networking.k8s.io/v1/namespaces/{}/ingresses", "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices":
            cluster.call("DELETE", path.format(namespace))
        _, answer = cluster.call("GET", f"/api/v1/namespaces/{namespace}/services")
        for service in answer["items"]:
            cluster.delete({**service, "kind": "Service"})


def ingress(cluster, name, namespace="shop"):
    return cluster.call("GET", f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}")[1]


def says(cluster, name, namespace="shop"):
    return ingress(cluster, name, namespace)["status"]["loadBalancer"].get("ingress", [])


def write_status(cluster, name, addresses, namespace="shop"):
    """As another controller would."""
    return cluster.call("PATCH", f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}/status",
                        {"status": {"loadBalancer": {"ingress": addresses}}}, content_type="application/merge-patch+json")


def service(cluster, kind, addresses=None, **spec):
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "proxy", "namespace": "pomerium"},
            "spec": {"type": kind, "ports": [{"port": 443}] if kind != "ExternalName" else None, **spec}}
    cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pomerium"}})
    cluster.call("DELETE", "/api/v1/namespaces/pomerium/services/proxy")
    wait_for("the old one is gone", lambda: cluster.call("GET", "/api/v1/namespaces/pomerium/services/proxy")[0] == 404)
    made = cluster.apply(body)
    if addresses:
        set_addresses(cluster, addresses)
    return made


def set_addresses(cluster, addresses):
    status, answer = cluster.call("PATCH", "/api/v1/namespaces/pomerium/services/proxy/status", {"status": {"loadBalancer": {"ingress": addresses}}},
                                  content_type="application/merge-patch+json")
    assert status == 200, answer


def complaints(p):
    return [line for line in p.log().split("\n") if "no address for the status" in line]


def test_from_a_service(sluice, cluster, tmp_path):
    for name in "one", "two":
        cluster.apply_yaml(app(name))
    cluster.apply_yaml(app("bad", annotations=BAD))
    cluster.apply_yaml(app("foreign").replace("ingressClassName: pomerium", "ingressClassName: other"))
    everybody = ("one", "two", "bad", "foreign")
    with ClusterPipeline(sluice, tmp_path, cluster, *FROM_SERVICE) as p:
        all_say = lambda want, *names: wait_for(lambda: f"{[says(cluster, n) for n in names]}\n{p.log()[-3000:]}",
                                                lambda: all(says(cluster, n) == want for n in names))
        p.settled()
        wait_for(p.log, lambda: complaints(p))
        assert "is not there" in complaints(p)[0] and "pomerium/proxy" in complaints(p)[0]

        first = [{"ip": "203.0.113.7", "hostname": "lb.example.com", "ports": PORTS}]
        service(cluster, "LoadBalancer", [{**first[0], "ipMode": "VIP"}])
        all_say(first, "one", "two")
        second = [{"ip": "203.0.113.8"}, {"hostname": "lb.example.com"}]
        set_addresses(cluster, second)
        all_say(second, "one", "two")
        node = service(cluster, "NodePort")
        all_say([{"ip": node["spec"]["clusterIP"]}], "one", "two")
        cluster.apply_yaml(app("late"))
        all_say([{"ip": node["spec"]["clusterIP"]}], "late")

        # What is no address changes nothing, and is said once.
        n = len(complaints(p))
        service(cluster, "ExternalName", externalName="example.com")
        wait_for(p.log, lambda: [c for c in complaints(p)[n:] if "of type ExternalName" in c])
        cluster.apply_yaml(app("later"))
        p.settled()
        cluster.call("DELETE", "/api/v1/namespaces/pomerium/services/proxy")
        cluster.apply_yaml(app("latest"))
        p.settled()
        assert [says(cluster, n) for n in ("one", "two", "late", "later", "latest")] == 3 * [[{"ip": node["spec"]["clusterIP"]}]] + 2 * [[]]
        assert len(complaints(p)) <= n + 3

        # Mended, it gets the address too; our own patches come back to us and mean nothing.
        service(cluster, "LoadBalancer", second)
        cluster.apply_yaml(app("bad"))
        all_say(second, "one", "two", "late", "later", "latest", "bad")
        assert says(cluster, "foreign") == []
        p.settled()
        quiet = [ingress(cluster, n)["metadata"]["resourceVersion"] for n in everybody]
        told = {e["metadata"]["name"]: e["count"] for e in ours(cluster)}
        set_addresses(cluster, first)
        all_say(first, "one", "two", "late", "later", "latest", "bad")
        cluster.apply_yaml(app("behind"))  # whatever its patches caused comes before this one
        all_say(first, "behind")
        assert {k: v for k, v in ((e["metadata"]["name"], e["count"]) for e in ours(cluster)) if k in told} == told
        for name, before in zip(everybody, quiet):
            assert (ingress(cluster, name)["metadata"]["resourceVersion"] == before) == (name == "foreign")

        # Who is given to another class keeps what it has, and the Pomerium object says why it went.
        cluster.apply_yaml(app("two").replace("ingressClassName: pomerium", "ingressClassName: other"))
        wait_for(p.log, lambda: any("shop/two: deleted: IngressClass other" in e["message"] for e in ours(cluster)))
        set_addresses(cluster, second)
        all_say(second, "one", "late", "later", "latest", "bad", "behind")
        assert says(cluster, "two") == first and says(cluster, "foreign") == []
    with ClusterPipeline(sluice, tmp_path, cluster, *FROM_SERVICE) as p:  # a restart changes nothing
        quiet = {n: ingress(cluster, n)["metadata"]["resourceVersion"] for n in ("one", "bad")}
        cluster.apply_yaml(app("new"))
        wait_for(p.log, lambda: says(cluster, "new") == second)
        assert {n: ingress(cluster, n)["metadata"]["resourceVersion"] for n in quiet} == quiet


class Quarrel(threading.Thread):
    """Another controller that wants something else, at once, whenever we have our way."""

    def __init__(self, cluster, name):
        super().__init__(daemon=True)
        self.cluster, self.name_of, self.turns, self.stopping = cluster, name, [], threading.Event()

    def run(self):
        while not self.stopping.wait(0.02):
            if says(self.cluster, self.name_of) != [{"ip": "192.0.2.1"}]:
                write_status(self.cluster, self.name_of, [{"ip": "192.0.2.1"}])
                self.turns.append(time.monotonic())


def test_fixed_addresses_and_a_quarrel(sluice, cluster, tmp_path):
    for name in "one", "contested":
        cluster.apply_yaml(app(name))
    write_status(cluster, "one", [{"ip": "192.0.2.1"}])
    want = [{"ip": "203.0.113.7"}, {"ip": "2001:db8::1"}, {"hostname": "lb.example.com"}]
    with ClusterPipeline(sluice, tmp_path, cluster, "--status-address", "203.0.113.7,2001:db8::1", "--status-address=lb.example.com") as p:
        wait_for(p.log, lambda: says(cluster, "one") == want and says(cluster, "contested") == want)
        written = p.out.stat().st_mtime_ns
        write_status(cluster, "one", None)
        wait_for(p.log, lambda: says(cluster, "one") == want)
        quarrel = Quarrel(cluster, "contested")
        quarrel.start()
        wait_for("four turns", lambda: len(quarrel.turns) >= 4, 20)
        quarrel.stopping.set()
        quarrel.join()
        waits = [b - a for a, b in zip(quarrel.turns, quarrel.turns[1:])]
        assert waits[1] > 0.9 and waits[2] > 1.8, waits
        wait_for(p.log, lambda: says(cluster, "contested") == want, 20)
        assert p.out.stat().st_mtime_ns == written
        assert not any("fail" in line or "cannot report" in line for line in p.log().split("\n"))


def requests(p, code=None):
    """That its publisher has sent to the API server, all or those of one class of answers."""
    (pid,) = p.children("publisher")
    series = web.metrics(web.socket_file(p.run_dir, "publisher", pid))
    return sum(n for s, n in series.items() if s.startswith("sluice_publisher_api_requests_total") and (not code or f'"{code}"' in s))


def test_an_ingress_made_anew_under_the_name(sluice, cluster, tmp_path):
    """The patch is meant for the one that is gone: the API server refuses it, and it is not sent again and again."""
    cluster.apply_yaml(app("anew"))
    where = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/anew"
    want = [{"ip": "203.0.113.7"}]
    with ClusterPipeline(sluice, tmp_path, cluster, "--status-address", "203.0.113.7") as p:
        for turn in range(3):  # the third patch comes after two seconds
            wait_for(p.log, lambda: says(cluster, "anew") == want, 20)
            write_status(cluster, "anew", [{"ip": "192.0.2.1"}])
        cluster.apply_yaml(app("marker"))  # who knows this one has heard of the last write
        wait_for(p.log, lambda: says(cluster, "marker") == want)
        assert says(cluster, "anew") == [{"ip": "192.0.2.1"}]
        (watcher,) = p.children("watcher")
        os.kill(watcher, signal.SIGSTOP)
        try:
            refused = requests(p, "4xx")
            assert cluster.call("DELETE", where)[0] == 200
            cluster.apply_yaml(app("anew"))
            wait_for(p.log, lambda: requests(p, "4xx") > refused)
            assert says(cluster, "anew") == []
            sent = requests(p)
        finally:
            os.kill(watcher, signal.SIGCONT)
        wait_for(p.log, lambda: says(cluster, "anew") == want, 20)
        assert requests(p) <= sent + 8 and requests(p, "4xx") <= refused + 2


def kill_all(p):
    for pid in (p.process.pid, *p.children()):
        os.kill(pid, signal.SIGKILL)
    p.process.wait()


def test_two_replicas_of_which_one_tells(sluice, cluster, tmp_path):
    cluster.apply_yaml(app("both-see"))
    cluster.apply_yaml(app("both-bad", annotations=BAD))
    args, want = ("--lease-duration", "2s", "--status-address", "203.0.113.7"), [{"ip": "203.0.113.7"}]

    def wait_until_told(name, p, reason="Updated"):
        for about in f"shop/{name}", "global":
            wait_for(lambda: f"{about} {requests(p)} {events(cluster)}\n{p.log()[-3000:]}",
                     lambda: any(e[0] == about and e[2] == reason and name in (e[0] + e[3]) for e in events(cluster)), 20)
        wait_for(p.log, lambda: f"shop/{name}" in status(cluster).get("ingress", {}), 20)

    with Databroker(tmp_path / "databroker") as d, Up(sluice, tmp_path / "a", None, d, *args, cluster=cluster) as a, \
            Up(sluice, tmp_path / "b", None, d, *args, cluster=cluster) as b:
        wait_until_told("both-see", a)
        wait_until_told("both-bad", a, "UpdateError")
        wait_for(a.log, lambda: says(cluster, "both-see") == want)
        wait_for(b.log, lambda: all("everybody has arrived" in p.log() for p in (a, b)))
        leader, other = (a, b) if requests(a) else (b, a)
        assert requests(leader) and not requests(other)
        before = {e["metadata"]["name"]: e["count"] for e in ours(cluster)}
        kill_all(leader)
        cluster.apply_yaml(app("nobody-told"))
        wait_until_told("nobody-told", other)
        wait_for(other.log, lambda: says(cluster, "nobody-told") == want)
        assert requests(other)
        assert {k: n for k, n in ((e["metadata"]["name"], e["count"]) for e in ours(cluster)) if k in before} == before
        assert says(cluster, "both-see") == want and says(cluster, "both-bad") == []

        leader.__enter__()  # it comes back, and is silent
        wait_for(leader.log, lambda: leader.log().count("everybody has arrived") == 2, 20)
        cluster.apply_yaml(app("both-bad"))
        wait_until_told("both-bad", other)
        wait_for(other.log, lambda: says(cluster, "both-bad") == want)
        assert not requests(leader)


def test_a_namespace_with_only_a_role(sluice, cluster, tmp_path):
    """The Service is outside of what is watched, and may be read by its name only."""
    cluster.apply_yaml(app("mine", namespace="tenant"))
    service(cluster, "LoadBalancer", [{"ip": "203.0.113.9"}])
    rules = {"tenant": [{"apiGroups": ["", "networking.k8s.io", "discovery.k8s.io"], "resources": ["ingresses", "services", "endpointslices", "secrets"],
                         "verbs": ["get", "list", "watch"]}, {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
                        {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses/status"], "verbs": ["patch"]}],
             "pomerium": [{"apiGroups": [""], "resources": ["services"], "resourceNames": ["proxy"], "verbs": ["get", "list", "watch"]}]}
    bind = lambda namespace: cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "us", "namespace": namespace},
                                            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "us"},
                                            "subjects": [{"kind": "ServiceAccount", "name": "us", "namespace": "tenant"}]})
    for namespace, what in rules.items():
        cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "us", "namespace": namespace}, "rules": what})
    token = service_account(cluster, "tenant", "us", "Role", "us")
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "classes"},
                   "rules": [{"apiGroups": ["networking.k8s.io", "ingress.pomerium.io"], "resources": ["ingressclasses", "pomerium"], "verbs": ["get", "list", "watch"]}]})
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "classes"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "classes"},
                   "subjects": [{"kind": "ServiceAccount", "name": "us", "namespace": "tenant"}]})
    with ClusterPipeline(sluice, tmp_path, cluster, "--namespaces", "tenant", *FROM_SERVICE, kubeconfig=cluster.kubeconfig(token, "us.kubeconfig")) as p:
        p.settled(args=("--namespaces", "tenant"))
        wait_for(p.log, lambda: complaints(p))  # it may not be read yet; nobody suffers
        cluster.apply_yaml(app("more", namespace="tenant"))
        p.settled(args=("--namespaces", "tenant"))
        bind("pomerium")
        wait_for(p.log, lambda: says(cluster, "mine", "tenant") == [{"ip": "203.0.113.9"}] == says(cluster, "more", "tenant"), 40)
        set_addresses(cluster, [{"ip": "203.0.113.10"}])
        wait_for(p.log, lambda: says(cluster, "mine", "tenant") == [{"ip": "203.0.113.10"}])
        told = lambda: [e for e in ours(cluster) if e["involvedObject"].get("namespace") == "tenant" and e["reason"] == "Updated"]
        wait_for(p.log, lambda: len(told()) == 2)  # though it may not speak of the Pomerium object
        assert len([line for line in p.log().split("\n") if "what=events" in line]) == 1
