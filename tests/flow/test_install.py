"""What `make install` puts on a machine: programs that find each other, manual pages without a warning, a unit that systemd takes."""
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
PREFIX = "/opt/sluice"


def make(target, root):
    done = subprocess.run(["make", "--no-print-directory", target, f"DESTDIR={root}", f"PREFIX={PREFIX}"], cwd=ROOT, capture_output=True,
                          text=True, timeout=500, env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def root(build, tmp_path_factory):
    if build != ROOT / "build":
        pytest.skip("only the build without a sanitizer is installed")
    root = tmp_path_factory.mktemp("root")
    make("install", root)
    return root


def test_programs(root, tmp_path):
    """`sluice up` from where it was installed, with nothing of the build folder."""
    out = tmp_path / "config.yaml"
    sluice = root / "opt/sluice/bin/sluice"
    done = subprocess.run([sluice, "up", "--once", "-f", ROOT / "deploy/demo", "--out", out], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    want = subprocess.run([sluice, "translate", "-f", ROOT / "deploy/demo", "--format", "yaml"], capture_output=True, text=True, timeout=30)
    assert out.read_text().count("\n  - ") == want.stdout.count("\n  - ") > 10
    version = subprocess.run([sluice, "--version"], capture_output=True, text=True).stdout
    commit = subprocess.run(["git", "describe", "--always"], cwd=ROOT, capture_output=True, text=True)
    assert commit.returncode or commit.stdout.strip().split("-")[-1].lstrip("g") in version, "built from an older commit"
    for room in ("watcher", "resolver", "translator", "publisher"):
        done = subprocess.run([f"{sluice}-{room}", "--version"], capture_output=True, text=True)
        assert done.stdout == version.replace("sluice ", f"sluice-{room} ")


def test_manual(root):
    pages = sorted((root / "opt/sluice/share/man").rglob("sluice*"))
    verbs = [line.split("\t")[1] for line in
             subprocess.run([root / "opt/sluice/bin/sluice", "--help=table"], capture_output=True, text=True).stdout.splitlines()[1:]]
    assert {p.name for p in pages} == {"sluice.1", *(f"sluice-{v}.1" for v in verbs),
                                       *(f"sluice-{r}.8" for r in ("watcher", "resolver", "translator", "publisher"))}
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    shown = subprocess.run(["mandoc", "-T", "utf8", root / "opt/sluice/share/man/man1/sluice-up.1"], capture_output=True, text=True).stdout
    assert "--databroker-service-url TEXT" in re.sub(".\b", "", shown)


def unit(root, folder):
    """The installed unit, with the folder that it was installed below."""
    path = folder / "sluice.service"
    text = (root / "opt/sluice/lib/systemd/system/sluice.service").read_text()
    assert f"ExecStart={PREFIX}/bin/sluice up\n" in text
    path.write_text(text.replace(f"={PREFIX}/", f"={root}{PREFIX}/"))
    return path


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_unit(root, tmp_path):
    path = unit(root, tmp_path)
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "MANPATH": f"{root}/opt/sluice/share/man"})
    mine = [line for line in done.stderr.splitlines() if line.startswith((str(path), "sluice.service: Command", "sluice.service: Unknown"))
            and "'man " not in line]  # whose man reads MANPATH or not is no matter of ours
    assert not mine, mine
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=9", "--no-pager", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:]


def test_systemd_is_told(root, tmp_path):
    """READY=1 comes once the file is written, not before, and once."""
    address = tmp_path / "notify"
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(str(address))
    server.settimeout(20)
    out = tmp_path / "config.yaml"
    settings = {"FILE": str(ROOT / "deploy/demo"), "OUT": str(out), "RUN_DIR": str(tmp_path / "run"), "NOTIFY_SOCKET": str(address)}
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen([root / "opt/sluice/bin/sluice", "up"], env={**os.environ, **settings}, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
    try:
        assert server.recv(100) == b"READY=1"
        assert "routes:" in out.read_text()
    finally:
        process.terminate()
    assert process.wait(20) == 0
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(100)


def test_uninstall(root):
    """Last: nothing is left but folders."""
    make("uninstall", root)
    assert not [p for p in root.rglob("*") if not p.is_dir()]
