"""Ingresses of a tenant that wants all translators for itself, by what they multiply."""
import itertools
import json
import string

from pipeline import write

PREFIX = "ingress.pomerium.io/"
N_PATHS = 9990


def service(name):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "aaa"}, "spec": {"ports": [{"name": "http", "port": 80}]}}


def slices(name, n):
    """EndpointSlices with n addresses."""
    for s, first in enumerate(range(0, n, 500)):
        addresses = [f"10.{i // 62500}.{i // 250 % 250}.{i % 250 + 1}" for i in range(first, min(first + 500, n))]
        yield {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
               "metadata": {"name": f"{name}-{s}", "namespace": "aaa", "labels": {"kubernetes.io/service-name": name}},
               "endpoints": [{"addresses": [a]} for a in addresses], "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}


def ingress(name, edit, n_paths, annotations, path="/{}", kind="Prefix"):
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    paths = [{"path": path.format(i), "pathType": kind, "backend": backend} for i in range(n_paths)]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": "aaa", "annotations": {PREFIX + "name": f"edit-{edit}", **{PREFIX + k: v for k, v in annotations.items()}}},
            "spec": {"ingressClassName": "pomerium", "rules": [{"host": f"{name}.example.com", "http": {"paths": paths}}]}}


def many_headers(n):
    names = ("".join(letters) for letters in itertools.product(string.ascii_lowercase, repeat=4))
    return {"set_request_headers": "{" + ",".join(f"{name}: a" for name in itertools.islice(names, n)) + "}"}


def policy(n):
    """For n people."""
    return {"policy": json.dumps([{"allow": {"or": [{"email": {"is": f"user-{i}@example.com"}} for i in range(n)]}}])}


def secret(name, n):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "aaa"}, "stringData": {"X-Big": "x" * n}}


# Each with who refuses it and the figures that its sentence has.
SHAPES = {
    "paths x headers": (lambda e: [service("x"), ingress("x", e, N_PATHS, many_headers(20000))], "translator", "9990 paths, with .* would need .* 16384 are the limit"),
    "paths x few headers": (lambda e: [service("x"), ingress("x", e, N_PATHS, many_headers(2500))], "translator", "9990 paths, with .* would need .* 16384 are the limit"),
    "paths x endpoints": (lambda e: [service("x"), *slices("x", 1000), ingress("x", e, N_PATHS, {})], "resolver", "9990 paths lead to 9990000 upstreams, but may lead to 130000"),
    "paths x policy": (lambda e: [service("x"), ingress("x", e, N_PATHS, policy(2000))], "translator", "9990 paths, with .* would need .* 16384 are the limit"),
    "paths x secret": (lambda e: [service("x"), secret("big", 16000), ingress("x", e, N_PATHS, {"set_request_headers_secret": "big"})], "translator",
                       "9990 paths, with .* would need .* 16384 are the limit"),
    "regular expressions": (lambda e: [service("x"), ingress("x", e, N_PATHS, {"path_regex": "true"}, "/{}(ab|cd){{50}}", "ImplementationSpecific")], "translator",
                            "regular expressions of its 9990 paths need [0-9]+ instructions of RE2, but may need 200000"),
    "too many paths": (lambda e: [service("x"), ingress("x", e, 10001, {})], "resolver", "more than 10000 paths, namely 10001"),
}


def put(folder, name, documents):
    write(folder / name, "---\n".join(json.dumps(d) + "\n" for d in documents))
