"""deploy/ on a real API server, with the client that its users have."""
import functools
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml
from cluster import Cluster, kubectl

ROOT = pathlib.Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
FOLDERS = ["crds", "base"] + sorted(f"overlays/{p.name}" for p in (DEPLOY / "overlays").iterdir())
APPLY = ("apply", "--server-side", "--validate=strict")
ISSUER = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: issuers.cert-manager.io}
spec:
  group: cert-manager.io
  names: {kind: Issuer, listKind: IssuerList, plural: issuers, singular: issuer}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One for all, with the kinds of deploy/crds and those that the demo borrows."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        kube(c, *APPLY, "-k", DEPLOY / "crds")
        c.apply_yaml(ISSUER)
        for name in "crd/pomerium.ingress.pomerium.io", "crd/policyfilters.gateway.pomerium.io", "crd/issuers.cert-manager.io":
            kube(c, "wait", "--for=condition=Established", name)
        yield c


def kube(cluster, *args, **more):
    """What kubectl prints; a warning is a failure."""
    done = subprocess.run([kubectl(), *map(str, args)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig()), "HOME": str(cluster.tmp)}, **more)
    assert done.returncode == 0 and "Warning" not in done.stderr, f"kubectl {args}\n{done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def rendered(folder):
    return [o for o in yaml.safe_load_all(subprocess.run([kubectl(), "kustomize", DEPLOY / folder], capture_output=True, check=True).stdout) if o]


def versions(cluster, *source):
    items = json.loads(kube(cluster, "get", *source, "-o", "json"))["items"]
    return {(i["kind"], i["metadata"].get("namespace"), i["metadata"]["name"]): i["metadata"]["resourceVersion"] for i in items}


# ---- the API server takes every manifest ----

@pytest.mark.parametrize("folder", FOLDERS)
def test_a_second_apply_changes_nothing(cluster, folder):
    kube(cluster, *APPLY, "-k", DEPLOY / folder)
    before = versions(cluster, "-k", DEPLOY / folder)
    assert len(before) == len(rendered(folder))
    kube(cluster, *APPLY, "-k", DEPLOY / folder)
    assert versions(cluster, "-k", DEPLOY / folder) == before


def test_the_demo_is_accepted(cluster):
    for name in "pomerium", "production":
        cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    kube(cluster, *APPLY, "-f", DEPLOY / "demo")
    before = versions(cluster, "-f", DEPLOY / "demo")
    assert before
    kube(cluster, *APPLY, "-f", DEPLOY / "demo")
    assert versions(cluster, "-f", DEPLOY / "demo") == before
    kube(cluster, "delete", "-f", DEPLOY / "demo", "--wait=false")


# ---- what the manifests say is what the binaries know ----

def ours(folder):
    """(where, container) of every container of our image."""
    for o in rendered(folder):
        if o["kind"] == "Deployment":
            spec = o["spec"]["template"]["spec"]
            for container in spec.get("initContainers", []) + spec["containers"]:
                if container["image"].startswith("sluice:"):
                    yield f"{folder}: {o['metadata']['name']}/{container['name']}", container


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_the_publisher_starts_last(folder):
    """It has started once there is a configuration for Pomerium, which takes all the others."""
    pod = next(o for o in rendered(folder) if o["kind"] == "Deployment" and o["metadata"]["name"] == "sluice")["spec"]["template"]["spec"]
    names = [c["name"] for c in pod["initContainers"]]
    assert names[-1] == "publisher" and names[:2] == ["resolver", "watcher"]


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_the_binaries_know_every_flag(build, folder):
    found = list(ours(folder))
    assert len(found) == 4
    for where, container in found:
        program = container["command"][0]
        text = subprocess.run([build / program, "--help"], capture_output=True, text=True, check=True).stdout
        flags = set(re.findall(r"(?m)^ +(?:-., )?(--[a-z-]+)", text))
        names = {f.removeprefix("--").replace("-", "_").upper() for f in flags}  # each is an environment variable too
        words = container["command"][1:] + container.get("args", [])
        assert {w.split("=")[0] for w in words} <= flags, f"{where}: {program} does not know one of {words}"
        assert {e["name"] for e in container.get("env", [])} <= names, f"{where}: {program} does not know one of {container['env']}"
