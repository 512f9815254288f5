"""Ingresses of a tenant that wants all translators for itself."""
import json

from pipeline import write

PREFIX = "ingress.pomerium.io/"


def service(name):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "aaa"}, "spec": {"ports": [{"name": "http", "port": 80}]}}


def ingress(name, edit, n_paths, annotations, path="/{}", kind="Prefix"):
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    paths = [{"path": path.format(i), "pathType": kind, "backend": backend} for i in range(n_paths)]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": "aaa", "annotations": {PREFIX + "name": f"edit-{edit}", **{PREFIX + k: v for k, v in annotations.items()}}},
            "spec": {"ingressClassName": "pomerium", "rules": [{"host": f"{name}.example.com", "http": {"paths": paths}}]}}


def put(folder, name, documents):
    write(folder / name, "---\n".join(json.dumps(d) + "\n" for d in documents))
