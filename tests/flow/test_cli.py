"""The command line as a whole: help, suggestions, completion, the only running pipeline, the kubectl plugin."""
import os
import pathlib
import pty
import shutil
import subprocess

import pytest
from pipeline import Pipeline, fill, wait_for, write

ROOT = pathlib.Path(__file__).parent.parent.parent
LIVE = (["top", "--once", "--interval", "100ms"], ["dump"], ["routes"], ["explain", "ingress", "shop/app-1"])


def run(*args, env=None, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}, **more)


def verbs(sluice):
    return [line.split("\t")[1] for line in run(sluice, "--help=table").stdout.splitlines()[1:]]


# ---- help ----

def test_help_of_a_verb_is_its_help(sluice):
    for verb in verbs(sluice):
        done = run(sluice, "help", verb)
        assert done.returncode == 0 and done.stdout == run(sluice, verb, "--help").stdout and f"usage: sluice {verb}" in done.stdout
    assert "NAMESPACE/NAME" in run(sluice, "help", "explain", "ingress").stdout
    assert run(sluice, "help").stdout == run(sluice, "--help").stdout
    assert run(sluice, "version").stdout == run(sluice, "--version").stdout


@pytest.mark.parametrize("words, meant", [(["rotues"], "did you mean routes?"), (["expalin", "x"], "did you mean explain?"), (["help", "tpo"], "did you mean top?"),
                                          (["top", "--intervall", "1s"], "did you mean --interval?"), (["routes", "--reject"], "did you mean --rejected?")])
def test_misspelt_words(sluice, words, meant):
    done = run(sluice, *words)
    assert done.returncode == 2 and meant in done.stderr and done.stdout == ""


def test_what_resembles_nothing(sluice):
    assert "did you mean" not in run(sluice, "frobnicate").stderr
    assert "did you mean" not in run(sluice, "top", "--zzzzzzzz").stderr


# ---- completion ----

def bash(sluice, tmp_path, *words):
    """What bash would offer for the last word."""
    script = tmp_path / "completion.bash"
    script.write_text(run(sluice, "completion", "bash").stdout)
    quoted = " ".join(f"'{w}'" for w in words)
    done = run("bash", "-c", f"source {script}; COMP_WORDS=(sluice {quoted}); COMP_CWORD={len(words)}; _sluice; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
               env={"PATH": f"{sluice.parent}:{os.environ['PATH']}"}, cwd=tmp_path)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def test_bash_completes_verbs_flags_and_files(sluice, tmp_path):
    sluice = pathlib.Path(sluice)
    (tmp_path / "manifest.yaml").write_text("")
    assert bash(sluice, tmp_path, "rou") == ["routes"]
    assert set(verbs(sluice)) <= set(bash(sluice, tmp_path, ""))
    assert bash(sluice, tmp_path, "routes", "--rej") == ["--rejected"]
    assert "--run-dir" in bash(sluice, tmp_path, "top", "--")
    assert bash(sluice, tmp_path, "routes", "-f", "man") == ["manifest.yaml"]
    assert sorted(bash(sluice, tmp_path, "routes", "--rejected", "--hos")) == ["--host", "--host-ownership"]
    assert bash(sluice, tmp_path, "help", "expl") == ["explain"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_take_their_script(sluice, tmp_path, shell):
    done = run(sluice, "completion", shell)
    assert done.returncode == 0 and "sluice" in done.stdout
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(done.stdout)
        assert run(shell, "--no-execute" if shell == "fish" else "-n", script).returncode == 0
    assert run(sluice, "completion", "tcsh").returncode == 2


def test_fish_completes(sluice, tmp_path):
    if not shutil.which("fish"):
        pytest.skip("no fish on this machine")
    sluice = pathlib.Path(sluice)
    env = {"PATH": f"{sluice.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    ask = "sluice completion fish | source; complete -C '%s'"
    assert run("fish", "-c", ask % "sluice rou", env=env).stdout.split("\t")[0] == "routes"
    assert run("fish", "-c", ask % "sluice routes --rej", env=env).stdout.split("\t")[0] == "--rejected"


# ---- the only running pipeline ----



@pytest.fixture
def runtime(tmp_path):
    made = tmp_path / "r"  # the paths of sockets are short
    made.mkdir()
    return made


def up(sluice, tmp, runtime):
    """`sluice up` without --run-dir."""
    fill(tmp / "in", 2)
    return subprocess.Popen([sluice, "up", "-f", tmp / "in", "--out", tmp / "out"], env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def end(process):
    process.terminate()
    process.wait(10)


def test_verbs_find_the_only_pipeline(sluice, tmp_path, runtime):
    env = {"XDG_RUNTIME_DIR": str(runtime)}
    (runtime / "sluice-empty").mkdir()
    (runtime / "other").mkdir()
    first, second = tmp_path / "1", tmp_path / "2"
    process = up(sluice, first, runtime)
    try:
        wait_for("routes", lambda: run(sluice, "routes", env=env).stdout.count("served") == 2)
        for verb in LIVE:
            assert run(sluice, *verb, env=env).returncode == 0, verb
        other = up(sluice, second, runtime)
        try:
            wait_for("two pipelines", lambda: run(sluice, "routes", env=env).returncode == 2)
            folders = sorted(str(p) for p in runtime.glob("sluice-*") if p.name != "sluice-empty")
            assert len(folders) == 2
            for verb in [*LIVE, ["tap"]]:
                done = run(sluice, *verb, env=env)
                assert done.returncode == 2 and ", ".join(folders) in done.stderr and "--run-dir" in done.stderr, verb
            assert run(sluice, "routes", "--run-dir", folders[0], env=env).returncode == 0
        finally:
            end(other)
        assert run(sluice, "routes", env=env).returncode == 0
    finally:
        end(process)


# ---- top ----

def in_terminal(command, env=None, keys=b""):
    """Everything that a command shows; keys are pressed once it has shown something."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(c) for c in command], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **(env or {})}, preexec_fn=lambda: (os.setsid(), take(theirs)))
    os.close(theirs)
    text = b""
    while text.count(b"\033[H\033[J") < 2 or b"writes" not in text.split(b"\033[H\033[J")[-1]:
        text += os.read(ours, 65536)
    os.write(ours, keys)
    status = process.wait(10)
    os.close(ours)
    return status, text.decode().replace("\r\n", "\n")


def take(terminal):
    import fcntl
    import termios
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def test_q_ends_top_which_fits_80_columns(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        status, text = in_terminal([sluice, "top", "--interval", "100ms", "--run-dir", p.run_dir], env={"COLUMNS": "80"}, keys=b"q")
        assert status == 0
        lines = text.split("\033[H\033[J")[-1].splitlines()
        assert lines[0].split() == ["ROOM", "PID", "READY", "UP", "RESTARTS", "IN/s", "OUT/s", "QUEUE", "CPU%", "MB", "PEERS"]
        assert max(map(len, lines)) <= 80 and len(lines) <= 24


def test_top_counts_restarts(sluice, tmp_path):
    fill(tmp_path / "in", 2)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()

        def restarts():
            rows = [line.split() for line in run(sluice, "top", "--once", "--interval", "100ms", "--run-dir", p.run_dir).stdout.splitlines()[1:5]]
            return {row[0]: row[4] for row in rows if len(row) > 4}
        assert set(restarts().values()) == {"0"}
        p.kill("resolver")
        wait_for("a restart", lambda: restarts().get("resolver") == "1")
        assert restarts()["watcher"] == "0"


# ---- kubectl sluice ----

@pytest.fixture
def plugin(tmp_path):
    """The plugin with programs beside it that print how they are called: there is no kubelet here to exec into."""
    for name in ("kubectl", "sluice"):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {name} \"$@\"\n")
        path.chmod(0o755)

    def call(*args, **env):
        return run(ROOT / "scripts/kubectl-sluice", *args, env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", **env}, stdin=subprocess.DEVNULL)
    return call


def test_the_plugin_asks_the_pod(plugin):
    assert plugin("routes", "--rejected").stdout == "kubectl exec -i --namespace pomerium --container publisher deployment/sluice -- sluice routes --rejected\n"
    done = plugin("--context", "prod", "-n", "edge", "explain", "https://a b/")
    assert done.stdout == "kubectl --context prod exec -i --namespace edge --container publisher deployment/sluice -- sluice explain https://a b/\n"
    assert "statefulset/s" in plugin("top", SLUICE_TARGET="statefulset/s").stdout
    assert plugin().returncode == 2 and plugin("--help").returncode == 0


def test_the_plugin_sends_the_manifests_of_a_plan(plugin, tmp_path):
    (tmp_path / "bin/kubectl").write_text('#!/bin/sh\necho kubectl "$@"\ncat\n')
    write(tmp_path / "a folder/one.yaml", "kind: One")
    write(tmp_path / "a folder/deeper/two.json", '{"kind": "Two"}')
    write(tmp_path / "a folder/notes.txt", "no manifest")
    write(tmp_path / "three.yml", "kind: Three\n")
    first, text = plugin("-n", "edge", "plan", "-o", "json", tmp_path / "a folder", "-f", tmp_path / "three.yml").stdout.split("\n", 1)
    assert first == "kubectl exec -i --namespace edge --container publisher deployment/sluice -- sluice plan -o json -"
    assert set(text.split("---\n")[1:]) == {f"# Source: {tmp_path}/{name}\n{said}\n" for name, said in
                                            (("a folder/one.yaml", "kind: One"), ("a folder/deeper/two.json", '{"kind": "Two"}'), ("three.yml", "kind: Three\n"))}
    assert plugin("plan", "--from", "cluster", "--to", "pipeline").stdout == \
        "kubectl exec -i --namespace pomerium --container publisher deployment/sluice -- sluice plan --from cluster --to pipeline\n"
    assert plugin("plan", "--from", "cluster", "--kubeconfig", tmp_path / "three.yml", "dir").stdout == f"sluice plan --from cluster --kubeconfig {tmp_path}/three.yml dir\n"


def test_the_plugin_reads_manifests_here(plugin):
    assert plugin("translate", "dir").stdout == "sluice translate dir\n"
    assert plugin("routes", "-f", "dir").stdout == "sluice routes -f dir\n"
