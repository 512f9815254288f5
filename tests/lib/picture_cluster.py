"""A cluster for the pictures of the documentation, until it is ended: an installed Sluice, an application, and one that is broken.

usage: picture_cluster.py KUBECONFIG SLUICE
"""
import pathlib
import signal
import subprocess
import sys
import tempfile

from cluster import Cluster
from pipeline import app

ROOT = pathlib.Path(__file__).parent.parent.parent
BROKEN = "ingress.pomerium.io/allow_public_unauthenticated_access: 'true'\ningress.pomerium.io/timeout: soon"


def main(kubeconfig, sluice):
    with tempfile.TemporaryDirectory() as tmp, Cluster(tmp) as cluster:
        cluster.install_crds()
        for path in ("base/namespace", "base/ingress-class", "hello/pomerium"):
            cluster.apply_yaml((ROOT / f"deploy/{path}.yaml").read_text())
        cluster.apply_yaml(app("web", host="shop.example.com"))
        cluster.apply_yaml(app("cart", host="shop.example.com", paths=["/cart"], annotations=BROKEN))
        config = cluster.kubeconfig()
        subprocess.run([sluice, "gen-secrets", "--apply", "--kubeconfig", config], check=True)
        pathlib.Path(kubeconfig).write_text(config.read_text())
        signal.sigwait({signal.SIGTERM})


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
main(*sys.argv[1:])
