"""make release: two builds of one tree in two folders are equal, byte by byte, and say what is in them."""
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tarfile

import pytest
from cluster import kubectl
from package import ROOT, needs_root, only_plain

pytestmark = needs_root
SPDX = "spdx-tools==0.8.5"
VERSION, EPOCH = "0.2.0", "1764000000"
# What is none of a build's business.
MACHINES = [{"TZ": "UTC", "LANG": "C", "umask": 0o022, "jobs": "-j1"}, {"TZ": "Pacific/Auckland", "LANG": "C.UTF-8", "umask": 0o077, "jobs": "-j2"}]


def build_in(folder, machine):
    """A copy of this tree, released as if by somebody else somewhere else."""
    folder.mkdir(parents=True)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    there = b"\0".join(name for name in listed.split(b"\0") if name and (ROOT / os.fsdecode(name)).exists())
    packed = subprocess.run(["tar", "-c", "--null", "-T", "-"], cwd=ROOT, input=there, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-m"], cwd=folder, input=packed, check=True)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    variables = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "BUILD", "LC_ALL")} | {"TZ": machine["TZ"], "LANG": machine["LANG"]}
    done = subprocess.run(["make", machine["jobs"], "release", f"VERSION={VERSION}", f"SOURCE_DATE_EPOCH={EPOCH}", "RELEASE_ARCHS=amd64", f"KUBECTL={kubectl()}"],
                          cwd=folder, env=variables, umask=machine["umask"], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def builds(build, tmp_path_factory):
    only_plain(build)
    tmp = tmp_path_factory.mktemp("release")
    return [build_in(tmp / name, machine) for name, machine in zip(("a", "a/longer/name"), MACHINES)]


@pytest.fixture(scope="module")
def dist(builds):
    return builds[0] / "dist"


def sums(folder, pattern):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob(pattern) if p.is_file()}


def test_two_builds_are_equal(builds):
    first, second = builds
    programs = sums(first / "build", "sluice*")
    assert len(programs) == 5 and programs == sums(second / "build", "sluice*")
    made = sums(first / "dist", "*")
    assert [name for name, digest in sums(second / "dist", "*").items() if made[name] != digest] == [] and len(made) == 9


def test_all_is_there(dist):
    assert {p.name for p in dist.iterdir()} == {
        f"sluice_{VERSION}-1_amd64.deb", f"sluice_{VERSION}-1_amd64.deb.spdx.json", f"sluice-{VERSION}-image-amd64.tar", f"sluice-{VERSION}-image-amd64.tar.spdx.json",
        f"sluice-{VERSION}-image-amd64.packages", f"sluice-{VERSION}.tgz", f"sluice-{VERSION}-source.tar.gz", "NOTES.md", "SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    assert len((dist / "SHA256SUMS").read_text().splitlines()) == 8


def test_the_notes_are_those_of_the_version(dist):
    changes, notes = (ROOT / "CHANGES.md").read_text(), (dist / "NOTES.md").read_text()
    assert notes.startswith(f"## {VERSION}") and notes in changes and len(re.findall("^## ", notes, re.M)) == 1
    release = re.search(r"^RELEASE := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1]
    assert release == VERSION == re.search(r"^## ([^,\n]*)", changes, re.M)[1]
    for path in "deploy/base", "deploy/overlays/scaled-translators":
        assert f"newName: sluice\n  newTag: {release}\n" in (ROOT / path / "kustomization.yaml").read_text()


def test_the_source_builds_what_was_built(dist):
    """It is the tree: nothing that was made, nothing that is missing."""
    with tarfile.open(dist / f"sluice-{VERSION}-source.tar.gz") as tar:
        names = {m.name.removeprefix(f"sluice-{VERSION}/") for m in tar if m.isfile()}
    assert {"Makefile", "README.md", "LICENSE", "scripts/make-deb"} <= names and not {n for n in names if n.startswith(("build/", "dist/", ".git/"))}


# ---- what is in them ----

@functools.cache
def spdx_checker():
    """pyspdxtools of PyPI, in an environment of its own."""
    venv = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-spdx"
    if not (venv / "bin/pyspdxtools").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", SPDX], check=True, timeout=600)
    return venv / "bin/pyspdxtools"


@pytest.fixture(scope="module", params=[f"sluice_{VERSION}-1_amd64.deb", f"sluice-{VERSION}-image-amd64.tar"])
def bill(request, dist):
    """(file, its SPDX document)."""
    return dist / request.param, json.loads((dist / f"{request.param}.spdx.json").read_text())


def test_spdx_is_valid(bill):
    done = subprocess.run([spdx_checker(), "--infile", f"{bill[0]}.spdx.json", "--version", "SPDX-2.3"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_spdx_is_of_that_file(bill, builds):
    path, document = bill
    (described,) = [r["relatedSpdxElement"] for r in document["relationships"] if r["relationshipType"] == "DESCRIBES"]
    (whole,) = [p for p in document["packages"] if p["SPDXID"] == described]
    assert whole["checksums"] == [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(path.read_bytes()).hexdigest()}]
    programs = {f["fileName"] for f in document["files"] if f["fileName"].startswith("./usr/bin/")}
    ours = {f"./usr/bin/{p.name}" for p in (builds[0] / "build").glob("sluice*") if p.is_file()}
    assert programs - {"./usr/bin/kubectl-sluice"} == ours  # a script for kubectl, in the package alone
    assert document["creationInfo"]["created"] == "2025-11-24T16:00:00Z"


def test_spdx_names_the_packages(dist):
    """Of the image those that it records itself; of the package those that dpkg will ask for."""
    versions = lambda name: {p["name"]: p["versionInfo"] for p in json.loads((dist / f"{name}.spdx.json").read_text())["packages"] if not p["name"].startswith("sluice")}
    recorded = dict(line.split("\t")[:2] for line in (dist / f"sluice-{VERSION}-image-amd64.packages").read_text().splitlines())
    assert versions(f"sluice-{VERSION}-image-amd64.tar") == recorded and len(recorded) > 30
    depends = subprocess.run(["dpkg-deb", "-f", dist / f"sluice_{VERSION}-1_amd64.deb", "Depends"], capture_output=True, text=True, check=True).stdout
    wanted = {d.split()[0] for d in depends.split(", ")} - {"systemd"}
    found = versions(f"sluice_{VERSION}-1_amd64.deb")
    assert set(found) == wanted and {"libc6", "libzmq5"} < wanted
    for name, version in found.items():
        assert subprocess.run(["dpkg-query", "-W", "-f=${Version}", f"{name}:amd64"], capture_output=True, text=True, check=True).stdout == version
