"""Bad input of every kind: a clear error for its owner, nobody else affected, memory bounded, the fix is taken."""
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess

import msgpack
import pytest
import zmq
from pipeline import Pipeline, app, fill, read, translate, wait_for, write

HELLO, HEARTBEAT, CONFIG = 1, 2, 12
VERSION = 3
MEMORY_MB = 400


def ingress(spec="", annotations="{}", name="victim"):
    return (f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop, annotations: {annotations}}}\n"
            f"spec: {spec or '{ingressClassName: pomerium}'}\n").encode()


def many_paths(n):
    path = "{path: /p%d, pathType: Prefix, backend: {service: {name: app-0, port: {number: 80}}}}"
    return ingress("{ingressClassName: pomerium, rules: [{host: h.example.com, http: {paths: [" + ",".join(path % i for i in range(n)) + "]}}]}")


def alias_bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 10)]
    return "\n".join(lines).encode()


BAD_FILES = {
    "broken-yaml": b"apiVersion: v1\nkind: [Ingress\n",
    "ten-megabyte-annotation": ingress(annotations="{ingress.pomerium.io/description: " + "x" * (10 << 20) + "}"),
    "hundred-thousand-paths": many_paths(100_000),
    "nesting-bomb": b"[" * 100_000,
    "nested-maps": b"{a: " * 50_000,
    "alias-bomb": alias_bomb(),
    "invalid-utf8": ingress(annotations='{ingress.pomerium.io/name: "x"}').replace(b"x", b"\xff\xfe"),
    "nul-bytes": ingress()[:40] + b"\0" * 100 + ingress()[40:],
    "spec-is-a-list": ingress("[1, 2]"),
    "rules-is-a-map": ingress("{ingressClassName: pomerium, rules: {a: b}}"),
    "port-is-text": ingress("{ingressClassName: pomerium, rules: [{http: {paths: [{path: /, backend: {service: {name: a, port: {number: x}}}}]}}]}"),
    "annotation-is-a-map": ingress(annotations="{ingress.pomerium.io/policy: {allow: 1}}"),
    "name-is-a-number": ingress().replace(b"name: victim", b"name: 7"),
    "name-is-a-path": ingress(name="../../etc/passwd"),
    "hosts-is-text": ingress("{ingressClassName: pomerium, tls: [{hosts: x}]}"),
    "labels-are-numbers": ingress().replace(b"namespace: shop", b"namespace: shop, labels: {a: 1}"),
    "secret-is-not-base64": b"apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: {a: '***'}\n",
}


def memory_mb(pipeline):
    peak = lambda pid: int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024
    return max(peak(pid) for pid in pipeline.children())


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(sluice, tmp_path, name):
    folder = tmp_path / "in"
    fill(folder, 3)
    with Pipeline(sluice, tmp_path, folder) as p:
        good = p.settled()
        (folder / "victim.yaml").write_bytes(BAD_FILES[name])
        wait_for(lambda: p.log()[-2000:], lambda: "victim" in p.log(), 20)
        write(folder / "later.yaml", app("later"))
        wait_for("the others go on", lambda: b"later.example.com" in (read(p.out) or b""))
        status, out, sentences = translate(sluice, folder)
        assert status in (1, 3) and "victim" in sentences and len(sentences) < 2000, sentences[:2000]
        assert b"later.example.com" in out and b"app-2.example.com" in out
        (folder / "later.yaml").unlink()
        write(folder / "victim.yaml", app("victim"))
        wait_for("the mended file is served", lambda: b"victim.example.com" in (read(p.out) or b""))
        (folder / "victim.yaml").unlink()
        wait_for("all as before", lambda: read(p.out) == good)
        assert memory_mb(p) < MEMORY_MB


def frames(dice):
    """Garbage, as many kinds of it as there are ways in."""
    yield b""
    yield b"\xdd\xff\xff\xff\xff"  # an array of four billion
    yield b"\x91" * 5000
    yield bytes(dice.randrange(256) for _ in range(2000))
    yield b"x" * (1 << 20)
    yield msgpack.packb([99, 1, 0, []])
    yield msgpack.packb([CONFIG, 1, 0, []])
    yield msgpack.packb([CONFIG, 7, 0, ["a"] * 12])
    yield msgpack.packb([HELLO, 0, [VERSION, 2]])
    yield msgpack.packb([HELLO, 0, [VERSION, 77, 1, 1, 1]])
    yield msgpack.packb([HELLO, 0, [VERSION, 4, 5, 2**64 - 1, 1, False]])  # says that it is a publisher
    yield msgpack.packb([HEARTBEAT, 0, [2**64 - 1]])


def test_garbage_on_every_socket(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 20)
    dice = random.Random(5)
    with Pipeline(sluice, tmp_path, folder, workers=2) as p, zmq.Context() as context:
        p.settled()
        sockets = []
        for link in ("objects", "jobs", "configs", "state"):
            for _ in range(3):
                s = context.socket(zmq.DEALER)
                s.setsockopt(zmq.LINGER, 0)
                s.connect(f"ipc://{p.run_dir}/{link}")
                sockets.append(s)
        for round_ in range(20):
            for s in sockets:
                for frame in frames(dice):
                    s.send(frame)
                s.send_multipart([b"a", b"b", b"c"])
            write(folder / f"app-{round_}.yaml", app(f"app-{round_}", f"10.4.4.{round_ + 1}"))
        p.settled()
        for s in sockets:
            s.close()
        assert memory_mb(p) < MEMORY_MB
        assert "starting it again" not in p.log()
        assert p.log().count("\n") < 500, "a storm of log lines"


def test_a_peer_of_another_version_is_refused_in_one_line(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 3)
    with Pipeline(sluice, tmp_path, folder) as p, zmq.Context() as context:
        p.settled()
        s = context.socket(zmq.DEALER)
        s.setsockopt(zmq.LINGER, 0)
        s.setsockopt(zmq.ROUTING_ID, b"translator-of-tomorrow")
        s.connect(f"ipc://{p.run_dir}/jobs")
        for _ in range(20):
            s.send(msgpack.packb([HELLO, 0, [999, 3, 4711, 100, 1]]))
        refusal = lambda: [l for l in p.log().split("\n") if "999" in l]
        wait_for("the refusal", refusal)
        write(folder / "app-1.yaml", app("app-1", "10.4.4.1"))
        p.settled()
        s.close()
        assert len(refusal()) == 1, refusal()


def with_crashing_translator(build, folder):
    """The programs of the build, but for one; returns the path of the command, which starts those beside it."""
    folder.mkdir()
    for program in build.glob("sluice*"):
        shutil.copy(program, folder)
    shutil.copy(build / "tests/flow/crashing_translator", folder / "sluice-translator")
    return str(folder / "sluice")


def test_a_bundle_that_crashes_the_translator(build, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 30)
    with Pipeline(with_crashing_translator(build, tmp_path / "bin"), tmp_path, folder, workers=2, env={"CRASH_ON": "killer"}) as p:
        good = p.settled()
        write(folder / "killer.yaml", app("killer"))
        wait_for(lambda: p.log()[-3000:], lambda: re.search(r"rejected.*shop/killer.*crash", p.log()), 20)
        for i in range(30):
            write(folder / f"app-{i}.yaml", app(f"app-{i}", "10.5.5.5"))
        wait_for("the others go on", lambda: (read(p.out) or b"").count(b"10.5.5.5") == 30, 20)
        others = re.findall(r"rejected.*owner=(\S+)", p.log())
        assert set(others) <= {"shop/killer"}, others
        (folder / "killer.yaml").unlink()
        for i in range(30):
            write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.0.0.{i + 1}"))
        wait_for("all as before", lambda: read(p.out) == good, 20)


def test_an_unreadable_file_at_start_deletes_nothing(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 3)
    with Pipeline(sluice, tmp_path, folder) as p:
        good = p.settled()
    (folder / "app-1.yaml").write_text("a: [\n")
    with Pipeline(sluice, tmp_path, folder) as p:
        wait_for("the log names the file", lambda: "app-1.yaml" in p.log())
        write(folder / "app-7.yaml", app("app-7"))
        wait_for("the others go on", lambda: b"app-7.example.com" in (read(p.out) or b""))
        assert b"app-1.example.com" in read(p.out) and b"app-1.example.com" in good
        p.process.send_signal(signal.SIGTERM)
        assert p.process.wait(10) == 0


def test_explain_prints_nothing_that_a_terminal_obeys(sluice, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "a.yaml", 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: '
                             '{kubernetes.io/ingress.class: "x\\e[2J\\ny"}}\n')
    done = subprocess.run([sluice, "explain", "-f", str(folder)], capture_output=True, text=True)
    assert "default/a: " in done.stdout and "\x1b" not in done.stdout and done.stdout.count("\n") == 4, done.stdout


def test_the_table_prints_nothing_that_a_terminal_obeys(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 1)
    text = read(folder / "app-0.yaml").decode()
    assert "path: /" in text
    write(folder / "app-0.yaml", text.replace("path: /", 'path: "/x\\e[2J"', 1))
    done = subprocess.run([sluice, "up", "-f", str(folder), "--out", str(tmp_path / "out"), "--once", "--table"], capture_output=True, text=True)
    assert "\n1 route\n" in done.stdout and "x\\x1b[2J" in done.stdout and "\x1b" not in done.stdout, done.stdout + done.stderr


def test_explain_names_what_is_rejected(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 2)
    write(folder / "bad.yaml", app("bad", annotations="ingress.pomerium.io/timeuot: 3s"))
    done = subprocess.run([sluice, "explain", "--json", "-f", str(folder)], capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert done.returncode == 1 and sorted(said["managed"]) == ["shop/app-0", "shop/app-1", "shop/bad"]
    (rejected,) = said["rejected"]
    assert rejected["name"] == "shop/bad" and "did you mean" in rejected["reason"] and "timeout" in rejected["reason"]
