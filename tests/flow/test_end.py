"""How the verbs end when something cannot work: at once, with a sentence and a status."""
import os
import subprocess
import time

import pytest
from pipeline import app, fill, read, translate, wait_for, write

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}}]
users: [{name: test, user: {token: "CANARY-TOKEN"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
"""


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in", 2)
    return tmp_path / "in"


def run(sluice, *args, **more):
    return subprocess.run([sluice, *map(str, args)], capture_output=True, timeout=30, **{"stdin": subprocess.DEVNULL, **more})


def ends(done, status, *words):
    said = done.stderr.decode()
    assert done.returncode == status and said.count("\n") == 1 and all(w in said for w in words), said
    assert "CANARY" not in said


# ---- before anything starts ----

@pytest.mark.parametrize("url", ["nonsense", "ftp://x:1", "http://localhost:99999", "http://localhost:0", "http://", "https://user:CANARY@x:1", "http://x:1/path"])
def test_a_bad_url(sluice, tmp_path, folder, url):
    done = run(sluice, "up", "-f", folder, "--databroker-service-url", url, "--run-dir", tmp_path / "run")
    assert done.returncode == 2 and b"--databroker-service-url" in done.stderr and done.stderr.count(b"\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("old,new,word", [
    ("", "", "nope"), ('token: "CANARY-TOKEN"', "auth-provider: {name: gcp}", "auth-provider"), ('"CANARY-TOKEN"', '"CANARY-TOKEN", as: joe', "as"),
    ("https://127", "127", "http"), ("kind: Config", "kind: [", "kubeconfig")])
def test_a_kubeconfig_that_cannot_be_used(sluice, tmp_path, old, new, word):
    (tmp_path / "config").write_text(KUBECONFIG.replace(old, new) if old else KUBECONFIG)
    more = [] if old else ["--context", "nope"]
    for once in ([], ["--once"]):
        ends(run(sluice, "up", "--kubeconfig", tmp_path / "config", "--out", tmp_path / "out", *more, *once), 3, word)
    ends(run(sluice, "up", "--kubeconfig", tmp_path / "missing", "--out", tmp_path / "out"), 3, "missing")
    assert not (tmp_path / "out").exists()


# ---- once ----

def test_once_names_what_it_could_not_read(sluice, tmp_path, folder):
    write(folder / "bad.yaml", "a: [")
    done = run(sluice, "up", "-f", folder, "--out", tmp_path / "out", "--format", "json", "--once")
    assert done.returncode == 3 == translate(sluice, folder)[0] and b"bad.yaml" in done.stderr
    assert read(tmp_path / "out") == translate(sluice, folder)[1], "what can be read is written"


def test_once_does_not_wait_for_ever(sluice, tmp_path):
    (tmp_path / "config").write_text(KUBECONFIG)
    begun = time.monotonic()
    done = run(sluice, "up", "--kubeconfig", tmp_path / "config", "--out", tmp_path / "out", "--once", "--timeout", "700ms")
    assert done.returncode == 111 and b"--timeout" in done.stderr and 0.7 < time.monotonic() - begun < 10


# ---- standard input and output ----

def test_standard_input_and_pipes(sluice, tmp_path, folder):
    text = "---\n".join(p.read_text() for p in sorted(folder.iterdir()))
    want = translate(sluice, folder)[1]
    for source in ("-", "/dev/stdin"):
        done = run(sluice, "up", "-f", source, "--out", "-", "--format", "json", "--once", input=text.encode(), stdin=None)
        assert done.returncode == 0 and done.stdout == want, done.stderr
    os.mkfifo(tmp_path / "pipe")
    command = ["sh", "-c", 'cat "$1" >"$2" & exec "$3" up -f "$2" --out - --format json --once', "sh", tmp_path / "text", tmp_path / "pipe", sluice]
    (tmp_path / "text").write_text(text)
    assert subprocess.run(command, capture_output=True, timeout=30).stdout == want
    done = run(sluice, "up", "-f", "-", "--out", "-", "--once", input=b"a: [", stdin=None)
    assert done.returncode == 3


def test_each_configuration_on_standard_output(sluice, tmp_path, folder):
    with open(tmp_path / "stdout", "wb") as out:
        process = subprocess.Popen([sluice, "up", "-f", folder, "--out", "-", "--format", "json"], stdout=out, stderr=subprocess.DEVNULL)
    try:
        first = translate(sluice, folder)[1]
        wait_for("the first", lambda: read(tmp_path / "stdout") == first)
        write(folder / "app-7.yaml", app("app-7"))
        second = translate(sluice, folder)[1]
        wait_for("the second", lambda: read(tmp_path / "stdout") == first + b"---\n" + second)
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("up", "--help"), ("translate",), ("explain",), ("routes",), ("gen-secrets",), ("migrate", "--list"),
                                  ("up", "--out", "-", "--once")])
def test_a_full_disk_and_a_closed_pipe(sluice, folder, args):
    source = ["-f", folder] if args[0] in ("translate", "explain", "routes") or "--out" in args else []
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sluice, *args, *source], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30)
    assert done.returncode == 111 and b"stdout" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sluice, *args, *source], stdout=writer, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30)
    os.close(writer)
    assert done.returncode == 111 and done.stderr


def test_what_is_no_file_is_not_replaced(sluice, tmp_path, folder):
    os.mkfifo(tmp_path / "fifo")
    for path in tmp_path / "fifo", "/dev/null":
        ends(run(sluice, "up", "-f", folder, "--out", path, "--once"), 111, str(path), "--out -")
        ends(run(sluice, "up", "-f", folder, "--out", tmp_path / "o", "--bootstrap-out", path, "--once"), 111, str(path))
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


# ---- reports ----

def test_a_cluster_is_told_nothing_by_default_outside_a_pod(sluice, tmp_path):
    (tmp_path / "config").write_text(KUBECONFIG)
    for args, env, told in (([], {}, False), (["--report"], {}, True), ([], {"REPORT": "true"}, True),
                            ([], {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"}, True)):
        done = run(sluice, "up", "--kubeconfig", tmp_path / "config", "--out", tmp_path / "out", "--once", "--timeout", "300ms", *args,
                   env={"PATH": os.environ["PATH"], **env})
        assert ("--report does" in done.stderr.decode()) != told
