"""The pipeline on a real API server: etcd and kube-apiserver on loopback."""
import base64
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml
from cluster import Cluster, ClusterPipeline
from pipeline import CLASS, Replay, app, read, wait_for

HERE = pathlib.Path(__file__).parent
LOAD = HERE.parent / "bench/load.py"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        c.install_crds()
        c.apply_yaml(CLASS)
        yield c


def objects(text):
    return [o for o in yaml.safe_load_all(text) if o]


def test_follows_the_cluster(sluice, cluster, tmp_path):
    cluster.apply_yaml(app("one", namespace="follow"))
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        assert b"one.example.com" in p.settled()
        cluster.apply_yaml(app("two", namespace="follow", address="10.0.0.2"))
        assert b"two.example.com" in p.settled()
        cluster.apply_yaml(app("two", namespace="follow", address="10.0.0.3"))
        assert b"10.0.0.3" in p.settled()
        for obj in objects(app("two", namespace="follow")):
            assert cluster.delete(obj) == 200
        assert b"two.example.com" not in p.settled()


def secret(name, namespace, **data):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "type": "Opaque",
            "data": {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}}


def test_secrets_are_fetched_when_referred_to_and_followed(sluice, cluster, tmp_path):
    cluster.apply_yaml(app("sec", namespace="secrets", annotations="ingress.pomerium.io/set_request_headers_secret: headers"))
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        wait_for("the missing Secret is named", lambda: "headers" in p.log() and "rejected" in p.log())
        cluster.apply(secret("headers", "secrets", X_One="first-value"))
        assert b"first-value" in p.settled()
        cluster.apply(secret("headers", "secrets", X_One="second-value"))
        assert b"second-value" in p.settled()
        cluster.delete(secret("headers", "secrets"))
        wait_for("rejected again, the last good stays", lambda: p.log().count("msg=rejected") >= 2)
        assert b"second-value" in read(p.out)
        cluster.apply(secret("headers", "secrets", X_One="third-value"))
        assert b"third-value" in p.settled()
        assert "first-value" not in p.log() and "third-value" not in p.log()
    for obj in objects(app("sec", namespace="secrets")):
        cluster.delete(obj)


def helm_release(i):
    return {"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "metadata": {"name": f"sh.helm.release.v1.r{i}.v1", "namespace": "helm"},
            "data": {"release": base64.b64encode(os.urandom(375_000)).decode()}}


def test_helm_releases_cost_nothing(sluice, cluster, tmp_path):
    cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "helm"}})
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        p.settled()
        before = p.memory_mb("watcher", "resolver")
        for i in range(500):
            cluster.apply(helm_release(i))
        cluster.apply_yaml(app("after-helm", namespace="follow"))
        wait_for("what comes after them", lambda: b"after-helm" in (read(p.out) or b""))
        assert p.memory_mb("watcher", "resolver") - before < 5
    with ClusterPipeline(sluice, tmp_path, cluster) as p:  # and at start
        wait_for("synced", lambda: b"after-helm" in (read(p.out) or b""))
        assert p.memory_mb("watcher", "resolver") - before < 5
    assert cluster.call("DELETE", "/api/v1/namespaces/helm/secrets")[0] == 200


def test_a_crd_that_is_installed_later(sluice, tmp_path):
    with Cluster(tmp_path / "cluster") as c:
        c.apply_yaml(CLASS)
        c.apply_yaml(app("one"))
        with ClusterPipeline(sluice, tmp_path, c) as p:
            p.settled()
            assert "not installed" in p.log()
            c.install_crds()
            c.apply_yaml((HERE.parent / "golden/cases/settings/minimal/input.yaml").read_text())
            p.settled(40)


def test_rbac_that_forbids_one_kind(sluice, cluster, tmp_path):
    rules = lambda *resources: [{"apiGroups": ["", "networking.k8s.io", "discovery.k8s.io", "ingress.pomerium.io"], "resources": list(resources),
                                 "verbs": ["get", "list", "watch"]}]
    role = lambda *resources: {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": rules(*resources)}
    token = service_account(cluster, "default", "reader", "ClusterRole", "reader")
    cluster.apply(role("ingresses", "ingressclasses", "services", "endpointslices", "pomerium"))
    cluster.apply_yaml(app("rbac", namespace="follow"))
    with ClusterPipeline(sluice, tmp_path, cluster, kubeconfig=cluster.kubeconfig(token, "reader.kubeconfig")) as p:
        wait_for(lambda: p.log()[-3000:], lambda: b"rbac.example.com" in (read(p.out) or b""))
        said = [l for l in p.log().split("\n") if "kind=secrets" in l and "cannot" in l]
        assert said and "forbidden" in said[0], p.log()[-2000:]
        cluster.apply_yaml(app("rbac", namespace="follow", address="10.8.8.8"))
        wait_for("the rest goes on", lambda: b"10.8.8.8" in (read(p.out) or b""))
        cluster.apply(role("ingresses", "ingressclasses", "services", "endpointslices", "pomerium", "secrets"))
        wait_for("the right is seen", lambda: "msg=synced kind=secrets" in p.log(), 30)


def service_account(cluster, namespace, name, kind, role):
    """A token of a ServiceAccount with one role, issued by the API server."""
    binding = "ClusterRoleBinding" if kind == "ClusterRole" else "RoleBinding"
    meta = {"name": name} if kind == "ClusterRole" else {"name": name, "namespace": namespace}
    cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": binding, "metadata": meta,
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
                   "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]})
    status, answer = cluster.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
                                  {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
    assert status == 201, answer
    return answer["status"]["token"]


def test_one_namespace_with_only_a_role(sluice, cluster, tmp_path):
    cluster.apply_yaml(app("mine", namespace="tenant"))
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant", "namespace": "tenant"},
                   "rules": [{"apiGroups": ["", "networking.k8s.io", "discovery.k8s.io"], "resources": ["ingresses", "services", "endpointslices", "secrets"],
                              "verbs": ["get", "list", "watch"]}]})
    token = service_account(cluster, "tenant", "tenant", "Role", "tenant")
    # classes and settings are cluster-scoped: one read-only grant of those two
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "classes"},
                   "rules": [{"apiGroups": ["networking.k8s.io", "ingress.pomerium.io"], "resources": ["ingressclasses", "pomerium"], "verbs": ["get", "list", "watch"]}]})
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "tenant-classes"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "classes"},
                   "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": "tenant"}]})
    with ClusterPipeline(sluice, tmp_path, cluster, "--namespaces", "tenant", "--report=false", kubeconfig=cluster.kubeconfig(token, "tenant.kubeconfig")) as p:
        p.settled(args=("--namespaces", "tenant"))
        assert b"mine.example.com" in read(p.out) and b"rbac.example.com" not in read(p.out)
        assert "forbidden" not in p.log()


class Traffic:
    """Random creates, changes and deletes of every kind, seeded."""

    def __init__(self, cluster, seed, n=40, namespace="random"):
        self.cluster, self.dice, self.n, self.namespace = cluster, random.Random(seed), n, namespace

    def step(self):
        dice, i = self.dice, self.dice.randrange(self.n)
        name = f"r{i}"
        what = dice.randrange(10)
        if what == 0:
            obj = dice.choice(objects(self.app(name)))
            self.cluster.delete(obj)
        elif what == 1:
            self.cluster.delete(secret(f"s{i}", self.namespace))
        elif what == 2:
            self.cluster.apply(secret(f"s{i}", self.namespace, X_Value=str(dice.random())))
        elif what == 3:
            self.cluster.apply({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": f"class-{i % 3}"},
                                "spec": {"controller": "example.com/other"}})
        elif what == 4:
            self.cluster.delete({"kind": "IngressClass", "metadata": {"name": f"class-{i % 3}"}})
        elif what == 5:
            self.cluster.apply({"apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"},
                                "spec": {"secrets": "random/bootstrap", "timeouts": {"read": f"{dice.randrange(1, 60)}s"}}})
        else:
            self.cluster.apply_yaml(self.app(name))

    def app(self, name):
        dice = self.dice
        annotations = f"ingress.pomerium.io/timeout: {dice.randrange(1, 90)}s"
        if dice.random() < 0.5:
            annotations += f"\ningress.pomerium.io/set_request_headers_secret: s{dice.randrange(self.n)}"
        if dice.random() < 0.1:
            annotations += "\ningress.pomerium.io/policy: '{maybe: 1}'"
        return app(name, f"10.{dice.randrange(250)}.0.1", annotations, namespace=self.namespace)


def test_2000_random_operations_under_kills_restarts_and_a_freeze(sluice, tmp_path):
    with Cluster(tmp_path / "cluster") as c:
        c.install_crds()
        c.apply_yaml(CLASS)
        c.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "random"}})
        c.apply(secret("bootstrap", "random", shared_secret="a" * 32, cookie_secret="b" * 32, signing_key="c"))
        traffic, dice = Traffic(c, seed=1), random.Random(2)
        with ClusterPipeline(sluice, tmp_path, c, "--record", str(tmp_path / "recording"), workers=2) as p:
            for i in range(2000):
                traffic.step()
                if i % 60 == 59:
                    p.kill(dice.choice(["watcher", "resolver", "translator", "publisher"]))
                if i in (700, 1400):
                    c.stop_api()
                    c.start_api()
                if i == 1000:
                    c.freeze_api()
                    time.sleep(40)  # the freeze itself, not a wait for anything
                    c.thaw_api()
            # every owner good at the end: last good ones are no part of a fresh translation
            for i in range(traffic.n):
                c.apply(secret(f"s{i}", "random", X_Value="end"))
                c.apply_yaml(app(f"r{i}", f"10.1.0.{i + 1}", f"ingress.pomerium.io/set_request_headers_secret: s{i}", namespace="random"))
            c.apply({"apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"}, "spec": {"secrets": "random/bootstrap"}})
            want = p.settled(45)
    with Replay(sluice, tmp_path / "replay", tmp_path / "recording") as p:
        p.played(60)
        # all of them have the same value, and all of their stand-ins are the same
        wait_for(lambda: p.log()[-2000:], lambda: re.sub(rb'("X_Value":)"[a-z]{3}"', rb'\1"end"', read(p.out) or b"") == want, 30)
        assert len(set(re.findall(rb'"X_Value":"([a-z]{3})"', read(p.out)))) == 1


def test_an_api_server_that_goes_away_and_comes_back(sluice, tmp_path):
    with Cluster(tmp_path / "cluster") as c:
        c.apply_yaml(CLASS)
        c.apply_yaml(app("one"))
        with ClusterPipeline(sluice, tmp_path, c) as p:
            good = p.settled()
            c.stop_api()
            wait_for("it is said", lambda: "API server" in p.log())
            for room in ("resolver", "publisher", "translator"):  # the world is kept even if others restart
                p.kill(room)
            wait_for("running again", lambda: len(p.children()) == 5)
            assert read(p.out) == good
            c.start_api()
            c.apply_yaml(app("two"))
            p.settled(45)


def test_a_store_that_was_restored(sluice, tmp_path):
    """resourceVersions go backwards: the watch must not wait for a future that was taken back."""
    with Cluster(tmp_path / "cluster") as c:
        c.apply_yaml(CLASS)
        c.apply_yaml(app("one"))
        rights = c.base_rights  # its account is in the backup
        c.stop_api()
        c.processes["etcd"].terminate()
        c.processes["etcd"].wait()
        shutil.copytree(c.tmp / "etcd", c.tmp / "backup")
        c.start_etcd()
        c.start_api()
        for i in range(200):
            c.apply_yaml(app("two", address=f"10.3.0.{i + 1}"))
        with ClusterPipeline(sluice, tmp_path, c, kubeconfig=rights) as p:
            assert b"two.example.com" in p.settled()
            c.stop_api()
            c.processes["etcd"].kill()
            c.processes["etcd"].wait()
            shutil.rmtree(c.tmp / "etcd")
            shutil.copytree(c.tmp / "backup", c.tmp / "etcd")
            c.start_etcd()
            c.start_api()
            assert b"two.example.com" not in p.settled(60)


def test_a_store_without_streaming_lists(sluice, tmp_path):
    etcd = shutil.which("etcd")
    if not etcd:
        pytest.skip("Debian's etcd-server is not installed")
    with Cluster(tmp_path / "cluster", etcd=etcd) as c:
        c.apply_yaml(CLASS)
        subprocess.run([sys.executable, LOAD, str(c.port), "sluice-test-admin", "600"], check=True, capture_output=True)
        with ClusterPipeline(sluice, tmp_path, c) as p:
            p.settled(30)
            assert "no streaming lists" in p.log()
            c.apply_yaml(app("after", namespace="bench-0"))
            assert b"after.example.com" in p.settled(30)


def test_kubeconfig_forms(sluice, cluster, tmp_path):
    """A token file, an exec plugin, several files, a CA and a server name."""
    cluster.apply_yaml(app("forms", namespace="follow"))
    ca = cluster.tmp / "certs/apiserver.crt"
    (tmp_path / "token").write_text("sluice-test-admin\n")
    plugin = tmp_path / "plugin.sh"
    plugin.write_text('#!/bin/sh\nprintf \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}\' "$T"\n')
    plugin.chmod(0o755)
    cluster_entry = f'{{server: "https://127.0.0.1:{cluster.port}", certificate-authority: {ca}, tls-server-name: kubernetes.default.svc}}'
    users = {"file": f"{{tokenFile: {tmp_path}/token}}",
             "exec": "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, env: [{name: T, value: sluice-test-admin}]}}"}
    (tmp_path / "clusters").write_text(f"apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {cluster_entry}}}]\n")
    for name, user in users.items():
        (tmp_path / "users").write_text(f"apiVersion: v1\nkind: Config\ncurrent-context: x\nusers: [{{name: u, user: {user}}}]\n"
                                        "contexts: [{name: x, context: {cluster: c, user: u}}]\n")
        out = tmp_path / f"{name}.json"
        done = subprocess.run([sluice, "up", "--once", "--kubeconfig", f"{tmp_path}/users:{tmp_path}/clusters", "--out", out, "--format", "json"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 1), done.stderr
        assert b"forms.example.com" in out.read_bytes(), done.stderr
