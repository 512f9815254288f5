"""Examples of documentation, made complete: the class, Services with an endpoint and Secrets that they talk about."""
import functools
import json
import pathlib
import re
import subprocess

import yaml

from pipeline import CLASS

ROOT = pathlib.Path(__file__).parent.parent.parent


def blocks(text, language):
    """Fenced blocks of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def rows(text):
    """Cells of every row of every table, without heads."""
    for line in text.split("\n"):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if len(cells) > 1 and not set("".join(cells)) <= set("-: "):
            yield cells


def annotations():
    """Of docs/annotations.md: {name: (example, name of what it needs beside it or None)}."""
    found = {}
    for cells in rows((ROOT / "docs/annotations.md").read_text()):
        if cells[0] == "annotation":
            continue
        name, example = cells[0].strip("`"), cells[2].strip("`")
        beside = re.search(r"\+ `([a-z_]+)`$", cells[3])
        assert name not in found, f"{name} stands there twice"
        found[name] = (example, beside and beside[1])
    return found


def services(owner):
    """(name, port as the Ingress or the HTTPRoute says it) of all backends."""
    for rule in owner["spec"].get("rules", []):
        for backend in rule.get("backendRefs", []):
            yield backend["name"], {"number": backend["port"]}
        for path in rule.get("http", {}).get("paths", []):
            yield path["backend"]["service"]["name"], path["backend"]["service"]["port"]


@functools.cache
def secrets_of_demo():
    """Throw-away Secrets, certificates among them, by name."""
    found = {}
    for path in sorted((ROOT / "deploy/demo").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document and document["kind"] == "Secret" and document["metadata"].get("namespace", "default") == "default":
                found[document["metadata"]["name"]] = document
    return found


def complete(documents):
    """What is missing to translate the documents: as YAML, behind them."""
    there = {(d["kind"], d["metadata"].get("namespace", "default"), d["metadata"]["name"]) for d in documents}
    demo, out = secrets_of_demo(), list(documents)

    def add(document, namespace):
        document = json.loads(json.dumps(document))
        document["metadata"]["namespace"] = namespace
        key = (document["kind"], namespace, document["metadata"]["name"])
        if key not in there:
            there.add(key)
            out.append(document)

    for owner in [d for d in documents if d["kind"] in ("Ingress", "HTTPRoute")]:
        namespace = owner["metadata"].get("namespace", "default")
        for name, port in services(owner):
            ports = [{"name": port.get("name", "http"), "port": port.get("number", 80)}]
            if ("Service", namespace, name) in there:
                continue
            add({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}}, namespace)
            add({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                 "metadata": {"name": f"{name}-1", "labels": {"kubernetes.io/service-name": name}},
                 "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}], "ports": ports}, namespace)
        for tls in owner["spec"].get("tls", []):
            certificate = {**demo["upstream-client"], "metadata": {"name": tls["secretName"]}}
            add(certificate, namespace)
        for key, value in owner["metadata"].get("annotations", {}).items():
            if key.endswith("_secret") and value in demo:
                add(demo[value], namespace)
    return CLASS + "---\n" + yaml.safe_dump_all(out)


def run(sluice, documents, tmp, verb="translate", *args):
    """(status, stdout, stderr) of a verb on completed documents."""
    path = tmp / "example.yaml"
    path.write_text(complete(documents))
    done = subprocess.run([sluice, verb, "-f", path, *args], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def accepted(sluice, documents, tmp):
    """The routes; nothing may be rejected."""
    status, stdout, stderr = run(sluice, documents, tmp, "translate", "--format", "json")
    assert status == 0, stderr
    hosts = {rule["host"] for d in documents if d["kind"] == "Ingress" for rule in d["spec"].get("rules", []) if "host" in rule}
    routes = json.loads(stdout).get("routes", [])
    served = {re.sub(r"^[a-z+]+://|[:/].*$", "", route["from"]) for route in routes}
    assert hosts <= served, f"{hosts - served} has no route; {stderr}"
    return routes
