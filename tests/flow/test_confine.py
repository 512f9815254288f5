"""What a room can no longer do once it has started, tried from inside it, and that it works all the same."""
import ctypes
import errno
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from pipeline import Pipeline, app, fill, free_port, wait_for, write

ROOMS = ("translator", "resolver", "watcher", "publisher")
DIES = -signal.SIGSYS
# What a room that is taken over tries, and what it gets: an errno, 0, or death.
ATTEMPTS = {
    "execve": DIES, "execveat": DIES, "ptrace": DIES, "fork": DIES, "kill": DIES, "tgkill": DIES, "process_vm_readv": DIES, "packet": DIES,
    "inet": DIES, "udp": DIES, "rename": DIES, "chmod": DIES, "memfd": DIES, "io_uring": DIES, "unshare": DIES, "setuid": DIES, "bpf": DIES,
    "thread": DIES, "mmap-exec": errno.EACCES, "mprotect-exec": errno.EACCES, "dumpable": errno.EPERM, "limit": errno.EPERM,
    "read-file": errno.EACCES, "write-file": errno.EACCES, "unlink": errno.EACCES,
}
# What they may do beyond that: the watcher reads manifests, which may be links to anywhere. Files of others are Landlock's.
RIGHTS = {
    "watcher": {"read-file": 0, "thread": 0},
    "publisher": {"rename": errno.EACCES, "thread": 0},
}


def landlock():
    """The version of Landlock that this kernel has; below 1: none."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


@pytest.fixture(scope="module", autouse=True)
def plain(build):
    if build.name != "build":
        pytest.skip("a sanitizer's own calls are not confined")


def attempt(build, folder, room, what, *flags, port=0):
    """What became of it: an errno, 0, or the negative number of the signal that ended the room."""
    own = {"watcher": ["--file", str(folder)], "publisher": ["--out", str(folder / "out.yaml")]}.get(room, [])
    command = [str(build / f"tests/flow/probing_{room}"), "--run-dir", str(folder / "run"), *(flags or own)]
    foreign = pathlib.Path("/tmp/sluice-probe")
    foreign.write_text("of somebody else")
    with subprocess.Popen(command, env={"PROBE": what, "PROBE_PORT": str(port)}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr:
                if found := re.match(r"probe=(\S+) result=(\d+)", line):
                    assert found[1] == what
                    return int(found[2])
            return process.wait(10)
        finally:
            process.kill()
            foreign.unlink(missing_ok=True)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("what", ATTEMPTS)
def test_attempts_fail(build, tmp_path, room, what):
    if landlock() < 2 and room == "publisher" and what in ("read-file", "write-file", "rename", "unlink"):
        pytest.skip("this kernel has no Landlock that would do")
    assert attempt(build, tmp_path, room, what) == {**ATTEMPTS, **RIGHTS.get(room, {})}[what]


@pytest.mark.skipif(landlock() < 4, reason="this kernel's Landlock does not know of ports")
def test_ports(build, tmp_path):
    """A publisher reaches its databroker, and nobody else."""
    own, foreign = free_port(), free_port()
    flags = ("--databroker-service-url", f"http://127.0.0.1:{own}", "--metrics-bind-address", f"127.0.0.1:{free_port()}")
    assert attempt(build, tmp_path, "publisher", "connect", *flags, port=own) == errno.ECONNREFUSED
    assert attempt(build, tmp_path, "publisher", "connect", *flags, port=foreign) == errno.EACCES
    assert attempt(build, tmp_path, "publisher", "bind", *flags, port=foreign) == errno.EACCES


def test_without_a_sandbox_they_do_not(build, tmp_path):
    """The attempts are real: all that a user may do anyhow succeeds."""
    for what in ("ptrace", "fork", "inet", "udp", "read-file", "write-file", "mmap-exec", "mprotect-exec", "memfd", "thread"):
        assert attempt(build, tmp_path, "translator", what, "--sandbox=off") == 0, what


def status_of(pid):
    """Of each thread: its lines as a dict."""
    return [dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def test_every_thread_is_confined(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in", workers=2) as p:
        p.settled()
        for room in ROOMS:
            for pid in p.children(room):
                threads = status_of(pid)
                assert len(threads) >= 3  # with two of ZeroMQ's
                assert {(t["Seccomp"], t["NoNewPrivs"]) for t in threads} == {("2", "1")}
                limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
                assert (re.search(r"Max processes +0 +0 ", limits) is None) == (room in ("watcher", "publisher"))
                assert re.search(r"Max core file size +0 +0 ", limits)
        assert "not confined" not in p.log()


@pytest.mark.parametrize("mode", ["on", "off"])
def test_the_metric_says_it(sluice, tmp_path, mode):
    fill(tmp_path / "in", 3)
    port = free_port()
    with Pipeline(sluice, tmp_path, tmp_path / "in", f"--sandbox={mode}", f"--metrics-bind-address=127.0.0.1:{port}") as p:
        p.settled()
        text = metrics(port + 3)
        assert f'sandbox="{"off" if mode == "off" else "seccomp" if landlock() < 2 else "landlock,seccomp"}"' in text
        assert p.log().count("not confined") == (0 if mode == "on" else 5)
        # both are read through descriptors that were opened before
        assert int(re.search(r"\nprocess_open_fds (\d+)", text)[1]) > 10
        assert int(re.search(r"\nprocess_resident_memory_bytes (\d+)", text)[1]) > 1 << 20


def test_a_bad_mode_is_refused(sluice, build):
    done = subprocess.run([build / "sluice-translator", "--sandbox=maybe"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and 'neither on nor off' in done.stderr


def with_probing(build, folder, room):
    """A folder of programs in which that room is the one that tries."""
    folder.mkdir()
    for program in build.glob("sluice*"):
        if program.is_file():
            (folder / program.name).symlink_to(program)
    (folder / f"sluice-{room}").unlink()
    shutil.copy(build / f"tests/flow/probing_{room}", folder / f"sluice-{room}")
    shutil.copy(build / "sluice", folder / "sluice-copy")
    (folder / "sluice").unlink()
    (folder / "sluice-copy").rename(folder / "sluice")
    return str(folder / "sluice")


def test_a_translator_that_misbehaves_dies_alone(build, sluice, tmp_path):
    """It is started again and again, what it did is said; the other rooms stay, and go on once it behaves."""
    fill(tmp_path / "in", 3)
    copy = with_probing(build, tmp_path / "bin", "translator")
    with Pipeline(copy, tmp_path, tmp_path / "in", env={"PROBE": "execve"}) as p:
        wait_for("it dies", lambda: p.log().count("the sandbox has ended a process") >= 2)
        others = {room: p.children(room) for room in ("watcher", "resolver", "publisher")}
        assert all(len(pids) == 1 for pids in others.values())
        shutil.copy(build / "sluice-translator", tmp_path / "bin/fresh")
        (tmp_path / "bin/fresh").rename(tmp_path / "bin/sluice-translator")
        p.settled(20)
        assert {room: p.children(room) for room in others} == others


def test_socket_files_go_with_their_process(sluice, tmp_path):
    """A confined process cannot remove them itself."""
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        (old,) = p.children("translator")
        assert (p.run_dir / f"tap-translator-{old}").exists() and (p.run_dir / f"web-translator-{old}").exists()
        p.kill("translator", signal.SIGTERM)
        wait_for("they are gone", lambda: not list(p.run_dir.glob(f"*-translator-{old}")))
        wait_for("the next one has its own", lambda: len(list(p.run_dir.glob("web-translator-*"))) == 1)
        write(tmp_path / "in/more.yaml", app("more", "10.1.0.1"))
        p.settled()
