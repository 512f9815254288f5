"""Certificates by themselves beside a real Pomerium, the program that POMERIUM_BIN names: what a browser is shown."""
import base64
import subprocess

import pytest
from cert_manager import CertManager
from cluster import Cluster
from pipeline import CLASS, app, wait_for
from test_pomerium import PROGRAM, PUBLIC, Proxy

pytestmark = pytest.mark.skipif(not PROGRAM, reason="POMERIUM_BIN names no Pomerium")


def subject_names(proxy, host):
    """The names of the certificate that a browser is shown for this host."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.https}", "-servername", host], capture_output=True, stdin=subprocess.DEVNULL, timeout=10)
    return subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=done.stdout, capture_output=True).stdout.decode()


def settings(cluster, issuer):
    secret = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    cluster.apply_yaml(f"""{{apiVersion: v1, kind: Secret, metadata: {{name: bootstrap, namespace: pomerium}}, data: {{shared_secret: {secret}, cookie_secret: {secret}}}}}
---
{{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {{name: global}}, spec: {{secrets: pomerium/bootstrap, certificateAutoProvision: {issuer}}}}}""")


def test_a_browser_is_shown_what_was_ordered(sluice, tmp_path):
    hosts = ["one.example.com", "two.example.com", "broken.example.com"]
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.install_crds()
        cluster.install_cert_manager()
        cluster.apply_yaml(CLASS)
        for i, host in enumerate(hosts):
            cluster.apply_yaml(app(f"app-{i}", host=host, annotations=PUBLIC))
        settings(cluster, "{clusterIssuer: le}")
        proxy = Proxy(sluice, tmp_path, tmp_path / "none", "--report", "--certificate-delay", "1s", "--certificate-namespace", "pomerium")
        i = proxy.args.index("-f")
        proxy.args[i:i + 2] = ["--kubeconfig", str(cluster.base_rights)]
        with CertManager(cluster, fumbled=["broken.example.com"]), proxy as p:
            for host in hosts[:2]:
                wait_for(lambda: p.log()[-3000:], lambda: f"DNS:{host}" in subject_names(p, host), 90)
            # one that Pomerium would refuse stops nobody: another host is served, with a certificate of its own
            cluster.apply_yaml(app("late", host="late.example.com", annotations=PUBLIC))
            wait_for(lambda: p.log()[-3000:], lambda: "DNS:late.example.com" in subject_names(p, "late.example.com"), 90)
            assert "DNS:broken.example.com" not in subject_names(p, "broken.example.com")
