"""`sluice migrate` and a real API server: the Ingresses of a cluster are read, and the server takes what is written."""
import json
import random
import subprocess

import pytest
import yaml
from cluster import Cluster, kubectl
from migrate_cases import CASES, NGINX, ingress, nginx, some_ingress


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("migrate")) as made:
        made.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
        yield made


def kube(cluster, *args, text):
    return subprocess.run([kubectl(), "--kubeconfig", cluster.kubeconfig(), *args], input=text, capture_output=True, text=True, timeout=120)


def convert(sluice, *args, text=None):
    done = subprocess.run([sluice, "migrate", *args, "--report", "json"], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, json.loads(done.stderr) if done.stderr.startswith("{") else done.stderr


def test_the_server_takes_the_result(sluice, cluster):
    """Every case of test_migrate.py and sets as chance makes them; each path, name and host is one that the server allows."""
    documents = [ingress({NGINX + name: value, **beside}, name=f"case-{i}", host=f"h{i}.example.com")
                 for i, (name, value, beside, _, _) in enumerate(CASES)]
    for number in range(20):
        chance = random.Random(number)
        documents += [{**one, "metadata": {**one["metadata"], "name": f"set-{number}-{i}"}}
                      for i, one in enumerate(some_ingress(chance, i) for i in range(4))]
    text = convert(sluice, "-", text=yaml.safe_dump_all(documents))[1]
    done = kube(cluster, "apply", "--dry-run=server", "-f", "-", text=text)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 250


def test_the_ingresses_of_a_cluster(sluice, cluster):
    """Read page by page; nothing that the server has added comes back; the same as from `kubectl get`, in the same order."""
    for i in range(3):
        made = ingress(nginx(server_alias="alias.example.com", rewrite_target="/$1"), name=f"c{i}", host="c.example.com", paths=[(f"/{i}(.*)", "ImplementationSpecific", "s")])
        cluster.apply(made)
    kubeconfig = str(cluster.kubeconfig())
    status, text, report = convert(sluice, "--kubeconfig", kubeconfig)
    assert status == 0, report
    documents = list(yaml.safe_load_all(text))
    assert {d["metadata"]["name"] for d in documents} == {"c0", "c1", "c2"}
    assert all(set(d["metadata"]) == {"name", "namespace", "annotations"} and "status" not in d for d in documents)
    listed = kube(cluster, "get", "ingress", "-A", "-o", "yaml", text="").stdout
    assert list(yaml.safe_load_all(convert(sluice, "-", text=listed)[1])) == documents
    assert convert(sluice, "--kubeconfig", kubeconfig, "--namespaces", "shop")[1] == text
    status, _, sentence = convert(sluice, "--kubeconfig", kubeconfig, "--namespaces", "default")
    assert status == 3 and "no Ingress" in sentence


def test_without_rights(sluice, cluster):
    kubeconfig = str(cluster.kubeconfig(token="nobody", name="nobody"))
    status, _, sentence = convert(sluice, "--kubeconfig", kubeconfig)
    assert status == 3 and "ingressclasses of the cluster cannot be listed" in sentence
