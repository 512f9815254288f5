"""The rooms as deploy/ runs them, with its accounts and no other right: all that they need, and what they say when one is taken away."""
import copy
import json
import re
import socket

import pytest
import yaml
from cluster import Cluster
from databroker import Databroker, merge, new_secret
from pipeline import app, translate, wait_for
from pod import Kubelet, possible
from test_deploy import APPLY, DEPLOY, kube, rendered
from test_keep_token import claims
from web import ask

pytestmark = pytest.mark.skipif(not possible(), reason="no mounts of our own here (unshare --mount is refused)")
SETTINGS = "/apis/ingress.pomerium.io/v1/pomerium/global"
BAD = "ingress.pomerium.io/policy: '[{\"allow\":{\"maybe\":[]}}]'"
REJECTED = '"msg":"rejected"'
SECRET = new_secret()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        kube(c, *APPLY, "-k", DEPLOY / "crds")
        kube(c, "wait", "--for=condition=Established", "crd/pomerium.ingress.pomerium.io")
        kube(c, *APPLY, "-k", DEPLOY / "overlays/web")
        yield c


@pytest.fixture(scope="module")
def databroker(tmp_path_factory):
    """In place of Pomerium's; it starts when Pomerium would."""
    d = Databroker(tmp_path_factory.mktemp("databroker"), secret=SECRET)
    yield d
    d.stop()


@pytest.fixture(scope="module")
def pod(cluster, databroker, build, tmp_path_factory):
    """What the base runs, and the page."""
    cluster.apply_yaml(f"{{apiVersion: v1, kind: Secret, metadata: {{name: bootstrap, namespace: pomerium}}, data: {{shared_secret: {SECRET}, cookie_secret: {SECRET}}}}}")
    cluster.apply_yaml("{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: global}, spec: {secrets: pomerium/bootstrap}}")
    cluster.apply_yaml(app("first"))

    def pomerium(config):
        assert re.search('^shared_secret: "(.*)"$', config.read_text(), re.M)[1] == SECRET
        databroker.start()

    with Kubelet(cluster, build, tmp_path_factory.mktemp("kubelet"), pomerium) as k:
        k.ports[5443] = databroker.port
        pod = k.run("sluice")
        pod.wait_ready()
        yield pod


def stored(sluice, cluster, databroker, tmp, log):
    _, want, _ = translate(sluice, cluster.dump(tmp / "dump"))
    databroker.settled(merge([json.loads(want)]), 20, log)


def messages(cluster, namespace):
    return [e["message"] for e in cluster.call("GET", f"/api/v1/namespaces/{namespace}/events")[1]["items"]]


def give_address(cluster, ip):
    """As the load balancer of the proxy's Service would."""
    cluster.call("PATCH", "/api/v1/namespaces/pomerium/services/pomerium-proxy/status", {"status": {"loadBalancer": {"ingress": [{"ip": ip}]}}},
                 content_type="application/merge-patch+json")


def test_the_accounts_are_enough(sluice, cluster, databroker, pod, tmp_path):
    stored(sluice, cluster, databroker, tmp_path, pod.log)
    entry = lambda: cluster.call("GET", SETTINGS)[1].get("status", {}).get("ingress", {}).get("shop/first", {})
    wait_for(pod.log, lambda: entry().get("reconciled"), 20)
    wait_for(pod.log, lambda: "updated pomerium configuration" in messages(cluster, "shop"))
    wait_for(pod.log, lambda: "shop/first: config updated" in messages(cluster, "default"))
    give_address(cluster, "192.0.2.1")
    ingress = lambda: cluster.call("GET", "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/first")[1]
    wait_for(pod.log, lambda: ingress()["status"]["loadBalancer"].get("ingress") == [{"ip": "192.0.2.1"}])
    assert not re.search("forbidden|cannot report|unavailable", pod.log()), pod.log()
    for volume, account in ("reader", "sluice-reader"), ("writer", "sluice-writer"):
        token = claims((pod.volumes[volume] / "token").read_text())
        assert token["sub"] == f"system:serviceaccount:pomerium:{account}" and token["exp"] - token["iat"] < 3700, "every token has an end"


def test_the_page_sees_all_processes(pod):
    port = pod.kubelet.ports[8088]
    routes = lambda: json.loads(ask(port, "/api/routes")[2] or "{}").get("rows", [])
    wait_for(pod.log, lambda: [row["state"] for row in routes() if row["name"] == "first"] == ["served"], 20)
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        text = ""
        while text.count("event: figures") < 3:
            text += s.recv(65536).decode()
    assert all(f'"room":"{room}"' in text for room in ("watcher", "resolver", "translator", "publisher"))


# ---- one right less ----

def rights():
    """(role, API group, resource, verb) of all that base/rbac.yaml gives, but `list`: this API server streams lists, which asks for
    `watch` alone. Read without kubectl, which is not built to collect tests."""
    for o in yaml.safe_load_all((DEPLOY / "base/rbac.yaml").read_text()):
        if o["kind"] == "ClusterRole":
            for rule in o["rules"]:
                for resource in rule["resources"]:
                    for verb in sorted(set(rule["verbs"]) - {"list"}):
                        yield o["metadata"]["name"], rule["apiGroups"][0], resource, verb


def without(name, resource, verb):
    role = copy.deepcopy(next(o for o in rendered("base") if o["kind"] == "ClusterRole" and o["metadata"]["name"] == name))
    rules = [{**rule, "resources": [r]} for rule in role["rules"] for r in rule["resources"]]
    role["rules"] = [{**rule, "verbs": [v for v in rule["verbs"] if (rule["resources"][0], v) != (resource, verb)]} for rule in rules]
    role["rules"] = [rule for rule in role["rules"] if rule["verbs"]]
    return role


def may(cluster, account, group, resource, verb):
    resource, _, sub = resource.partition("/")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
              "spec": {"user": f"system:serviceaccount:pomerium:{account}",
                       "resourceAttributes": {"group": group, "resource": resource, "subresource": sub, "verb": verb, "namespace": "shop"}}}
    return cluster.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)[1]["status"]["allowed"]


def documented(resource, verb):
    """What docs/operation.md says that the log has for this right."""
    section = re.search("^## Rights\n(.*?)^## ", (DEPLOY.parent / "docs/operation.md").read_text(), re.M | re.S)[1]
    (row,) = [cells for cells in re.findall(r"^\| (.*?) \| (.*?) \|", section, re.M) if {f"`{verb}`", f"`{resource}`"} <= set(re.findall("`[^`]*`", cells[0]))]
    texts = re.findall("`([^`]*)`", row[1])
    return texts if (resource, verb) == ("secrets", "get") else [*texts, f'cannot {verb} resource "{resource}"']


def lines_with(log, texts):
    return [l for l in log.split("\n") if l.startswith("{") and all(t in " ".join(json.loads(l).values()) for t in texts)]


@pytest.mark.parametrize("role,group,resource,verb", [*rights()])
def test_a_right_that_is_taken_away_is_named(cluster, databroker, pod, role, group, resource, verb):
    room = {"sluice-reader": "watcher", "sluice-writer": "publisher"}[role]
    cluster.apply(without(role, resource, verb))
    try:
        wait_for("the right is gone", lambda: not may(cluster, role, group, resource, verb))
        before = set(pod.log().split("\n"))
        log = lambda: "\n".join(l for l in pod.log().split("\n") if l not in before)
        named = lambda: lines_with(log(), documented(resource, verb))
        pod.restart(room)
        if resource == "ingresses/status":
            give_address(cluster, "192.0.2.2")
        for n in range(20):  # the publisher has something to tell: good, and rejected
            if room == "publisher":
                n_writes, n_rejected = len(databroker.writes()), log().count(REJECTED)
                cluster.apply_yaml(app("told", annotations=BAD if n % 2 else f"ingress.pomerium.io/timeout: {1 + n_writes}s"))
                wait_for(pod.log, lambda: named() or (log().count(REJECTED) > n_rejected if n % 2 else "sluice/ingress/shop/told" in databroker.written(n_writes)))
            if room == "watcher" or named():
                break
        wait_for(log, named)
        # the rest goes on
        n_writes = len(databroker.writes())
        cluster.apply_yaml(app("first", f"10.1.{len(resource)}.{len(verb)}", annotations=f"ingress.pomerium.io/timeout: {len(resource)}{len(verb)}s"))
        wait_for(pod.log, lambda: "sluice/ingress/shop/first" in databroker.written(n_writes))
        assert room == "watcher" or len(named()) == 1, f"said once: {named()}"
    finally:
        cluster.apply(next(o for o in rendered("base") if o["kind"] == "ClusterRole" and o["metadata"]["name"] == role))
        wait_for("the right is back", lambda: may(cluster, role, group, resource, verb))
        pod.restart(room)
        pod.wait_ready()
