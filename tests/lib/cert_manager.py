"""The part of cert-manager, as far as a Certificate asks for it: a real key and a real certificate in the Secret that it names."""
import base64
import subprocess
import tempfile
import threading
import pathlib

CERTIFICATES = "/apis/cert-manager.io/v1/certificates"
LABEL = {"app.kubernetes.io/managed-by": "pomerium-certificate-controller"}


def make_pair(names, use="serverAuth"):
    """(certificate, key) in PEM, self-signed."""
    with tempfile.TemporaryDirectory() as folder:
        key, crt = pathlib.Path(folder) / "key", pathlib.Path(folder) / "crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-subj", "/CN=test",
                        "-addext", "subjectAltName=" + ",".join(f"DNS:{n}" for n in names), "-addext", "extendedKeyUsage=" + use, "-keyout", key, "-out", crt], check=True, capture_output=True)
        return crt.read_bytes(), key.read_bytes()


class CertManager(threading.Thread):
    """Fulfils each Certificate once, like an ACME issuer that counts: `orders` has the names of each, in order. Whoever is in `fumbled` gets the
    key of somebody else."""

    def __init__(self, cluster, fumbled=()):
        super().__init__(daemon=True)
        self.cluster, self.fumbled = cluster, set(fumbled)
        self.orders, self.done, self.ended = [], set(), threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(30)

    def certificates(self):
        return self.cluster.call("GET", CERTIFICATES)[1]["items"]

    def run(self):
        while not self.ended.wait(0.1):
            for certificate in self.certificates():
                if certificate["metadata"]["uid"] not in self.done:
                    self.done.add(certificate["metadata"]["uid"])
                    self.fulfil(certificate)

    def fulfil(self, certificate):
        spec, meta = certificate["spec"], certificate["metadata"]
        self.orders.append(tuple(spec["dnsNames"]))
        crt, key = make_pair(spec["dnsNames"])
        if self.fumbled & set(spec["dnsNames"]):
            key = make_pair(["other.example.com"])[1]
        self.cluster.call("POST", f"/api/v1/namespaces/{meta['namespace']}/secrets", {
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": spec["secretName"], "labels": spec.get("secretTemplate", {}).get("labels", {})},
            "data": {"tls.crt": base64.b64encode(crt).decode(), "tls.key": base64.b64encode(key).decode()}})
