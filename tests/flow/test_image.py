"""The container image: what is in it, whether it runs, whether others can read it."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

import pytest
from package import ROOT, Root, make, needs_root, only_plain
from pipeline import wait_for

pytestmark = needs_root
NAME = "registry.example.com/team/sluice:7"
USER = "65532:65532"


@pytest.fixture(scope="module")
def archive(build, tmp_path_factory):
    only_plain(build)
    out = tmp_path_factory.mktemp("dist")
    make("image", f"DIST={out}", f"IMAGE={NAME}")
    return next(out.glob("sluice-*-image-*.tar"))


@pytest.fixture(scope="module")
def blobs(archive):
    with tarfile.open(archive) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}


@pytest.fixture(scope="module")
def image(blobs, tmp_path_factory):
    """The layers, one on the other."""
    with Root() as root:
        for name in json.loads(blobs["manifest.json"])[0]["Layers"]:
            path = tmp_path_factory.mktemp("layer") / "layer.tar"
            path.write_bytes(blobs[name])
            root.unpack(path)
        yield root


@pytest.fixture(scope="module")
def debian():
    with Root() as root:
        yield root.unpack(make("root").split()[-1])


def files(image):
    return {str(p.relative_to(image.path)) for p in image.path.rglob("*") if not p.is_dir()}


def programs(image):
    return [p for p in sorted(files(image)) if re.match("usr/(bin|lib)/", p) and not (image / p).is_symlink() and (image / p).read_bytes()[:4] == b"\x7fELF"]


def test_every_digest_is_that_of_its_blob(blobs):
    for name, content in blobs.items():
        if name.startswith("blobs/"):
            assert name == "blobs/sha256/" + hashlib.sha256(content).hexdigest()
    blob = lambda entry: blobs["blobs/" + entry["digest"].replace(":", "/")]
    (entry,) = json.loads(blobs["index.json"])["manifests"]
    manifest = json.loads(blob(entry))
    config = json.loads(blob(manifest["config"]))
    for described in entry, manifest["config"], *manifest["layers"]:
        assert described["size"] == len(blob(described))
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert entry["annotations"]["io.containerd.image.name"] == NAME
    (docker,) = json.loads(blobs["manifest.json"])
    assert docker["RepoTags"] == [NAME] and docker["Config"] == "blobs/" + manifest["config"]["digest"].replace(":", "/")


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_others_can_read_it(archive, tmp_path, kind):
    subprocess.run(["skopeo", "copy", "--quiet", f"{kind}:{archive}", f"dir:{tmp_path}/copy"], check=True)
    config = json.loads(subprocess.run(["skopeo", "inspect", "--config", f"{kind}:{archive}"], capture_output=True, text=True, check=True).stdout)
    assert config["config"]["User"] == USER and config["os"] == "linux"


CONTAINERD = """version = 2
root = "{0}/root"
state = "{0}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{0}/socket"
"""


def containerd_programs():
    """PATH with Debian's programs, unpacked only: installed they could push aside a Docker that is there."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-containerd"
    if not (cache / "usr/bin/ctr").exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True, timeout=300)
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "containerd", "runc"], cwd=cache, check=True, timeout=300)
        for deb in sorted(cache.glob("*.deb"), reverse=True):
            subprocess.run(["dpkg-deb", "--extract", deb, cache], check=True)
    return f"{cache}/usr/bin:{cache}/usr/sbin:{os.environ['PATH']}"


@pytest.fixture
def containerd():
    """What kind and k3s import into, with a folder of its own: a function that is `ctr`."""
    env = {**os.environ, "PATH": containerd_programs()}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-ctr-", dir="/tmp"))  # short: a socket stands in it
    (folder / "config.toml").write_text(CONTAINERD.format(folder))
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(["containerd", "--config", folder / "config.toml"], stdout=log, stderr=log, env=env)

    def ctr(*words):
        done = subprocess.run(["ctr", "--address", folder / "socket", "--namespace", "k8s.io", *words], capture_output=True, text=True, timeout=60, env=env)
        assert done.returncode == 0, done.stderr + (folder / "log").read_text()[-2000:]
        return done.stdout
    try:
        wait_for(lambda: (folder / "log").read_text(), lambda: "containerd successfully booted" in (folder / "log").read_text(), 30)
        yield ctr
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def test_containerd_imports_and_runs_it(archive, containerd):
    containerd("images", "import", "--all-platforms", "--snapshotter", "native", archive)
    assert containerd("images", "ls", "-q").split() == [NAME]
    said = containerd("run", "--rm", "--snapshotter", "native", "--read-only", NAME, "test-one", "sluice", "--version")
    assert said.startswith("sluice ")


def test_it_runs(image, sluice):
    """As its user, on a folder of manifests: the pipeline writes what the program outside translates."""
    shutil.copytree(ROOT / "deploy/demo", image / "tmp/demo")
    (image / "tmp/out").mkdir()
    (image / "tmp/out").chmod(0o777)
    image.run("sluice", "up", "-f", "/tmp/demo", "--out", "/tmp/out/pomerium.json", "--format", "json", "--once", user=USER)
    want = subprocess.run([sluice, "translate", "-f", ROOT / "deploy/demo", "--format", "json"], capture_output=True)
    assert (image / "tmp/out/pomerium.json").read_bytes() == want.stdout
    image.run("test", "-s", "/tmp/out/pomerium.json", user=USER)  # the startup probe of deploy/base
    image.run("test", "-s", "/tmp/out/nothing", user=USER, status=1)
    shutil.rmtree(image / "tmp/demo")
    shutil.rmtree(image / "tmp/out")


def test_nothing_is_missing_and_nothing_too_much(image):
    """Each library is there, and each one is somebody's."""
    loader = image.run("sluice", "--version") and "/lib64/ld-linux-x86-64.so.2"
    used = set()
    for program in programs(image):
        if program.startswith("usr/bin/"):
            said = image.run(loader, "--list", f"/{program}")
            assert "not found" not in said
            used |= {str((image / path).resolve().relative_to(image.path)) for path in re.findall(r"(?m)(?:=> |^\s)(/\S+)", said)}
    assert set(programs(image)) == used | {f"usr/bin/{p}" for p in ("sluice", "sluice-watcher", "sluice-resolver", "sluice-translator", "sluice-publisher", "test")}
    assert sum((image / p).stat().st_size for p in files(image) if not (image / p).is_symlink()) < 40 << 20


def test_its_packages_are_recorded(archive, image, debian):
    """With the versions that are installed where the files were taken from."""
    listed = dict(line.split("\t")[:2] for line in archive.with_suffix(".packages").read_text().splitlines())
    assert set(listed) == {p.name for p in (image / "var/lib/dpkg/status.d").iterdir()} and "libzmq5" in listed and "ca-certificates" in listed
    for name, version in listed.items():
        assert debian.run("dpkg-query", "-W", "-f=${Version}", name) == version
        assert (image / f"usr/share/doc/{name}/copyright").exists()
    for program in programs(image):
        if "sluice" not in program:
            assert (image / program).read_bytes() == (debian / program).read_bytes()


def test_certificates_of_the_world(image, debian):
    """Those that Debian trusts, where libcurl and OpenSSL look for them."""
    blocks = lambda root: set(re.findall("(?s)-----BEGIN.*?END CERT", (root / "etc/ssl/certs/ca-certificates.crt").read_text()))
    assert blocks(image) == blocks(debian) and len(blocks(image)) > 100
