"""sluice keep-token: a token of another account that has an end and is renewed before it."""
import base64
import json
import re
import signal
import subprocess

import pytest
from cluster import Cluster
from pipeline import wait_for
from test_deploy import APPLY, DEPLOY, kube

WRITER = "system:serviceaccount:pomerium:sluice-writer"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        kube(c, *APPLY, "-k", DEPLOY / "base")
        yield c


@pytest.fixture(scope="module")
def reader(cluster):
    """A kubeconfig of the account that the pod carries."""
    status, answer = cluster.call("POST", "/api/v1/namespaces/pomerium/serviceaccounts/sluice-reader/token",
                                  {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
    assert status == 201
    path = cluster.kubeconfig(answer["status"]["token"], "reader")
    path.write_text(path.read_text().replace("insecure-skip-tls-verify: true", f"tls-server-name: kubernetes.default.svc, certificate-authority: {cluster.tmp}/certs/apiserver.crt"))
    return path


class Keeper:
    def __init__(self, sluice, tmp, kubeconfig, account="pomerium/sluice-writer", *more):
        self.folder = tmp / "kept"
        self.folder.mkdir()
        self.path = tmp / "log"
        self.words = [sluice, "keep-token", "--kubeconfig", kubeconfig, "--service-account", account, "--out", self.folder, *more]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.DEVNULL, stderr=open(self.path, "w"), stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *failure):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert failure[0] or status == 0, self.log()

    def log(self):
        return self.path.read_text()

    def token(self):
        path = self.folder / "token"
        return path.read_text() if path.exists() else ""


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_it_is_the_writers_and_ends(sluice, cluster, reader, tmp_path):
    with Keeper(sluice, tmp_path, reader) as k:
        wait_for(k.log, k.token)
        token = k.token()
        assert (claims(token)["sub"], claims(token)["exp"] - claims(token)["iat"]) == (WRITER, 3600)
        status, answer = cluster.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}, token=token)
        assert (status, answer["status"]["userInfo"]["username"]) == (201, WRITER)
        assert cluster.call("GET", "/api/v1/secrets", token=token)[0] == 403
        assert (k.folder / "ca.crt").read_bytes() == (cluster.tmp / "certs/apiserver.crt").read_bytes()
        assert (k.folder / "namespace").read_text() == "pomerium"
        assert {p.stat().st_mode & 0o777 for p in k.folder.iterdir()} == {0o600}
        assert token not in k.log()
        assert not any(token.encode() in open(f"/proc/{k.process.pid}/{name}", "rb").read() for name in ("cmdline", "environ"))


def test_it_is_renewed_over_a_restart_of_the_server(sluice, cluster, reader, tmp_path):
    with Keeper(sluice, tmp_path, reader, "pomerium/sluice-writer", "--renew-interval", "1s") as k:
        wait_for(k.log, k.token)
        first = k.token()
        wait_for(k.log, lambda: k.token() != first)
        cluster.stop_api()
        wait_for(k.log, lambda: "no new token, trying again" in k.log(), 20)
        last = k.token()
        assert claims(last)["sub"] == WRITER, "the old one stays"
        cluster.start_api()
        wait_for(k.log, lambda: k.token() != last, 40)
        wait_for(k.log, lambda: "token renewed" in k.log())  # said once it is written
        reasons = re.findall("no new token.*? (reason=.*)", k.log())
        assert all(a != b for a, b in zip(reasons, reasons[1:])), "each is said once"


def test_of_no_other_account(sluice, reader, tmp_path):
    with Keeper(sluice, tmp_path, reader, "pomerium/sluice-reader") as k:
        wait_for(k.log, lambda: "forbidden" in k.log())
        assert "pomerium/sluice-reader" in k.log() and not k.token()


@pytest.mark.parametrize("words,said", [
    (["--out", "/tmp"], '--service-account is ""; it must be NAMESPACE/NAME'),
    (["--service-account", "sluice-writer", "--out", "/tmp"], '--service-account is "sluice-writer"; it must be NAMESPACE/NAME'),
    (["--service-account", "a/b"], "name the folder for the token with --out"),
    (["--service-account", "a/b", "--out", "/tmp", "--expiration", "1m"], "expiration"),
])
def test_usage(sluice, words, said):
    done = subprocess.run([sluice, "keep-token", *words], capture_output=True, text=True)
    assert done.returncode == 2 and said in done.stderr
