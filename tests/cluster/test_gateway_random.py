"""Random operations on all kinds of the Gateway API, with kills and restarts of the API server: configuration and statuses are those of
`sluice translate --status` of what the cluster holds. GATEWAY_STEPS, GATEWAY_SEED: how many, and which."""
import json
import os
import random
import re

import yaml
from cluster import DUMPED, KINDS, Cluster, ClusterPipeline
from pipeline import CLASS as INGRESS_CLASS, app, certificate, read, tls_secret, translate, wait_for
from test_gateway import OURS, statuses, told

STEPS, SEED = int(os.environ.get("GATEWAY_STEPS", 400)), int(os.environ.get("GATEWAY_SEED", 1))
GATEWAY_API, POMERIUM_API = "gateway.networking.k8s.io/v1", "gateway.pomerium.io/v1alpha1"
SPACES = ("edge", "shop", "lab")
HOSTS = ("a.example.com", "b.example.com", "x.a.example.com", "*.example.com", "a.example.org", "*.example.org")
STATUS = ("--update-status-from-service", "edge/proxy")
ROOMS = ("watcher", "resolver", "translator", "publisher")
PPL = ("allow: {and: [{domain: {is: example.com}}]}", "allow: {or: [{accept: true}]}", "allow: {or: [{maybe: 1}]}", "")
SERVED = {"from", "prefix", "to", "policies", "response"}
REASONS = {"Accepted", "Programmed", "Valid", "Invalid", "NotAllowedByListeners", "NoMatchingParent", "ResolvedRefs", "BackendNotFound", "NotAllowed",
           "InvalidCertificateRef", "NoValidCACertificate"}


class Operations:
    """Creates, changes and deletes objects of every kind, seeded. Names are few, so that they meet."""

    def __init__(self, cluster, tmp, seed):
        self.cluster, self.dice, self.pairs = cluster, random.Random(seed), []
        for host in ("*.example.com", "*.example.org"):
            folder = tmp / f"pair-{len(self.pairs)}"
            folder.mkdir()
            certificate(folder, host)
            self.pairs.append(folder)
        for space in SPACES:
            cluster.call("POST", "/api/v1/namespaces", self.namespace(space))
        self.kinds = [kind for kind, share in ((self.route, 8), (self.gateway, 4), (self.listener_set, 4), (self.grant, 3), (self.filter, 3), (self.service, 3),
                                               (self.secret, 3), (self.gateway_class, 2), (self.namespace, 2), (self.tls_policy, 2),
                                               (self.config_map, 1), (self.ingress, 1)) for _ in range(share)]

    def step(self):
        what = self.dice.random()
        if what < 0.03:
            return self.address()
        if what < 0.06:
            return self.other_controller()
        obj = self.dice.choice(self.kinds)()
        if self.dice.random() < (0.1 if obj["kind"] in ("GatewayClass", "Gateway") else 0.25) and obj["kind"] != "Namespace":
            return self.cluster.delete(obj)
        if obj["kind"] == "HTTPRoute" and self.dice.random() < 0.05:
            obj["metadata"]["finalizers"] = ["example.com/held"]  # a later delete does not end it, a later change does
        return self.cluster.apply(obj)

    def some(self, *choices):
        """Mostly the first."""
        return choices[0] if self.dice.random() < 0.6 else self.dice.choice(choices)

    def object(self, version, kind, name, namespace, spec):
        meta = {"name": name, **({"namespace": namespace} if namespace else {})}
        return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}

    def space(self):
        return self.dice.choice(SPACES)

    def numbered(self, stem, n):
        return f"{stem}-{self.dice.randrange(n)}"

    def namespace(self, name=None):
        labels = {"team": self.dice.choice(("red", "blue"))} if self.dice.random() < 0.7 else {}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name or self.space(), "labels": labels}}

    def gateway_class(self):
        spec = {"controllerName": self.some(OURS, OURS, OURS, "example.com/other")}
        if self.dice.random() < 0.4:
            spec["parametersRef"] = {"group": "gateway.pomerium.io", "kind": self.some("PolicyFilter", "Odd"), "namespace": self.space(), "name": self.numbered("filter", 2)}
        obj = self.object(GATEWAY_API, "GatewayClass", self.numbered("class", 2), None, spec)
        if self.dice.random() < 0.5:  # the name of the controller cannot be changed, so a class goes and comes back
            self.cluster.delete(obj)
        else:
            spec["controllerName"] = self.cluster.call("GET", f"{KINDS['gatewayclasses'][0]}/gatewayclasses/{obj['metadata']['name']}")[1].get(
                "spec", spec)["controllerName"]
        return obj

    def listener(self, name):
        protocol = self.some("HTTPS", "HTTP", "example.com/odd")
        listener = {"name": name, "port": 443 if protocol == "HTTPS" else self.some(80, 8080), "protocol": protocol}
        if self.dice.random() < 0.7:
            listener["hostname"] = self.dice.choice(HOSTS)
        if protocol == "HTTPS":
            ref = {"name": self.numbered("tls", 3)}
            if self.dice.random() < 0.4:
                ref["namespace"] = self.space()
            listener["tls"] = {"certificateRefs": [ref]}
        allowed = {}
        if self.dice.random() < 0.8:
            allowed["namespaces"] = self.selector(self.some("All", "Same", "Selector"))
        if self.dice.random() < 0.15:
            allowed["kinds"] = self.dice.choice(([{"kind": "TCPRoute"}], [{"kind": "HTTPRoute"}], [{"kind": "HTTPRoute"}, {"kind": "TCPRoute"}]))
        return {**listener, **({"allowedRoutes": allowed} if allowed else {})}

    def selector(self, whose):
        return {"from": whose, **({"selector": {"matchLabels": {"team": self.dice.choice(("red", "blue"))}}} if whose == "Selector" else {})}

    def listeners(self):
        """Of one Gateway or set: the API server refuses two of one port, protocol and hostname."""
        unlike = {}
        for i in range(self.dice.randrange(1, 4)):
            made = self.listener(f"l-{i}")
            unlike[made["port"], made["protocol"], made.get("hostname")] = made
        return list(unlike.values())

    def gateway(self):
        spec = {"gatewayClassName": self.numbered("class", 2), "listeners": self.listeners()}
        if self.dice.random() < 0.6:
            spec["allowedListeners"] = {"namespaces": self.selector(self.some("All", "Same", "Selector", "None"))}
        if self.dice.random() < 0.1:
            spec["addresses"] = [{"type": "IPAddress", "value": self.dice.choice(("203.0.113.1", "203.0.113.2"))}]
        if self.dice.random() < 0.05:
            spec["infrastructure"] = {"parametersRef": {"group": "example.com", "kind": "Odd", "name": "odd"}}
        return self.object(GATEWAY_API, "Gateway", self.numbered("gw", 2), self.some("edge", "shop"), spec)

    def listener_set(self):
        spec = {"parentRef": {"name": self.numbered("gw", 2), "namespace": self.some("edge", "shop")}, "listeners": self.listeners()}
        return self.object(GATEWAY_API, "ListenerSet", self.numbered("set", 3), self.space(), spec)

    def parent(self):
        ref = {"name": self.numbered("gw", 2), "namespace": self.some("edge", "shop")}
        if self.dice.random() < 0.25:
            ref = {"group": "gateway.networking.k8s.io", "kind": "ListenerSet", "name": self.numbered("set", 3), "namespace": self.space()}
        if self.dice.random() < 0.2:
            ref["sectionName"] = self.numbered("l", 4)
        if self.dice.random() < 0.1:
            ref["port"] = self.dice.choice((80, 443, 8080))
        return ref

    def route(self):
        unlike = {json.dumps(ref, sort_keys=True): ref for ref in (self.parent() for _ in range(self.some(1, 2)))}
        named = {(ref.get("kind"), ref["name"], ref["namespace"]) for ref in unlike.values()}
        parents = list(unlike.values()) if len(named) == len(unlike) else list(unlike.values())[:1]
        spec = {"parentRefs": parents, "rules": [self.rule() for _ in range(self.some(1, 2))]}
        if self.dice.random() < 0.8:
            spec["hostnames"] = self.dice.sample(HOSTS, self.some(1, 2))
        return self.object(GATEWAY_API, "HTTPRoute", self.numbered("r", 8), self.space(), spec)

    def rule(self):
        path = self.some({"type": "PathPrefix", "value": f"/{self.dice.randrange(4)}"}, {"type": "Exact", "value": "/same"},
                         {"type": "RegularExpression", "value": "/v[0-9]+"}, {"type": "RegularExpression", "value": "/v[0-9+"})
        match = {"path": path, **({"method": "GET"} if self.dice.random() < 0.1 else {})}
        rule = {"matches": [match], "backendRefs": [self.backend() for _ in range(self.some(1, 0, 2))]}
        if self.dice.random() < 0.5:
            rule["filters"] = [self.filter_of_rule()]
        if self.dice.random() < 0.1:
            rule["timeouts"] = {"request": "10s"}
        return rule

    def filter_of_rule(self):
        policy = {"type": "ExtensionRef", "extensionRef": {"group": "gateway.pomerium.io", "kind": "PolicyFilter", "name": self.numbered("filter", 2)}}
        return self.some(policy, {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "X-A", "value": "$a"}]}},
                         {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "web-0", "port": 80}}},
                         {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "X-B", "value": "b"}]}})

    def backend(self):
        ref = {"name": self.numbered("web", 3), "port": 80, "weight": self.some(1, 0, 7)}
        if self.dice.random() < 0.3:
            ref["namespace"] = self.space()
        if self.dice.random() < 0.05:
            ref.update(group="example.com", kind="Odd")
        return ref

    def grant(self):
        frm, to = self.dice.choice((("Gateway", "Secret"), ("HTTPRoute", "Service"), ("ListenerSet", "Secret")))
        to = {"group": "", "kind": to, **({"name": self.numbered("tls" if to == "Secret" else "web", 3)} if self.dice.random() < 0.3 else {})}
        spec = {"from": [{"group": "gateway.networking.k8s.io", "kind": frm, "namespace": self.space()}], "to": [to]}
        return self.object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", self.numbered("grant", 3), self.space(), spec)

    def filter(self):
        return self.object(POMERIUM_API, "PolicyFilter", self.numbered("filter", 2), self.space(), {"ppl": self.some(*PPL)})

    def tls_policy(self):
        validation = {"hostname": self.some("in.example.com", "other.example.com")}
        if self.dice.random() < 0.5:
            validation["caCertificateRefs"] = [{"group": "", "kind": self.some("ConfigMap", "Secret", "Odd"), "name": self.numbered("ca", 2)}]
        else:
            validation["wellKnownCACertificates"] = "System"
        target = {"group": "", "kind": "Service", "name": self.numbered("web", 3), **({"sectionName": "http"} if self.dice.random() < 0.2 else {})}
        return self.object(GATEWAY_API, "BackendTLSPolicy", self.numbered("tls", 3), self.space(), {"targetRefs": [target], "validation": validation})

    def config_map(self):
        data = {"ca.crt": (self.dice.choice(self.pairs) / "tls.crt").read_text()} if self.dice.random() < 0.7 else {"other": "a"}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self.numbered("ca", 2), "namespace": self.space()}, "data": data}

    def service(self):
        port = {"name": "http", "port": 80, "targetPort": self.some(8080, 80), **({"appProtocol": self.dice.choice(("kubernetes.io/h2c", "kubernetes.io/ws", "example.com/odd"))}
                                                               if self.dice.random() < 0.2 else {})}
        obj = self.object("v1", "Service", self.numbered("web", 3), self.space(), {"ports": [port]})
        if self.dice.random() < 0.2:
            self.cluster.delete(obj)  # the address of a Service cannot be changed
            obj["spec"]["clusterIP"] = "None"
        return obj

    def secret(self):
        obj = json.loads(tls_secret(self.dice.choice(self.pairs), self.numbered("tls", 3), self.space()))
        if self.dice.random() < 0.2:
            obj["data"]["tls.crt"] = "bm9uZQ=="
        return obj

    def ingress(self):
        """With all that it needs: of one that is rejected the last good routes stay, which no fresh translation has."""
        *others, obj = yaml.safe_load_all(app(self.numbered("in", 2), namespace=self.space(), host=self.dice.choice(HOSTS[:3])))
        for other in others:
            self.cluster.apply(other)
        return obj

    def address(self):
        """The Service that says where we are gets, changes or loses its addresses."""
        self.cluster.apply(self.object("v1", "Service", "proxy", "edge", {"type": "LoadBalancer", "ports": [{"port": 443}]}))
        given = self.some([{"ip": f"203.0.113.{self.dice.randrange(1, 3)}"}], [{"hostname": "lb.example.com"}], [])
        self.cluster.call("PATCH", "/api/v1/namespaces/edge/services/proxy/status", {"status": {"loadBalancer": {"ingress": given}}},
                          content_type="application/merge-patch+json")

    def other_controller(self):
        """Another controller tells a route something, at any place among the entries."""
        where = f"{KINDS['httproutes'][0]}/namespaces/{self.space()}/httproutes/{self.numbered('r', 8)}"
        status, now = self.cluster.call("GET", where)
        if status == 200:
            entries = [e for e in now.get("status", {}).get("parents", []) if e["controllerName"] == OURS]
            entries.insert(self.dice.randrange(len(entries) + 1), {
                "controllerName": "example.com/other", "parentRef": {"name": "theirs"}, "conditions": [
                    {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]})
            now["status"] = {"parents": entries}
            self.cluster.call("PUT", f"{where}/status", now)


def configuration(text):
    """A certificate is stored once, and printed by `translate` for each listener that refers to it."""
    v = json.loads(text or "{}")
    certificates = {c["cert_bytes"]: c for c in v.get("settings", {}).pop("certificates", [])}
    return v.get("routes", []), v.get("settings"), sorted(certificates)


def same(p, cluster, seen):
    """The configuration is what `translate` makes of the cluster, and each object is told what `translate --status` says."""
    want = configuration(translate(p.sluice, cluster.dump(p.tmp / "dump"), args=STATUS)[1])
    wait_for(lambda: f"{configuration(read(p.out))}\n  want {want}\n{p.log()[-3000:]}", lambda: configuration(read(p.out)) == want, 45)
    told(p, cluster, *STATUS)
    seen.update(re.findall(r"'reason': '(\w+)'", str(statuses(cluster))), [key for r in want[0] for key in r])


def test_random_operations_on_all_kinds_under_kills_and_restarts(sluice, tmp_path):
    with Cluster(tmp_path / "cluster") as c:
        c.install_crds()
        c.install_gateway_api()
        c.apply_yaml(INGRESS_CLASS)
        operations, dice, seen = Operations(c, tmp_path, SEED), random.Random(SEED + 1), set()
        with ClusterPipeline(sluice, tmp_path, c, *STATUS, workers=2) as p:
            for i in range(1, STEPS + 1):
                operations.step()
                if i % 20 == 0:
                    p.kill(dice.choice(ROOMS))
                if i % 600 == 300:
                    c.stop_api()
                    c.start_api()
                    wait_for("all kinds are served", lambda: all(c.call("GET", f"{KINDS[k][0]}/{k}")[0] in (200, 404) for k in DUMPED), 30)
                if i % 50 == 0:
                    same(p, c, seen)
            same(p, c, seen)
    # what was compared is not nothing
    missing = (SERVED | REASONS) - seen
    assert not missing
