"""The rooms as deploy/ runs them, with its accounts and no other right: all that they need, and what they say when one is taken away."""
import copy
import json

import pytest
from cluster import Cluster
from databroker import Databroker, merge, new_secret
from pipeline import app, translate, wait_for
from pod import Kubelet, possible
from test_deploy import APPLY, DEPLOY, kube, rendered

pytestmark = pytest.mark.skipif(not possible(), reason="no mounts of our own here (unshare --mount is refused)")
SETTINGS = "/apis/ingress.pomerium.io/v1/pomerium/global"
BAD = "ingress.pomerium.io/policy: '[{\"allow\":{\"maybe\":[]}}]'"
SECRET = new_secret()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        kube(c, *APPLY, "-k", DEPLOY / "crds")
        kube(c, "wait", "--for=condition=Established", "crd/pomerium.ingress.pomerium.io")
        kube(c, *APPLY, "-k", DEPLOY / "base")
        yield c


@pytest.fixture(scope="module")
def databroker(tmp_path_factory):
    with Databroker(tmp_path_factory.mktemp("databroker"), secret=SECRET) as d:
        yield d


@pytest.fixture(scope="module")
def pod(cluster, databroker, build, tmp_path_factory):
    """What the base runs; the databroker is there before it, as after a restart of the pod."""
    cluster.apply_yaml(f"{{apiVersion: v1, kind: Secret, metadata: {{name: bootstrap, namespace: pomerium}}, data: {{shared_secret: {SECRET}, cookie_secret: {SECRET}}}}}")
    cluster.apply_yaml("{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: global}, spec: {secrets: pomerium/bootstrap}}")
    cluster.apply_yaml(app("first"))
    with Kubelet(cluster, build, tmp_path_factory.mktemp("kubelet"), lambda config: None, env={"publisher": {"SHARED_SECRET": SECRET}}) as k:
        k.ports[5443] = databroker.port
        pod = k.run("sluice")
        pod.wait_ready()
        yield pod


def stored(sluice, cluster, databroker, tmp, log):
    _, want, _ = translate(sluice, cluster.dump(tmp / "dump"))
    databroker.settled(merge([json.loads(want)]), 20, log)


def messages(cluster, namespace):
    return [e["message"] for e in cluster.call("GET", f"/api/v1/namespaces/{namespace}/events")[1]["items"]]


def test_the_accounts_are_enough(sluice, cluster, databroker, pod, tmp_path):
    stored(sluice, cluster, databroker, tmp_path, pod.log)
    entry = lambda: cluster.call("GET", SETTINGS)[1].get("status", {}).get("ingress", {}).get("shop/first", {})
    wait_for(pod.log, lambda: entry().get("reconciled"), 20)
    wait_for(pod.log, lambda: "updated pomerium configuration" in messages(cluster, "shop"))
    wait_for(pod.log, lambda: "shop/first: config updated" in messages(cluster, "default"))
    assert "forbidden" not in pod.log() and "cannot" not in pod.log(), pod.log()


# ---- one right less ----

def rights():
    """(role, API group, resource, verb) of all that base/rbac.yaml gives, but `list`: this API server streams lists, which asks for
    `watch` alone; and but those of the publisher on the Pomerium object, see test_report.py."""
    for o in rendered("base"):
        if o["kind"] == "ClusterRole":
            for rule in o["rules"]:
                for resource in rule["resources"]:
                    if o["metadata"]["name"] == "sluice-writer" and resource != "events":
                        continue
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


@pytest.mark.parametrize("role,group,resource,verb", rights())
def test_a_right_that_is_taken_away_is_named(cluster, databroker, pod, role, group, resource, verb):
    room = {"sluice-reader": "watcher", "sluice-writer": "publisher"}[role]
    log = lambda: [l for l in pod.log().split("\n") if l not in before]
    cluster.apply(without(role, resource, verb))
    try:
        wait_for("the right is gone", lambda: not may(cluster, role, group, resource, verb))
        before = set(pod.log().split("\n"))
        pod.restart(room)
        n, n_writes = 0, len(databroker.writes())

        def named():
            nonlocal n
            n += 1
            if room == "publisher":  # something to tell
                cluster.apply_yaml(app("told", annotations=BAD if n % 2 else ""))
            return [l for l in log() if f"cannot {verb} resource" in l or resource == "secrets" and f'must allow \\"{verb}\\"' in l]
        wait_for(log, named, 20)
        # the rest goes on
        cluster.apply_yaml(app("first", f"10.1.{len(resource)}.{len(verb)}", annotations=f"ingress.pomerium.io/timeout: {len(resource)}{len(verb)}s"))
        wait_for(pod.log, lambda: "sluice/ingress/shop/first" in databroker.written(n_writes))
    finally:
        cluster.apply(next(o for o in rendered("base") if o["kind"] == "ClusterRole" and o["metadata"]["name"] == role))
        wait_for("the right is back", lambda: may(cluster, role, group, resource, verb))
        pod.restart(room)
        pod.wait_ready()

