"""The bootstrap sink: a config.yaml for the Pomerium beside us, and the secret that it shares with the publisher."""
import base64
import os
import pathlib
import re
import subprocess

import pytest
from bootstrap import CASES, POMERIUM, secret
from cluster import ClusterPipeline
from databroker import Databroker, new_secret
from fake_api import FakeApi
from pipeline import CLASS, Pipeline, app, fill, read, wait_for, write


def offline(sluice, folder, *args):
    command = [sluice, "translate", "--bootstrap", "--format", "yaml", "-f", str(folder), *args]
    return subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL).stdout


def says(path, key):
    found = re.search(rf'^{key}: "(.*)"$', (read(path) or b"").decode(), re.M)
    return found and found[1]


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "in/class.yaml", CLASS)
    write(tmp_path / "in/pomerium.yaml", POMERIUM)
    write(tmp_path / "in/secret.yaml", secret())
    return tmp_path / "in"


class Up(Pipeline):
    """`sluice up` into a file of its own, with a bootstrap file beside it."""

    def __init__(self, sluice, tmp, folder, *args, **more):
        tmp.mkdir(exist_ok=True)
        self.file = tmp / "bootstrap.yaml"
        super().__init__(sluice, tmp, folder, "--bootstrap-out", str(self.file), *args, **more)

    def follows(self, seconds=10.0):
        want = offline(self.sluice, self.folder)
        wait_for(lambda: f"{self.file} is not what `sluice translate --bootstrap` prints; log:\n{self.log()[-4000:]}",
                 lambda: read(self.file) == want and want, seconds)


def test_written_for_each_rotation_and_only_then(sluice, tmp_path, folder):
    with Up(sluice, tmp_path / "a", folder) as p, Up(sluice, tmp_path / "b", folder) as other:
        p.follows()
        other.follows()
        assert os.stat(p.file).st_mode & 0o777 == 0o600
        was = os.stat(p.file).st_ino
        fill(folder, 2)
        p.settled()
        assert os.stat(p.file).st_ino == was, "an Ingress is none of its business"
        write(folder / "secret.yaml", secret())
        p.follows()
        other.follows()
        was = os.stat(p.file).st_ino
        p.kill("publisher")
        wait_for(p.log, lambda: p.log().count("everybody has arrived") == 2)
        write(folder / "app-1.yaml", app("app-1", "10.9.9.9"))
        p.settled()
        assert os.stat(p.file).st_ino == was, "a restart writes nothing"
        assert p.log().count("bootstrap configuration written") == 2
        assert says(p.file, "cookie_secret") not in p.log()


def test_waits_for_the_object_and_its_secret_and_says_so(sluice, tmp_path, folder):
    for name in ("pomerium", "secret"):
        (folder / f"{name}.yaml").unlink()
    fill(folder, 1)
    with Up(sluice, tmp_path / "a", folder) as p:
        p.settled()
        wait_for(p.log, lambda: 'reason="there is no Pomerium object' in p.log())
        write(folder / "pomerium.yaml", POMERIUM)
        wait_for(p.log, lambda: re.search(r'not known yet" reason=".*pomerium/bootstrap', p.log()))
        assert not p.file.exists()
        write(folder / "secret.yaml", secret())
        p.follows()


def test_a_broken_secret_keeps_the_file(sluice, tmp_path, folder):
    with Up(sluice, tmp_path / "a", folder) as p:
        p.follows()
        good = read(p.file)
        write(folder / "secret.yaml", secret(base64.b64encode(b"too short").decode()))
        wait_for(p.log, lambda: re.search(r"rejected kind=Pomerium owner=global .*shared_secret", p.log()))
        (folder / "pomerium.yaml").unlink()
        wait_for(p.log, lambda: 'stays as it was" reason="there is no Pomerium object' in p.log())
        assert read(p.file) == good
        write(folder / "pomerium.yaml", POMERIUM)
        write(folder / "secret.yaml", secret())
        p.follows()


def test_the_files_that_it_names(sluice, tmp_path):
    given = tmp_path / "in/all.yaml"
    text = (CASES / "storage-postgres-ca/input.yaml").read_text()
    write(given, text)
    with Up(sluice, tmp_path / "a", given.parent) as p:
        wait_for(p.log, p.file.exists)
        where = f"{p.file}.files".replace("/", "%2F").encode()
        assert read(p.file) == offline(sluice, given).replace(b"%24%7BTMPDIR%7D", where)
        (ca,) = pathlib.Path(f"{p.file}.files").iterdir()
        assert ca.stat().st_mode & 0o777 == 0o600 and ca.name.encode() in read(p.file)
        pem = re.search(r"-----BEGIN CERT.*?END CERTIFICATE-----\n", re.sub(r"(?m)^ +", "", text), re.S)[0]
        assert ca.read_text() == pem
        write(given, text.replace("    -----BEGIN CERT", "    # another file, the same certificate\n    -----BEGIN CERT"))
        wait_for(p.log, lambda: not ca.exists() and len(list(ca.parent.iterdir())) == 1)
        assert next(ca.parent.iterdir()).name.encode() in read(p.file)


def test_flags_of_the_all_in_one_command(sluice, tmp_path, folder):
    """The same with them as offline; what is not for Pomerium is taken with a line."""
    flags = ["--server-addr=:9443", "--http-redirect-addr=:9080", "--grpc-addr=:6443", "--ssh-addr=:2222", "--services=authorize,proxy",
             "--pomerium-metrics-addr=:9902", "--pomerium-health-addr=:28081", "--debug-port=6060", "--databroker-auto-tls=*.db.svc", "--databroker-cluster-node-id=a", "--databroker-raft-bind-address=:5999",
             "--databroker-service-urls=https://a.db.svc:1", "--databroker-service-urls=https://b.db.svc:1", "--debug-envoy",
             '--databroker-cluster-nodes=[{"id": "a", "grpc_address": "https://a.db.svc:1", "raft_address": "a.db.svc:5999"}]']
    with Up(sluice, tmp_path / "a", folder, *flags, "--certificate-controller-name", "x", "--config-controller-shutdown", "30s") as p:
        want = offline(sluice, folder, *flags)
        wait_for(p.log, lambda: read(p.file) == want)
        for line in ('address: ":9443"', 'http_redirect_addr: ":9080"', 'grpc_address: ":6443"', 'ssh_address: ":2222"', 'services: "authorize,proxy"',
                     'tls_derive: "*.db.svc"', "grpc_insecure: false", 'databroker_cluster_node_id: "a"', 'proxy_log_level: "debug"',
                     'databroker_raft_bind_address: ":5999"', 'metrics_address: ":9902"', 'health_check_addr: ":28081"',
                     'debug_address: "127.0.0.1:6060"'):
            assert line in want.decode().split("\n"), line
        assert p.log().count("flag has no effect") == 2


def test_written_before_everybody_has_arrived(sluice, tmp_path):
    """An Ingress waits for a Secret that the API server does not hand out."""
    with FakeApi(tmp_path) as api:
        for text in (CLASS, POMERIUM, secret(), app("one"), secret(name="tls"),
                     app("two", namespace="pomerium", more="  tls: [{hosts: [two.example.com], secretName: tls}]\n")):
            api.apply_yaml(text)
        behave = api.behave
        api.behave = lambda h, r: h.hang() if r.name == "pomerium/tls" else behave(h, r)
        file = tmp_path / "bootstrap.yaml"
        with ClusterPipeline(sluice, tmp_path, api, "--bootstrap-out", str(file)) as p:
            wait_for(p.log, file.exists, 8)
            assert "everybody has arrived" not in p.log() and not p.out.exists()
            assert says(file, "shared_secret") == api.objects["secrets"]["pomerium/bootstrap"]["data"]["shared_secret"]


class IntoDatabroker(Pipeline):
    """Without a flag that has the secret."""

    def __init__(self, sluice, tmp, folder, databroker, *args):
        tmp.mkdir(exist_ok=True)
        super().__init__(sluice, tmp, folder, env={"SHARED_SECRET": ""})
        self.args = [sluice, "up", "-f", str(folder), "--databroker-service-url", databroker.url, "--run-dir", str(self.run_dir), *args]

    def everything_about(self, room):
        """Command line and environment of a running process."""
        (pid,) = self.children(room)
        return b"".join(pathlib.Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


def test_the_object_brings_the_secret_of_the_databroker(sluice, tmp_path, folder):
    shared = new_secret()
    (folder / "pomerium.yaml").unlink()
    write(folder / "app.yaml", app("app"))
    with Databroker(tmp_path / "databroker", secret=shared) as databroker, IntoDatabroker(sluice, tmp_path / "a", folder, databroker) as p:
        wait_for(p.log, lambda: "everybody has arrived" in p.log() or 'reason="there is no Pomerium object' in p.log())
        assert "the Pomerium object brings the shared secret" in p.log()
        assert not databroker.records()
        write(folder / "secret.yaml", secret(shared))
        write(folder / "pomerium.yaml", POMERIUM)
        wait_for(p.log, lambda: "sluice/ingress/shop/app" in databroker.records())
        shared = databroker.secret = new_secret()
        databroker.stop()
        databroker.start()
        wait_for(p.log, lambda: "hint=" in p.log(), 10)
        write(folder / "secret.yaml", secret(shared))
        wait_for(p.log, lambda: "sluice/ingress/shop/app" in databroker.records(), 5)
        assert shared not in p.log()
        assert not any(shared.encode() in p.everything_about(room) for room in ("watcher", "resolver", "translator", "publisher"))


def test_a_flag_wins_over_the_object(sluice, tmp_path, folder):
    write(folder / "app.yaml", app("app"))
    with Databroker(tmp_path / "databroker") as databroker:
        given = tmp_path / "secret"
        given.write_text(databroker.secret)
        with IntoDatabroker(sluice, tmp_path / "a", folder, databroker, "--shared-secret-file", str(given)) as p:
            wait_for(p.log, lambda: "sluice/ingress/shop/app" in databroker.records())
            assert "brings the shared secret" not in p.log()
