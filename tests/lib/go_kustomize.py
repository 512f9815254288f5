"""The containers of the Go controller's own kustomize, as tests/cluster/kustomize_args.tsv has them, and a cluster for them to serve."""
import collections
import os
import pathlib
import re

from pipeline import app, wait_for

ROOT = pathlib.Path(__file__).parent.parent.parent
CONTAINERS = collections.defaultdict(lambda: {"args": [], "env": {}})
for line in (ROOT / "tests/cluster/kustomize_args.tsv").read_text().splitlines()[1:]:
    folder, owner, container, what, name, value = line.split("\t")
    if what == "arg":
        CONTAINERS[folder, container]["args"].append(f"{name}={value}" if value else name)
    elif what == "env":
        CONTAINERS[folder, container]["env"][name] = value
FOLDERS = sorted({folder for folder, _ in CONTAINERS})
# what Kubernetes fills in
FIELDS = {"POMERIUM_NAMESPACE": "pomerium", "POD_NAMESPACE": "pomerium", "POD_NAME": "pomerium-0"}


def fill(c):
    """Three Ingresses for each of the instances."""
    c.install_crds()
    wait_for("the kind PolicyFilter is served", lambda: c.call("GET", "/apis/gateway.pomerium.io/v1alpha1/policyfilters", raw=True)[0] == 200, 30)
    for i, name in enumerate(("", "-2", "-mcp")):
        c.apply_yaml(f"""apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: pomerium{name}}}
spec: {{controller: pomerium.io/ingress-controller{name}}}
---
apiVersion: ingress.pomerium.io/v1
kind: Pomerium
metadata: {{name: global{name}}}
spec: {{secrets: pomerium/bootstrap, storage: {{file: {{path: /tmp/databroker}}}}}}
""")
        for k in range(3):
            c.apply_yaml(app(f"app{name}-{k}", f"10.0.{i}.{k + 1}").replace("ingressClassName: pomerium", f"ingressClassName: pomerium{name}"))
    c.apply_yaml("apiVersion: v1\nkind: Service\nmetadata: {name: pomerium-proxy, namespace: pomerium}\nspec: {type: LoadBalancer, ports: [{port: 443}]}\n")
    status, _ = c.call("PATCH", "/api/v1/namespaces/pomerium/services/pomerium-proxy/status", {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}},
                       content_type="application/merge-patch+json")
    assert status == 200


def environment(cluster, folder, container, pod_ip, **more):
    """Of the container, in a pod of that address."""
    said = CONTAINERS[folder, container]["env"]
    fields = {**FIELDS, "POD_IP": pod_ip}
    env = {name: fields[name] if value.startswith("(from ") else value for name, value in said.items()}
    return {"PATH": os.environ["PATH"], "KUBECONFIG": str(cluster.kubeconfig()), **env, **more}


def arguments(folder, container, env):
    return [re.sub(r"\$\((\w+)\)", lambda m: env[m[1]], arg) for arg in CONTAINERS[folder, container]["args"]]


def warnings(log):
    return [line for line in log.splitlines() if re.search(r" level=(warn|error) ", line)]
