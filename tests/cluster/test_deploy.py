"""deploy/ on a real API server, with the client that its users have."""
import functools
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml
from cluster import Cluster, kubectl, podmonitor_crd

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
    """One for all, with the kinds of deploy/crds and those that the demo and an overlay borrow."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        kube(c, *APPLY, "-k", DEPLOY / "crds")
        c.apply_yaml(ISSUER)
        c.apply_yaml(podmonitor_crd())
        for name in "crd/pomerium.ingress.pomerium.io", "crd/policyfilters.gateway.pomerium.io", "crd/issuers.cert-manager.io", \
                "crd/podmonitors.monitoring.coreos.com":
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

PODS = ("Deployment", "StatefulSet")


def pomerium_pod(folder):
    """The template of the pod with Pomerium."""
    (pod,) = [o["spec"]["template"] for o in rendered(folder) if o["kind"] in PODS
              and o["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "pomerium"]
    return pod


def ours(folder):
    """(where, container) of every container of our image."""
    for o in rendered(folder):
        if o["kind"] in PODS:
            spec = o["spec"]["template"]["spec"]
            for container in spec.get("initContainers", []) + spec["containers"]:
                if container["image"].startswith("sluice:"):
                    yield f"{folder}: {o['metadata']['name']}/{container['name']}", container


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_the_publisher_starts_last(folder):
    """It has started once there is a configuration for Pomerium, which takes all the others."""
    pod = pomerium_pod(folder)["spec"]
    names = [c["name"] for c in pod["initContainers"]]
    assert names[-1] == "publisher" and names[:2] == ["resolver", "watcher"]


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_the_binaries_know_every_flag(build, folder):
    found = list(ours(folder))
    assert len(found) == 6 + (folder == "overlays/web")
    for where, container in found:
        program, *verb = container["command"]
        text = subprocess.run([build / program, *verb, "--help"], capture_output=True, text=True, check=True).stdout
        flags = set(re.findall(r"(?m)^ +(?:-., )?(--[a-z-]+)", text))
        names = {f.removeprefix("--").replace("-", "_").upper() for f in flags}  # each is an environment variable too
        words = container.get("args", [])
        assert {w.split("=")[0] for w in words} <= flags, f"{where}: {program} does not know one of {words}"
        assert {e["name"] for e in container.get("env", [])} <= names, f"{where}: {program} does not know one of {container['env']}"


# ---- the overlays say what they are for ----

def one(folder, kind, name):
    (found,) = [o for o in rendered(folder) if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


def variables(folder, container):
    spec = pomerium_pod(folder)["spec"]
    (found,) = [c for c in spec["initContainers"] + spec["containers"] if c["name"] == container]
    return {e["name"]: e.get("value", e.get("valueFrom")) for e in found.get("env", [])}


@pytest.mark.parametrize("folder,name,protocol,port,target", [("overlays/ssh", "ssh", "TCP", 4022, 4022), ("overlays/http3", "quic", "UDP", 443, 8443)])
def test_the_proxy_has_the_port(folder, name, protocol, port, target):
    """From the load balancer through the policy to the container."""
    (service,) = [p for p in one(folder, "Service", "pomerium-proxy")["spec"]["ports"] if p["name"] == name]
    assert (service["port"], service.get("protocol", "TCP"), service["targetPort"]) == (port, protocol, name)
    (container,) = [p for p in pomerium_pod(folder)["spec"]["containers"][0]["ports"] if p["name"] == name]
    assert (container["containerPort"], container.get("protocol", "TCP")) == (target, protocol)
    assert reaches(folder, ANYBODY, target, protocol) and not reaches("base", ANYBODY, target if name == "ssh" else 4022, protocol)
    assert len(one(folder, "Service", "pomerium-proxy")["spec"]["ports"]) == 1 + len(one("base", "Service", "pomerium-proxy")["spec"]["ports"])


def test_http3_switched_on_later_keeps_tcp(cluster, tmp_path):
    """As deploy/README.md says it."""
    said = re.search(r"`kubectl (apply --server-side[^`]*)`", (DEPLOY / "README.md").read_text())[1].split()
    ports = lambda: {(p["port"], p["protocol"]) for p in cluster.call("GET", "/api/v1/namespaces/pomerium/services/pomerium-proxy")[1]["spec"]["ports"]}
    kube(cluster, *APPLY, "-k", DEPLOY / "base")
    kube(cluster, "delete", "-n", "pomerium", "service/pomerium-proxy")
    (tmp_path / "service.yaml").write_text(yaml.safe_dump(one("base", "Service", "pomerium-proxy")))
    kube(cluster, "apply", "-f", tmp_path / "service.yaml")
    assert ports() == {(443, "TCP"), (80, "TCP")}
    kube(cluster, *said, "-k", DEPLOY / "overlays/http3")
    assert ports() == {(443, "TCP"), (80, "TCP"), (443, "UDP")}


def test_pomerium_is_told_of_ssh():
    assert variables("overlays/ssh", "settings")["SSH_ADDR"] == ":4022"


def test_only_pomerium_reaches_the_page():
    (port,) = one("overlays/web", "Service", "sluice-web")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, "page")
    assert reaches("overlays/web", {"app.kubernetes.io/name": "sluice", "app.kubernetes.io/component": "pomerium"}, 8088, namespace="pomerium")
    for labels, namespace in ((ANYBODY, "pomerium"), (ANYBODY, "elsewhere"), (PROMETHEUS, "monitoring")):
        assert not reaches("overlays/web", labels, 8088, namespace=namespace)


def test_the_nodes_of_the_cluster_know_each_other(build, tmp_path):
    """What the translator for the settings makes of the variables is what the Service and the StatefulSet are called."""
    folder = "overlays/clustered-databroker"
    stateful = one(folder, "StatefulSet", "sluice")["spec"]
    names = [f"sluice-{i}" for i in range(stateful["replicas"])]
    domain = one(folder, "Service", stateful["serviceName"])["metadata"]["name"]
    env = variables(folder, "settings")
    nodes = yaml.safe_load(env["DATABROKER_CLUSTER_NODES"])
    ports = {p["name"]: p["port"] for p in one(folder, "Service", domain)["spec"]["ports"]}
    assert nodes == [{"id": n, "grpc_address": f"https://{n}.{domain}:{ports['grpc']}", "raft_address": f"{n}.{domain}:{ports['raft']}"} for n in names]
    assert env["DATABROKER_CLUSTER_NODE_ID"] == {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}} or \
        env["DATABROKER_CLUSTER_NODE_ID"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    (tmp_path / "settings.yaml").write_text(BOOTSTRAP)
    done = subprocess.run([build / "sluice", "translate", "-f", tmp_path, "--bootstrap", "--format", "yaml"], capture_output=True, text=True,
                          env={**os.environ, **env, "DATABROKER_CLUSTER_NODE_ID": names[0]})
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load(done.stdout)
    assert config["databroker_cluster_node_id"] == names[0] and config["databroker_raft_bind_address"] == f":{ports['raft']}"
    assert [n["id"] for n in config["databroker_cluster_nodes"]] == names
    assert reaches(folder, {"app.kubernetes.io/name": "sluice", "app.kubernetes.io/component": "pomerium"}, ports["raft"], namespace="pomerium")
    assert not reaches(folder, ANYBODY, ports["raft"]) and not reaches(folder, ANYBODY, ports["grpc"])


BOOTSTRAP = """apiVersion: v1
kind: Secret
metadata: {name: bootstrap, namespace: pomerium}
data:
  shared_secret: 9OkZR6hwfmVD3a7Sfmgq58lUbFJGGz4hl/R9xbHFCAg=
  cookie_secret: WwMtDXWaRDMBQCylle8OJ+w4kLIDIGd8W3cB4/zFFtg=
---
apiVersion: ingress.pomerium.io/v1
kind: Pomerium
metadata: {name: global}
spec:
  secrets: pomerium/bootstrap
  storage: {file: {path: /var/pomerium/databroker}}
"""


def test_two_instances_share_nothing(cluster):
    """No object of the one is one of the other, and neither refers to what is the other's."""
    first, second = rendered("base"), rendered("overlays/second-instance")
    key = lambda o: (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
    assert len(second) == len(first) and not {key(o) for o in first} & {key(o) for o in second}
    names = {o["metadata"]["name"] for o in first} - {"pomerium"}
    said = set(re.findall(r"[a-z0-9-]+", yaml.safe_dump_all([{**o, "metadata": {**o["metadata"], "labels": None}} for o in second if o["kind"] not in PODS])))
    assert not (names - {"sluice"}) & said
    controller = one("overlays/second-instance", "IngressClass", "pomerium-2")["spec"]["controller"]
    assert variables("overlays/second-instance", "resolver")["NAME"] == controller != one("base", "IngressClass", "pomerium")["spec"]["controller"]
    assert variables("overlays/second-instance", "token")["SERVICE_ACCOUNT"] == "pomerium-2/" + one("overlays/second-instance", "Role", "sluice-token-2")["rules"][0]["resourceNames"][0]
    for container in "watcher", "resolver":
        namespace, name = variables("overlays/second-instance", container)["UPDATE_STATUS_FROM_SERVICE"].split("/")
        assert one("overlays/second-instance", "Service", name)["metadata"]["namespace"] == namespace


def test_the_monitor_finds_every_process():
    folder = "overlays/pod-monitor"
    spec = one(folder, "PodMonitor", "sluice")["spec"]
    labels = pomerium_pod(folder)["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert labels[spec["jobLabel"]] == "sluice"  # what the alerts ask for
    assert {e["port"] for e in spec["podMetricsEndpoints"]} == {p["name"] for p in one(folder, "Service", "sluice-metrics")["spec"]["ports"]}


# ---- who reaches which port, as the policies have it ----

ANYBODY = {"app": "anything"}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}


def matches(selector, labels):
    assert set(selector) <= {"matchLabels"}, "other selectors are not known here"
    return selector.get("matchLabels", {}).items() <= labels.items()


def lets_in(peer, labels, namespace, home):
    there = matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}) if "namespaceSelector" in peer else namespace == home
    return there and matches(peer.get("podSelector", {}), labels)


def reaches(folder, labels, port, protocol="TCP", namespace="elsewhere", component="pomerium"):
    """Whether a pod with these labels gets through to the port of our pod. Policies add up; one that selects the pod closes what none opens."""
    (pod,) = [o["spec"]["template"] for o in rendered(folder) if o["kind"] in PODS
              and o["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == component]
    names = {p["name"]: (p["containerPort"], p.get("protocol", "TCP")) for c in pod["spec"].get("initContainers", []) + pod["spec"]["containers"] for p in c.get("ports", [])}
    policies = [o for o in rendered(folder) if o["kind"] == "NetworkPolicy" and matches(o["spec"]["podSelector"], pod["metadata"]["labels"])]
    assert policies and all("Ingress" in p["spec"]["policyTypes"] for p in policies)

    def opens(entry):
        number, kind = names[entry["port"]] if isinstance(entry["port"], str) else (entry["port"], entry.get("protocol", "TCP"))
        return kind == protocol == entry.get("protocol", "TCP") and number <= port <= entry.get("endPort", number)
    return any(any(opens(e) for e in rule["ports"]) and any(lets_in(peer, labels, namespace, p["metadata"]["namespace"]) for peer in rule.get("from", [{"namespaceSelector": {}}]))
               for p in policies for rule in p["spec"]["ingress"])


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_only_prometheus_reaches_the_metrics(folder):
    pods = {o["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: o["spec"]["template"]["spec"] for o in rendered(folder) if o["kind"] in PODS}
    n = 0
    for component, spec in pods.items():
        for container in spec.get("initContainers", []) + spec["containers"]:
            for number in [p["containerPort"] for p in container.get("ports", []) if p["name"] == container["name"]]:
                n += 1
                assert reaches(folder, PROMETHEUS, number, namespace="monitoring", component=component)
                assert not reaches(folder, PROMETHEUS, number, component=component), "a label alone is not enough: every namespace could set it"
                assert not reaches(folder, ANYBODY, number, namespace="monitoring", component=component)
                assert not reaches(folder, ANYBODY, number, component=component)
    assert n == 6
    for number in 8443, 8080:
        assert reaches(folder, ANYBODY, number)
    assert not reaches(folder, PROMETHEUS, 8443 + 1, namespace="monitoring")
