"""Packages and the Debian that they are tried in."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
ENTER = 'root=$1; shift; mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"; exec chroot "$@"'
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can change its root")


def make(*words, folder=ROOT):
    """What a target prints; the programs are those that were built before."""
    done = subprocess.run(["make", "--no-print-directory", "-s", *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=1500,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "BUILD")})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def only_plain(build):
    if build != ROOT / "build":
        pytest.skip("only the build without a sanitizer is packed")


class Root:
    """A folder that processes take for /; /proc and /dev are mounted for each of them alone."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="sluice-root-", dir="/tmp"))  # short: sockets stand in it
        self.path.chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def unpack(self, tar):
        subprocess.run(["tar", "-x", "-C", self.path, "-f", tar, "--exclude=./dev/*"], check=True)
        return self

    def command(self, *words, user=None, env=None):
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})}
        return ["env", "-i", *(f"{k}={v}" for k, v in variables.items()), "unshare", "--mount", "sh", "-euc", ENTER, "enter", str(self.path),
                *([f"--userspec={user}"] if user else []), str(self.path), *map(str, words)]

    def run(self, *words, status=0, **more):
        done = subprocess.run(self.command(*words, **more), capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, log, *words, **more):
        return subprocess.Popen(self.command(*words, **more), stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def __truediv__(self, name):
        return self.path / str(name).lstrip("/")
