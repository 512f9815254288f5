"""The Helm chart: with its defaults it is deploy/base, each value changes what it says and nothing else, and the API server takes it."""
import json
import os
import re
import subprocess
import tarfile

import pytest
import yaml
from cluster import Cluster, helm, kubectl, podmonitor_crd
from package import make
from pipeline import wait_for
from test_deploy import rendered

VERSION = "--kube-version=1.36.0"  # helm by itself asks no cluster
COMPONENTS = {"ssh": "ssh", "http3": "http3", "podMonitor": "pod-monitor", "web": "web"}


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    make("chart", f"DIST={out}", f"KUBECTL={kubectl()}")
    (path,) = out.glob("sluice-*.tgz")
    return path


@pytest.fixture(scope="module")
def schema(chart):
    with tarfile.open(chart) as tar:
        return json.load(tar.extractfile("sluice/values.schema.json"))


def call(*words, status=0, **more):
    done = subprocess.run([helm(), *map(str, words)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **more)
    assert done.returncode == status, f"helm {words}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr if status else done.stdout


def template(chart, *words):
    """{file of the chart: object}."""
    text = call("template", "some-name", chart, VERSION, *words)
    return {name: yaml.safe_load(body) for name, body in re.findall(r"(?ms)^# Source: sluice/templates/(\S+)\.yaml\n(.*?)(?=^---$|\Z)", text)}


def test_the_page_has_the_image_of_the_others(chart):
    (pod,) = [o["spec"]["template"]["spec"] for o in template(chart, "--set=web.enabled=true,image.tag=v9,image.pullPolicy=Always,logFormat=logfmt").values() if o["kind"] == "Deployment"]
    (page,) = [c for c in pod["containers"] if c["name"] == "web"]
    assert (page["image"], page["imagePullPolicy"]) == ("sluice:v9", "Always") and "--log-format=logfmt" in page["args"]


def by_key(objects):
    """Without the labels of the object itself, which helm's own are among."""
    return {(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]): {**o, "metadata": {k: v for k, v in o["metadata"].items() if k != "labels"}}
            for o in objects}


def labels(objects):
    return {(o["kind"], o["metadata"]["name"]): o["metadata"].get("labels", {}) for o in objects}


@pytest.mark.parametrize("words,folder", [((), "base")] + [((f"--set={n}.enabled=true",), f"overlays/{f}") for n, f in COMPONENTS.items()])
def test_it_is_what_kustomize_makes(chart, words, folder):
    ours, theirs = template(chart, *words).values(), rendered(folder)
    assert by_key(ours) == by_key(theirs)
    for key, wanted in labels(theirs).items():
        assert wanted.items() <= labels(ours)[key].items()
        assert set(labels(ours)[key]) - set(wanted) == {"helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"}


def test_the_kinds_are_those_of_deploy(chart):
    shown = yaml.safe_load_all(call("template", "x", chart, VERSION, "--include-crds"))
    assert by_key(o for o in shown if o and o["kind"] == "CustomResourceDefinition") == by_key(rendered("crds"))


def test_lint(chart):
    assert "0 chart(s) failed" in call("lint", "--strict", chart)


# ---- each value ----

def leaves(schema, prefix=""):
    for name, described in schema["properties"].items():
        if "properties" in described:
            yield from leaves(described, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", described


def changes(old, new, path=""):
    """Where two objects differ, in the words of x-changes: items by their names, lists of words as a whole."""
    named = lambda value: isinstance(value, list) and value and all(isinstance(i, dict) and "name" in i for i in value)
    if named(old or new) and (named(new) or not new) and (named(old) or not old):
        old, new = ({f"[{i['name']}]": i for i in value or []} for value in (old, new))
        join = ""
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and all(isinstance(i, dict) for i in old + new):
        old, new = ({f"[{i}]": item for i, item in enumerate(value)} for value in (old, new))
        join = ""
    elif isinstance(old, dict) and isinstance(new, dict):
        join = "."
    else:
        if old != new:
            yield path
        return
    for key in {**old, **new}:
        yield from changes(old.get(key), new.get(key), f"{path}{join}{key}".lstrip("."))


def within(path, noted):
    return path == noted or noted == "" or path.startswith((f"{noted}.", f"{noted}["))


def with_value(name, value):
    for word in reversed(name.split(".")):
        value = {word: value}
    return json.dumps(value)


def test_every_value_changes_what_it_says(chart, schema, tmp_path):
    """And nothing else: what the schema notes of each is all that differs, and all of it does."""
    before = template(chart)
    n = 0
    for name, described in leaves(schema):
        (tmp_path / "values.json").write_text(with_value(name, described["examples"][0]))
        after = template(chart, "-f", tmp_path / "values.json")
        changed = [(file, path) for file in {**before, **after} for path in changes(before.get(file), after.get(file))]
        noted = [tuple(line.split(": ", 1)) for line in described["x-changes"]]
        assert described["description"] and noted
        for file, path in changed:
            assert any(file == f and within(path, p) for f, p in noted), f"{name} changes {file}: {path}, and does not say so"
        for file, path in noted:
            assert any(file == f and within(p, path) for f, p in changed), f"{name} does not change {file}: {path}"
        n += 1
    assert n > 40


def test_what_is_no_value_is_refused(chart, schema, tmp_path):
    assert "additional properties 'replica' not allowed" in call("template", "x", chart, VERSION, "--set=replica=2", status=1).lower()
    for name, described in leaves(schema):
        wrong = {"string": 7, "integer": "many", "boolean": "perhaps", "object": "text", "array": "text"}[described["type"]]
        (tmp_path / "values.json").write_text(with_value(name, wrong))
        assert name.split(".")[-1] in call("template", "x", chart, VERSION, "-f", tmp_path / "values.json", status=1), name


# ---- on a real API server ----

def test_a_release_comes_stays_and_goes(chart, tmp_path):
    with Cluster(tmp_path / "cluster") as c:
        c.apply_yaml(podmonitor_crd())
        env = {**os.environ, "KUBECONFIG": str(c.kubeconfig()), "HOME": str(tmp_path)}
        path = "/apis/apps/v1/namespaces/pomerium/deployments/sluice"
        generation = lambda: c.call("GET", path)[1]["metadata"]["generation"]
        call("install", "sluice", chart, "--namespace", "default", env=env)
        assert "rollout status" in call("get", "notes", "sluice", "--namespace", "default", env=env)
        wait_for("the kinds came with it", lambda: c.call("GET", "/apis/ingress.pomerium.io/v1/pomerium", raw=True)[0] == 200)
        first = generation()
        call("upgrade", "sluice", chart, "--namespace", "default", env=env)
        assert generation() == first, "a second apply changes nothing"
        call("upgrade", "sluice", chart, "--namespace", "default", "--set=replicas=2,ssh.enabled=true,podMonitor.enabled=true", env=env)
        assert c.call("GET", path)[1]["spec"]["replicas"] == 2
        ports = lambda namespace: {(p["port"], p["protocol"]) for p in c.call("GET", f"/api/v1/namespaces/{namespace}/services/pomerium-proxy")[1]["spec"]["ports"]}
        assert ports("pomerium") == {(443, "TCP"), (80, "TCP"), (4022, "TCP")}
        assert c.call("GET", "/apis/monitoring.coreos.com/v1/namespaces/pomerium/podmonitors/sluice")[0] == 200
        second = "namespace.name=pomerium-2,nameSuffix=-other,ingressClass.name=pomerium-2,ingressClass.controller=pomerium.io/ingress-controller-2,pomeriumConfig=global-2"
        call("install", "other", chart, "--namespace", "default", f"--set={second},http3.enabled=true", env=env)
        assert ports("pomerium-2") == {(443, "TCP"), (80, "TCP"), (443, "UDP")}
        for release in "other", "sluice":
            call("uninstall", release, "--namespace", "default", env=env)
        assert c.call("GET", path)[0] == 404
