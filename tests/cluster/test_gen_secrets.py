"""`sluice gen-secrets`: what it prints Pomerium takes, what it makes in a cluster stays, and its keys fit a real link."""
import base64
import re
import subprocess

import pytest
import yaml
from cluster import Cluster
from curve import CurveRooms
from pipeline import fill, wait_for
from test_cluster import service_account

NAMES = ["bootstrap", "sluice-curve", "sluice-curve-translator"]
KEYS = {"bootstrap": {"shared_secret", "cookie_secret", "signing_key"},
        "sluice-curve": {"server.key", "server.pub", "client.key", "clients.pub"},
        "sluice-curve-translator": {"server.pub", "client.key"}}
POMERIUM = "---\n{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: global}, spec: {secrets: pomerium/bootstrap}}\n"


def gen(sluice, *args, **more):
    return subprocess.run([sluice, "gen-secrets", *args], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **more)


def printed(sluice, *args):
    """{name: {key: bytes}}"""
    done = gen(sluice, *args)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {s["metadata"]["name"]: values(s) for s in yaml.safe_load_all(done.stdout)}


def values(secret):
    return {k: base64.b64decode(v, validate=True) for k, v in secret["data"].items()}


# ---- on stdout ----

def test_pomerium_takes_what_is_printed(sluice, tmp_path):
    text = gen(sluice).stdout
    (tmp_path / "in.yaml").write_text(text + POMERIUM)
    done = subprocess.run([sluice, "translate", "--bootstrap", "--format", "yaml", "-f", tmp_path / "in.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    made = next(s for s in yaml.safe_load_all(text) if s["metadata"]["name"] == "bootstrap")
    config = yaml.safe_load(done.stdout)
    assert config["shared_secret"] == made["data"]["shared_secret"]
    assert config["cookie_secret"] == made["data"]["cookie_secret"] != made["data"]["shared_secret"]
    assert config["signing_key"] == made["data"]["signing_key"]


def test_the_values_are_what_they_should_be(sluice):
    made, again = printed(sluice), printed(sluice)
    assert {name: set(v) for name, v in made.items()} == KEYS
    assert len(made["bootstrap"]["shared_secret"]) == len(made["bootstrap"]["cookie_secret"]) == 32
    key = subprocess.run(["openssl", "ec", "-noout", "-text"], input=made["bootstrap"]["signing_key"], capture_output=True, check=True)
    assert b"prime256v1" in key.stdout and made["bootstrap"]["signing_key"].startswith(b"-----BEGIN EC PRIVATE KEY-----\n")
    for name in NAMES:
        assert not set(made[name].values()) & set(again[name].values()), "made anew each time"


def test_only_and_names(sluice):
    assert list(printed(sluice, "--only", "bootstrap")) == NAMES[:1]
    assert list(printed(sluice, "--only", "curve")) == NAMES[1:]
    assert list(printed(sluice, "--bootstrap-name", "a", "--curve-name", "b.c")) == ["a", "b.c", "b.c-translator"]
    assert {s["metadata"]["namespace"] for s in yaml.safe_load_all(gen(sluice, "--namespace", "123").stdout)} == {"123"}


@pytest.mark.parametrize("args, sentence", [
    (["--only", "all"], '--only is "all"; it must be bootstrap or curve'),
    (["--namespace", "a\nb: c"], "--namespace is"),
    (["--namespace", "a.b"], "--namespace is"),
    (["--curve-name", "x" * 243], "at most 242"),
    (["--bootstrap-name", "a-.b"], "--bootstrap-name is"),
    (["--secrets", "bootstrap"], "it must be NAMESPACE/NAME"),
    (["--secrets", "a/b/c", "--kubeconfig", "/x"], "--secrets is"),
    (["--apply"], "name the cluster with --kubeconfig"),
    (["more"], 'unexpected argument "more"'),
])
def test_wrong_flags_are_named(sluice, args, sentence):
    done = gen(sluice, *args)
    assert (done.returncode, done.stdout) == (2, "") and sentence in done.stderr


def test_a_full_disk_is_said(sluice):
    with open("/dev/full", "w") as full:
        done = subprocess.run([sluice, "gen-secrets"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 111 and "could not be written" in done.stderr


# ---- in a cluster ----

@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        yield c


@pytest.fixture
def apply(sluice, cluster, request):
    """Calls with --apply, in a namespace of the test's own."""
    name = re.sub(r"[^a-z]+", "-", request.node.name).strip("-")
    assert cluster.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})[0] == 201

    def call(*args, kubeconfig=None):
        return gen(sluice, "--apply", "--kubeconfig", kubeconfig or cluster.kubeconfig(), "--namespace", name, *args)
    call.namespace, call.path = name, f"/api/v1/namespaces/{name}/secrets"
    return call


def secrets(cluster, path):
    return {s["metadata"]["name"]: values(s) for s in cluster.call("GET", path)[1]["items"]}


def lines(apply, *words):
    return "".join(f"{apply.namespace}/{name}: {word}\n" for name, word in zip(NAMES, words) if word)


def test_made_once_and_kept(cluster, apply):
    done = apply()
    assert (done.returncode, done.stdout, done.stderr) == (0, lines(apply, "made", "made", "made"), "")
    was = secrets(cluster, apply.path)
    assert {name: set(v) for name, v in was.items()} == KEYS
    done = apply()
    assert (done.returncode, done.stdout, done.stderr) == (0, lines(apply, "kept", "kept", "kept"), "")
    assert secrets(cluster, apply.path) == was
    assert cluster.call("DELETE", f"{apply.path}/bootstrap")[0] == 200
    assert apply("--only", "bootstrap").stdout == lines(apply, "made")


def test_with_the_old_flag(sluice, cluster, apply):
    done = gen(sluice, f"--secrets={apply.namespace}/mine", "--only", "bootstrap", "--kubeconfig", cluster.kubeconfig())
    assert (done.returncode, done.stdout) == (0, f"{apply.namespace}/mine: made\n")


@pytest.mark.parametrize("there, gone", [NAMES[1:], NAMES[:0:-1]], ids=["pod", "translator"])
def test_half_a_set_is_refused(cluster, apply, there, gone):
    assert apply().returncode == 0
    assert cluster.call("DELETE", f"{apply.path}/{gone}")[0] == 200
    was = secrets(cluster, apply.path)
    done = apply()
    assert (done.returncode, done.stdout) == (1, lines(apply, "kept")), done.stderr
    assert f"only one of the CURVE Secrets exists: {apply.namespace}/{there} is, {apply.namespace}/{gone} is not" in done.stderr
    assert secrets(cluster, apply.path) == was
    assert cluster.call("DELETE", f"{apply.path}/{there}")[0] == 200
    assert apply().stdout == lines(apply, "kept", "made", "made")


def test_no_namespace_no_right_no_server(sluice, cluster, apply):
    one_line = lambda done: done.returncode == 111 and not done.stdout and done.stderr.count("\n") == 1
    done = gen(sluice, "--apply", "--kubeconfig", cluster.kubeconfig(), "--namespace", "nowhere")
    assert one_line(done) and "nowhere/bootstrap: there is no namespace nowhere; make it first" in done.stderr
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "maker", "namespace": apply.namespace},
                   "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]})
    maker, stranger = (service_account(cluster, apply.namespace, name, "Role", role) for name, role in (("maker", "maker"), ("stranger", "none")))
    done = apply(kubeconfig=cluster.kubeconfig(stranger, "stranger"))
    assert one_line(done) and f'we may not create Secrets in the namespace {apply.namespace}; give our account the verb "create"' in done.stderr
    done = apply(kubeconfig=cluster.kubeconfig(maker, "maker"))
    assert (done.returncode, done.stdout) == (111, lines(apply, "made")) and 'give our account the verb "get"' in done.stderr
    done = apply(kubeconfig=cluster.kubeconfig(port=1, name="dead"))
    assert one_line(done) and f"Secret {apply.namespace}/bootstrap: POST" in done.stderr
    done = apply(kubeconfig="/nonexistent/kubeconfig")
    assert done.returncode == 3 and "/nonexistent/kubeconfig" in done.stderr


# ---- on a link ----

def files(secret):
    return {name.replace(".", "_"): value.decode() for name, value in secret.items()}


def test_the_keys_fit_a_real_link(sluice, build, tmp_path):
    fill(tmp_path / "in", 10)
    made = printed(sluice, "--only", "curve")
    pod, elsewhere = (files(made[name]) for name in NAMES[1:])
    with CurveRooms(build, tmp_path, tmp_path / "in", pod=pod) as rooms:
        rooms.worker(files=elsewhere)
        wait_for(rooms.log, lambda: rooms.log().count('room=resolver msg="peer is up" link=jobs peer=translator') == 1, 20)
        rooms.settled(sluice, tmp_path / "in", 20)
        # The key of the pod is one of its rooms, of which each is there already.
        second = ["--curve-dir", str(rooms.pod.folder), "--jobs-endpoint", f"ipc://{tmp_path}/jobs", "--objects-endpoint", f"ipc://{tmp_path}/objects"]
        rooms.args["resolver"] = []
        rooms.start("resolver", *second, "--run-dir", str(tmp_path), "--state-endpoint", rooms.state)
        wait_for(rooms.log, lambda: 'msg="a second peer has to wait until the first is gone" link=state peer=resolver' in rooms.log(), 20)
        assert rooms.refused() == 0
        # It is none of a translator.
        rooms.worker(files=pod)
        wait_for(rooms.log, lambda: "or not as one of the room that connects here" in rooms.log(), 20)
        wait_for("it is counted", lambda: rooms.refused() > 0)
