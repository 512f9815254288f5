"""What happens in a cluster: a small world, and in each scenario a few steps away from it.

A step is an object as it is from then on, (kind, key) that goes, or the publisher of a replica that ends. `before` makes the world another one at the start.
"""
import base64
import dataclasses
import functools
import pathlib
import subprocess
import tempfile

import fake_api
from cluster import plural_of

NETWORKING, GATEWAY = "networking.k8s.io/v1", "gateway.networking.k8s.io/v1"
KEYS = ("shared_secret", "cookie_secret")


def obj(api, kind, name, namespace="shop", /, **fields):
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("meta", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **fields}


def namespace(name, **labels):
    return obj("v1", "Namespace", name, None, meta={"labels": {"kubernetes.io/metadata.name": name, **labels}})


def ingress_class(controller="pomerium.io/ingress-controller"):
    return obj(NETWORKING, "IngressClass", "pomerium", None, spec={"controller": controller})


def service(name, where="shop", port=80, **spec):
    return obj("v1", "Service", name, where, spec={"ports": [{"name": "http", "port": port, "targetPort": 8080}], **spec})


def endpoints(name, *addresses, where="shop"):
    return obj("discovery.k8s.io/v1", "EndpointSlice", f"{name}-1", where, meta={"labels": {"kubernetes.io/service-name": name}}, addressType="IPv4",
               endpoints=[{"addresses": [a], "conditions": {"ready": True}} for a in addresses], ports=[{"name": "http", "port": 8080, "protocol": "TCP"}])


def secret(name, where="shop", kind="Opaque", /, **values):
    data = {k.replace("tls_", "tls."): base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode() for k, v in values.items()}
    return obj("v1", "Secret", name, where, type=kind, data=data)


@functools.cache
def pair(host, number):
    """A certificate and its key: made once, the same for all who ask."""
    with tempfile.TemporaryDirectory() as folder:
        crt, key = pathlib.Path(folder) / "crt", pathlib.Path(folder) / "key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(30 + number), "-subj",
                        f"/CN={number}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", crt], check=True, capture_output=True)
        return crt.read_bytes(), key.read_bytes()


def tls(name, host, number=0, where="shop"):
    crt, key = pair(host, number)
    return secret(name, where, "kubernetes.io/tls", tls_crt=crt, tls_key=key)


def allow(email):
    return f'[{{"allow":{{"and":[{{"email":{{"is":"{email}"}}}}]}}}}]'


def ingress(name, where="shop", /, *, host=None, service=None, email="ann@example.com", class_name="pomerium", path="/", port=80, tls=None, born=1, **annotations):
    notes = {"policy": allow(email), **annotations} if email else annotations
    return obj(NETWORKING, "Ingress", name, where,
               meta={"annotations": {f"ingress.pomerium.io/{k}": v for k, v in notes.items()}, "creationTimestamp": f"2026-01-{born:02}T00:00:00Z"},
               spec={**({"ingressClassName": class_name} if class_name else {}), **({"tls": [{"hosts": [host or f"{name}.example.com"], "secretName": tls}]} if tls else {}),
                     "rules": [{"host": host or f"{name}.example.com", "http": {"paths": [
                         {"path": path, "pathType": "Prefix", "backend": {"service": {"name": service or name, "port": {"number": port}}}}]}}]})


def pomerium(**spec):
    return obj("ingress.pomerium.io/v1", "Pomerium", "global", None, spec={"secrets": "pomerium/bootstrap", "authenticate": {"url": "https://login.example.com"},
                                                                        "identityProvider": {"provider": "google", "secret": "pomerium/idp"}, **spec})


def bootstrap(number=0):
    return secret("bootstrap", "pomerium", **{key: bytes([number]) * 32 for key in KEYS}, signing_key=pair("signing", 0)[1])


def idp(client="one"):
    return secret("idp", "pomerium", client_id=client, client_secret=client)


def gateway_class(controller="pomerium.io/gateway-controller"):
    return obj(GATEWAY, "GatewayClass", "pomerium", None, spec={"controllerName": controller})


def gateway(host="*.gw.example.com", allowed="All"):
    return obj(GATEWAY, "Gateway", "front", spec={"gatewayClassName": "pomerium", "listeners": [
        {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": host, "allowedRoutes": {"namespaces": {"from": allowed}},
         "tls": {"mode": "Terminate", "certificateRefs": [{"name": "gw"}]}}]})


def route(name="site", backend="a", filter_name="team", where="shop", backend_in=None, path="/"):
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": path}}], "backendRefs": [{"name": backend, "port": 80, **({"namespace": backend_in} if backend_in else {})}]}
    if filter_name:
        rule["filters"] = [{"type": "ExtensionRef", "extensionRef": {"group": "gateway.pomerium.io", "kind": "PolicyFilter", "name": filter_name}}]
    return obj(GATEWAY, "HTTPRoute", name, where, spec={"parentRefs": [{"name": "front", "namespace": "shop"}], "hostnames": [f"{name}.gw.example.com"], "rules": [rule]})


def policy_filter(email="gwen@example.com"):
    return obj("gateway.pomerium.io/v1alpha1", "PolicyFilter", "team", spec={"ppl": allow(email)})


def grant(to="a", where="shop"):
    return obj("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "grant", where,
               spec={"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "bank"}], "to": [{"group": "", "kind": "Service", "name": to}]})


def headers(value="one"):
    return secret("headers", **{"X-Key": value})


@functools.cache
def world():
    return [
        namespace("shop", team="shop"), namespace("bank"), namespace("pomerium"), ingress_class(),
        service("a"), endpoints("a", "10.0.0.1"), service("b"), endpoints("b", "10.0.0.2"), service("c", "bank"), endpoints("c", "10.0.0.3", where="bank"),
        headers(), tls("tls", "c.example.com", 0, "bank"), tls("gw", "*.gw.example.com"), bootstrap(), idp(), pomerium(),
        ingress("a"), ingress("b", set_request_headers_secret="headers"), ingress("c", "bank", tls="tls"),
        gateway_class(), gateway(), policy_filter(), route(),
        service("nobody"), service("asks"),  # the last two: a server that is behind knows all but these
    ]


@dataclasses.dataclass(frozen=True)
class Ends:
    """As `sluice up` ends the publisher of that replica; it is started again when it has ended."""
    replica: int


@dataclasses.dataclass
class Scenario:
    name: str
    steps: list
    before: list = dataclasses.field(default_factory=list)
    without: tuple = ()  # what the world has not at the start: (kind, key)
    replicas: int = 1    # whole pipelines on one databroker: the first leads at the start
    stays: tuple = ()    # steps after which the state before them stands: the guard holds back what would go, or a rejected owner keeps its last good
    hands_over: bool = False  # one owner gets what another one loses a step later: nobody may have it for a moment if the steps are seen at once

    def start(self):
        changed = {key_of(o): o for o in self.before}
        kept = [changed.pop(key_of(o), o) for o in world() if key_of(o) not in self.without]
        return kept[:-2] + list(changed.values()) + kept[-2:]


def key_of(o):
    """(plural, key), as the API server of the tests has it."""
    return plural_of(o), fake_api.key_of(o)


def comes(name, thing):
    return Scenario(f"{name}-comes", [thing], without=(key_of(thing),))


def goes(name, thing, **more):
    return Scenario(f"{name}-goes", [key_of(thing)], **more)


def back(name, thing, **more):
    return Scenario(f"{name}-goes-and-comes-back", [key_of(thing), thing], **more)


def many_paths(n):
    """One owner, one record, n routes."""
    made = ingress("large", service="a")
    path = made["spec"]["rules"][0]["http"]["paths"][0]
    made["spec"]["rules"][0]["http"]["paths"] = [{**path, "path": f"/{i}"} for i in range(n)]
    return made


def crowd(n):
    return [ingress(f"crowd-{i}", service="a") for i in range(n)]


@functools.cache
def scenarios():
    """In a fixed order, so that the numbers in a report stay what they are."""
    a, c = ingress("a"), ingress("c", "bank", tls="tls")
    listed = [
        comes("ingress", a), goes("ingress", a), back("ingress", a),
        Scenario("policy-narrows", [ingress("a", email="bob@example.com")], before=[ingress("a", email=None, allow_any_authenticated_user="true")]),
        Scenario("policy-widens", [ingress("a", email=None, allow_public_unauthenticated_access="true")]),
        Scenario("policy-public-and-back", [ingress("a", email=None, allow_public_unauthenticated_access="true"), a]),
        Scenario("policy-changes-three-times", [ingress("a", email=f"user-{i}@example.com") for i in range(3)]),
        Scenario("ingress-good-bad-good", [ingress("a", timeout="soon"), ingress("a", timeout="10s")], stays=(0,)),
        Scenario("ingress-bad-then-goes", [ingress("a", no_such="1"), key_of(a)], stays=(0,)),
        Scenario("host-changes", [ingress("a", host="other.example.com")]),
        Scenario("host-goes-over-to-another", [ingress("b", host="b2.example.com", set_request_headers_secret="headers"), ingress("a", host="b.example.com")]),
        Scenario("hosts-conflict-and-part", [ingress("twin", "bank", host="a.example.com", service="c", email="eve@example.com", born=2), ("ingresses", "bank/twin")]),
        Scenario("older-of-a-conflict-goes", [key_of(a)], before=[ingress("twin", "bank", host="a.example.com", service="c", email="eve@example.com", born=2)]),
        Scenario("path-changes", [ingress("a", path="/cart")]),
        Scenario("class-of-an-ingress-moves-away", [ingress("a", class_name="nginx")]),
        Scenario("class-of-an-ingress-moves-here", [a], before=[ingress("a", class_name="nginx")]),
        goes("class", ingress_class()), back("class", ingress_class()),
        Scenario("class-gets-another-controller-and-ours-again", [ingress_class("nginx.org/controller"), ingress_class()]),
        Scenario("guard-holds-all-until-the-class-is-back", [key_of(ingress_class()), ingress("a", host="new.example.com"), ingress_class()],
                 without=(key_of(gateway_class()),), stays=(0, 1)),
        Scenario("guard-holds-many-routes-of-one-ingress", [("ingresses", "shop/large")], before=[many_paths(24)], stays=(0,)),
        comes("class", ingress_class()),
        comes("service", service("a")), goes("service", service("b"), stays=(0,)), Scenario("service-port-changes", [service("a", port=81), ingress("a", port=81)]),
        Scenario("service-becomes-external", [service("a", type="ExternalName", externalName="a.example.net")]),
        comes("endpoints", endpoints("a", "10.0.0.1")), goes("endpoints", endpoints("a", "10.0.0.1")),
        Scenario("endpoints-change-three-times", [endpoints("a", f"10.0.1.{i}", f"10.0.2.{i}") for i in range(3)]),
        Scenario("endpoints-none-and-back", [endpoints("a"), endpoints("a", "10.0.0.9")]),
        comes("secret-of-headers", headers()), goes("secret-of-headers", headers(), stays=(0,)), back("secret-of-headers", headers(), stays=(0,)),
        Scenario("secret-of-headers-rotates", [headers("two"), headers("three")]),
        Scenario("secret-of-two-owners-rotates", [headers("two")], before=[ingress("a", set_request_headers_secret="headers")]),
        comes("certificate", tls("tls", "c.example.com", 0, "bank")), goes("certificate", tls("tls", "c.example.com", 0, "bank"), stays=(0,)),
        Scenario("certificate-rotates", [tls("tls", "c.example.com", 1, "bank"), tls("tls", "c.example.com", 2, "bank")]),
        Scenario("certificate-becomes-bad-and-good", [secret("tls", "bank", "kubernetes.io/tls", tls_crt="no", tls_key="no"), tls("tls", "c.example.com", 3, "bank")], stays=(0,)),
        Scenario("certificate-moves-to-another-secret", [tls("new", "c.example.com", 1, "bank"), ingress("c", "bank", tls="new"), key_of(c)]),
        comes("settings", pomerium()), goes("settings", pomerium()), back("settings", pomerium()),
        Scenario("settings-change", [pomerium(cookie={"name": "_one"}), pomerium(cookie={"name": "_two"})]),
        Scenario("settings-become-bad-and-good", [pomerium(timeouts={"read": "soon"}), pomerium(timeouts={"read": "9s"})], stays=(0,)),
        Scenario("secret-of-settings-rotates", [idp("two"), idp("three")]),
        goes("secret-of-settings", idp(), stays=(0,)), back("secret-of-settings", idp(), stays=(0,)),
        Scenario("namespace-changes-labels", [namespace("shop", team="bank")]),
        Scenario("many-go-one-by-one", [("ingresses", f"shop/crowd-{i}") for i in range(3)], before=crowd(12)),
        comes("gateway-class", gateway_class()), goes("gateway-class", gateway_class()),
        comes("gateway", gateway()), goes("gateway", gateway()), Scenario("gateway-listener-changes", [gateway("site.gw.example.com"), gateway("other.gw.example.com")]),
        Scenario("gateway-lets-nobody-in", [gateway(allowed="Same"), gateway()], before=[route("far", "c", filter_name=None, where="bank")]),
        comes("route", route()), goes("route", route()), Scenario("route-changes", [route(backend="b"), route(path="/cart")]),
        comes("policy-filter", policy_filter()), goes("policy-filter", policy_filter()),
        Scenario("policy-filter-changes", [policy_filter("hal@example.com"), policy_filter("ian@example.com")]),
        comes("grant", grant()), Scenario("grant-goes", [key_of(grant())], before=[grant(), route("far", filter_name=None, where="bank", backend_in="shop")]),
        Scenario("grant-comes-for-a-route", [grant()], before=[route("far", filter_name=None, where="bank", backend_in="shop")]),
        Scenario("an-ingress-and-a-route-of-one-url", [ingress("both", host="site.gw.example.com", service="a"), key_of(route())], hands_over=True),
        Scenario("everything-of-a-tenant-goes", [key_of(c), ("services", "bank/c"), ("endpointslices", "bank/c-1"), ("secrets", "bank/tls")]),
        Scenario("ingress-changes-then-goes", [ingress("a", email="bob@example.com"), key_of(a)]),
        Scenario("ingress-comes-and-another-goes", [a, key_of(c)], without=(key_of(a),)),
        Scenario("two-replicas-policy-changes", [ingress("a", email=f"user-{i}@example.com") for i in range(4)], replicas=2),
        Scenario("two-replicas-leader-ends-while-an-ingress-goes", [Ends(0), key_of(a), ingress("b", email="bob@example.com")], replicas=2),
        Scenario("two-replicas-both-end-in-turn", [ingress("a", email="bob@example.com"), Ends(0), a, Ends(1), key_of(a)], replicas=2),
        Scenario("two-replicas-secret-rotates-over-a-change-of-leader", [headers("two"), Ends(0), headers("three")], replicas=2),
    ]
    return {s.name: s for s in listed}
