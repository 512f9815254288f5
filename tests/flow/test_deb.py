"""The Debian package in a fresh Debian: installed, started as its unit says, upgraded, purged. The tests are one story, in this order."""
import os
import re
import shlex
import shutil
import socket
import subprocess

import pytest
from package import ROOT, Root, make, needs_root, only_plain

pytestmark = needs_root
OLD, NEW = "0.1.9-1", "0.2.0-1"
MANIFEST = "load-balancing.yaml"
ENABLED = "etc/systemd/system/multi-user.target.wants/sluice.service"


@pytest.fixture(scope="module")
def debs(build, tmp_path_factory):
    """{version: file} of the same tree."""
    only_plain(build)
    out = tmp_path_factory.mktemp("dist")
    for version in OLD, NEW:
        make("deb", f"DEB_VERSION={version}", f"DIST={out}")
    return {version: next(out.glob(f"sluice_{version}_*.deb")) for version in (OLD, NEW)}


@pytest.fixture(scope="module")
def root(debs):
    """A Debian with the libraries and without the package."""
    with Root() as r:
        yield r.unpack(make("root").split()[-1])


def put(root, deb):
    shutil.copy(deb, root / "tmp" / deb.name)
    said = root.run("dpkg", "--install", f"/tmp/{deb.name}", env={"DEBIAN_FRONTEND": "noninteractive"})
    (root / "tmp" / deb.name).unlink()
    return said


# What dpkg and the tools for users keep of everybody.
KEPT = ("var/lib/dpkg", "var/log", "var/cache", "etc/.pwd.lock", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "proc", "dev", "tmp")


def everything(root):
    """{path: what is there} of the whole root."""
    found = {}
    for folder, folders, files in os.walk(root.path):
        for name in folders + files:
            path = os.path.join(folder, name)
            short = os.path.relpath(path, root.path)
            if not short.startswith(KEPT):
                found[short] = os.readlink(path) if os.path.islink(path) else open(path, "rb").read() if os.path.isfile(path) else None
    return found


class Unit:
    """sluice.service, as far as systemd's part can be played without it."""

    def __init__(self, root):
        self.root = root
        self.keys = {}
        for line in (root / "lib/systemd/system/sluice.service").read_text().splitlines():
            key, _, value = line.partition("=")
            if value and not line.startswith("#"):
                self.keys.setdefault(key, []).append(value)

    def environment(self):
        found = dict(word.split("=", 1) for value in self.keys["Environment"] for word in shlex.split(value))
        path = self.root / self.keys["EnvironmentFile"][0].lstrip("-")
        return found | dict(line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))

    def folder(self, key, parent):
        path = self.root / parent / self.keys[key][0]
        path.mkdir(exist_ok=True)
        path.chmod(int(self.keys[f"{key}Mode"][0], 8))
        self.root.run("chown", self.keys["User"][0] + ":", f"/{parent}/{self.keys[key][0]}")

    def __enter__(self):
        self.folder("StateDirectory", "var/lib")
        self.folder("RuntimeDirectory", "run")
        path = self.root / "run/notify"
        path.unlink(missing_ok=True)
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.server.bind(str(path))
        path.chmod(0o666)
        self.server.settimeout(30)
        self.log = open(self.root / "tmp/log", "w+")
        assert self.keys["Type"] == ["notify"]
        self.process = self.root.start(self.log, *shlex.split(self.keys["ExecStart"][0]), user=self.keys["User"][0],
                                       env={**self.environment(), "NOTIFY_SOCKET": "/run/notify"})
        try:
            assert self.server.recv(100) == b"READY=1"
        except BaseException:
            self.process.kill()
            raise AssertionError((self.root / "tmp/log").read_text()) from None
        return self

    def __exit__(self, *failure):
        self.process.terminate()
        status = self.process.wait(20)
        self.server.close()
        shutil.rmtree(self.root / "run/sluice")
        (self.root / "run/notify").unlink()
        assert failure[0] or status == 0, (self.root / "tmp/log").read_text()


def routes(root):
    """What Pomerium reads: `from` of each route, and who may read the file."""
    path = root / "var/lib/sluice/config.yaml"
    assert path.stat().st_mode & 0o777 == 0o600
    return sorted(line.strip() for line in path.read_text().splitlines() if line.lstrip("- ").startswith("from:"))


def test_lintian(debs):
    """Clean, and without a word of ours that would make it so."""
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", debs[NEW]], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    assert "lintian" not in subprocess.run(["dpkg-deb", "--contents", debs[NEW]], capture_output=True, text=True, check=True).stdout


def test_installs(root, debs):
    (root / ENABLED).parent.mkdir(parents=True, exist_ok=True)
    root.before = everything(root)
    put(root, debs[OLD])
    assert root.run("dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", "sluice") == f"installed {OLD}"
    assert "sluice:x:" in (root / "etc/passwd").read_text()
    assert root.run("dpkg-query", "-W", "-f=${Conffiles}", "sluice").split()[0] == "/etc/sluice/sluice.env"
    assert root.run("sluice", "--version").startswith("sluice ")
    for page in "man1/sluice.1.gz", "man1/sluice-up.1.gz", "man8/sluice-watcher.8.gz":
        assert (root / "usr/share/man" / page).exists()
    root.run("test", "-d", "/etc/sluice/manifests")
    root.run("cat", "/etc/sluice/manifests", user="nobody", status=1)  # Secrets may be in there


def test_runs_as_the_unit_says(root):
    for path in (ROOT / "deploy/demo").glob("*.yaml"):
        shutil.copy(path, root / "etc/sluice/manifests")
    root.run("chgrp", "-R", "sluice", "/etc/sluice/manifests")
    with Unit(root):
        root.routes = routes(root)
    want = root.run("sluice", "translate", "-f", "/etc/sluice/manifests", "--format", "yaml")
    assert root.routes == sorted(line.strip() for line in want.splitlines() if line.lstrip("- ").startswith("from:"))
    assert len(root.routes) > 10


def test_the_readme_says_how(root):
    """The lines between the package and the table, as they stand."""
    copy, enable, table = re.search(r"\./dist/sluice_\*\.deb\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1].strip().splitlines()
    assert copy == "cp deploy/demo/*.yaml /etc/sluice/manifests/" and enable.startswith("systemctl enable --now sluice ")
    assert "app.company.com" in root.run(*table.split())


def test_upgrade_keeps_state(root, debs):
    """The settings of the machine, and the last good routes of an Ingress that is broken meanwhile."""
    with open(root / "etc/sluice/sluice.env", "a") as settings:
        settings.write("WORKERS=2\n")
    manifest = root / "etc/sluice/manifests" / MANIFEST
    manifest.write_text(manifest.read_text().replace("ingress.pomerium.io/", "ingress.pomerium.io/no_such_"))
    state = {p.name: p.read_bytes() for p in (root / "var/lib/sluice").iterdir() if p.is_file()}
    assert "config.yaml.state" in state
    put(root, debs[NEW])
    assert root.run("dpkg-query", "-W", "-f=${Version}", "sluice") == NEW
    assert {p.name: p.read_bytes() for p in (root / "var/lib/sluice").iterdir() if p.is_file()} == state
    assert "WORKERS=2" in (root / "etc/sluice/sluice.env").read_text()
    with Unit(root):
        assert "no_such_" in (root / "tmp/log").read_text(), "the broken ones are rejected"
        assert routes(root) == root.routes


def test_remove_keeps_what_purge_takes(root):
    (root / ENABLED).symlink_to("/lib/systemd/system/sluice.service")  # as `systemctl enable` does
    root.run("dpkg", "--remove", "sluice")
    assert not (root / "usr/bin/sluice").exists()
    assert (root / "etc/sluice/sluice.env").exists() and (root / "var/lib/sluice/config.yaml").exists()
    root.run("dpkg", "--purge", "sluice")
    after = everything(root)
    assert set(after) ^ set(root.before) == set()
    assert [path for path in after if after[path] != root.before[path]] == []
