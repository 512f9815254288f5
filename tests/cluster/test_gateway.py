"""The Gateway API on a real API server: routes, and what its objects are told."""
import json
import shutil
import subprocess
import time

import pytest
from cluster import KINDS, Cluster, ClusterPipeline
from pipeline import certificate, read, tls_secret, translate, wait_for

OURS = "pomerium.io/gateway-controller"
CLASS = """apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: pomerium-gateway}
spec: {controllerName: pomerium.io/gateway-controller}
"""
GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: edge}
spec:
  gatewayClassName: pomerium-gateway
  listeners:
  - name: https
    port: 443
    protocol: HTTPS
    hostname: "*.example.com"
    tls: {certificateRefs: [{name: edge-tls}]}
    allowedRoutes: {namespaces: {from: All}}
"""
SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
"""
FILTER = """apiVersion: gateway.pomerium.io/v1alpha1
kind: PolicyFilter
metadata: {name: staff, namespace: shop}
spec: {ppl: "allow: {and: [{domain: {is: example.com}}]}"}
"""


def route(name, host=None, prefix="/", parents="[{name: front, namespace: edge}]"):
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: shop}}
spec:
  parentRefs: {parents}
  hostnames: [{host or name + ".example.com"}]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: {prefix}}}}}]
    filters: [{{type: ExtensionRef, extensionRef: {{group: gateway.pomerium.io, kind: PolicyFilter, name: staff}}}}]
    backendRefs: [{{name: web, port: 80}}]
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("cluster")
    with Cluster(tmp) as c:
        c.install_crds()
        c.install_gateway_api()
        certificate(tmp, "*.example.com")
        c.apply_yaml(tls_secret(tmp, "edge-tls", "edge"))
        c.apply_yaml(SERVICE)
        yield c


@pytest.fixture(autouse=True)
def clean(cluster):
    yield
    for plural in ("httproutes", "listenersets", "gateways", "gatewayclasses", "policyfilters", "referencegrants", "backendtlspolicies"):
        group, kind, namespaced = KINDS[plural]
        for item in cluster.call("GET", f"{group}/{plural}")[1]["items"]:
            cluster.delete({**item, "kind": kind})


def get(cluster, plural, name, namespace="shop"):
    group, _, namespaced = KINDS[plural]
    return cluster.call("GET", f"{group}/namespaces/{namespace}/{plural}/{name}" if namespaced else f"{group}/{plural}/{name}")[1]


def conditions(listed):
    """{type: (status, reason, generation)}"""
    return {c["type"]: (c["status"], c["reason"], c.get("observedGeneration")) for c in listed or []}


def parents(cluster, name):
    return get(cluster, "httproutes", name).get("status", {}).get("parents", [])


def own(cluster, name):
    return [p for p in parents(cluster, name) if p["controllerName"] == OURS]


def accepted(cluster, name):
    return [conditions(p["conditions"]).get("Accepted") for p in own(cluster, name)]


def listener(cluster, name="front"):
    return (get(cluster, "gateways", name, "edge").get("status", {}).get("listeners") or [{}])[0]


def listener_of_set(cluster, name):
    return (get(cluster, "listenersets", name).get("status", {}).get("listeners") or [{}])[0]


def version(cluster, plural, name, namespace="shop"):
    return get(cluster, plural, name, namespace)["metadata"]["resourceVersion"]


def without_times(v):
    """As `translate --status` writes it; the API server adds the group of a kind."""
    if isinstance(v, dict):
        v = {k: without_times(x) for k, x in v.items() if k != "lastTransitionTime"}
        return {"kind": v["kind"]} if set(v) == {"group", "kind"} else v
    return [without_times(x) for x in v] if isinstance(v, list) else v


SHARED = {"HTTPRoute": "parents", "BackendTLSPolicy": "ancestors"}


def statuses(cluster):
    out = {}
    for plural in ("gatewayclasses", "gateways", "listenersets", "httproutes", "policyfilters", "backendtlspolicies"):
        group, kind, _ = KINDS[plural]
        for item in cluster.call("GET", f"{group}/{plural}")[1]["items"]:
            name = "/".join(filter(None, (kind, item["metadata"].get("namespace"), item["metadata"]["name"])))
            out[name] = without_times(item.get("status", {SHARED[kind]: []} if kind in SHARED else {}))
    return out


def routes(p, *args):
    return json.loads(p.settled(args=args)).get("routes", [])


def told(p, cluster, *args):
    """The cluster says of every object what `sluice translate --status` says of what the cluster holds."""
    def same():
        shutil.rmtree(p.tmp / "told", ignore_errors=True)
        translate(p.sluice, cluster.dump(p.tmp / "told"), args=("--status", str(p.tmp / "status.json"), *args))
        return wanted() == statuses(cluster)
    wanted = lambda: without_times(json.loads(read(p.tmp / "status.json")))
    unlike = lambda is_said, want: "".join(f"{k}: {is_said.get(k)}\n  want {want.get(k)}\n" for k in {*is_said, *want} if is_said.get(k) != want.get(k))
    wait_for(lambda: f"{unlike(statuses(cluster), wanted())}{p.log()[-3000:]}", same, 20)


def test_routes_and_statuses(sluice, cluster, tmp_path):
    for text in (CLASS, GATEWAY, FILTER, route("one")):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster, "--status-address", "203.0.113.7") as p:
        wait_for(p.log, lambda: accepted(cluster, "one") == [("True", "Accepted", 1)], 20)
        wait_for(p.log, lambda: listener(cluster).get("attachedRoutes") == 1)
        assert [r["from"] for r in routes(p)] == ["https://one.example.com"]
        gateway = get(cluster, "gateways", "front", "edge")["status"]
        assert conditions(gateway["conditions"]) == {"Accepted": ("True", "Accepted", 1), "Programmed": ("True", "Programmed", 1)}
        assert gateway["addresses"] == [{"type": "IPAddress", "value": "203.0.113.7"}]
        assert conditions(get(cluster, "policyfilters", "staff")["status"]["conditions"]) == {"Valid": ("True", "Valid", 1)}
        offered = get(cluster, "gatewayclasses", "pomerium-gateway")["status"]
        assert conditions(offered["conditions"])["Accepted"][:2] == ("True", "Accepted")
        names = [f["name"] for f in offered["supportedFeatures"]]
        assert names == sorted(names) and {"Gateway", "HTTPRoute", "ReferenceGrant"} <= set(names)
        told(p, cluster, "--status-address", "203.0.113.7")

        # another controller has its entry there, and keeps it
        other = {"controllerName": "example.com/other", "parentRef": {"name": "theirs"},
                 "conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
        where = f"{KINDS['httproutes'][0]}/namespaces/shop/httproutes/one/status"
        cluster.call("PATCH", where, {"status": {"parents": [other, *parents(cluster, "one")]}}, content_type="application/merge-patch+json")
        theirs = parents(cluster, "one")[0]
        since = own(cluster, "one")[0]["conditions"][0]["lastTransitionTime"]
        cluster.apply_yaml(route("one", prefix="/new"))
        wait_for(p.log, lambda: accepted(cluster, "one") == [("True", "Accepted", 2)])
        assert parents(cluster, "one")[0] == theirs and len(parents(cluster, "one")) == 2
        assert own(cluster, "one")[0]["conditions"][0]["lastTransitionTime"] == since, "its status is what it was"

        # one more route is one write of the route and, at its pace, one of the Gateway
        quiet = version(cluster, "httproutes", "one"), version(cluster, "gatewayclasses", "pomerium-gateway")
        cluster.apply_yaml(route("two"))
        wait_for(p.log, lambda: listener(cluster).get("attachedRoutes") == 2, 20)
        told(p, cluster, "--status-address", "203.0.113.7")
        assert quiet == (version(cluster, "httproutes", "one"), version(cluster, "gatewayclasses", "pomerium-gateway"))

        # what is not ours any more loses our entry alone
        cluster.apply_yaml(route("one", parents="[{name: theirs}]"))
        wait_for(p.log, lambda: parents(cluster, "one") == [theirs])
        wait_for(p.log, lambda: listener(cluster).get("attachedRoutes") == 1, 20)
        assert [r["from"] for r in routes(p)] == ["https://two.example.com"]
        told(p, cluster, "--status-address", "203.0.113.7")
    quiet = [version(cluster, *o) for o in (("httproutes", "two"), ("gateways", "front", "edge"), ("policyfilters", "staff"))]
    with ClusterPipeline(sluice, tmp_path, cluster, "--status-address", "203.0.113.7") as p:  # a restart writes nothing
        cluster.apply_yaml(route("three"))
        wait_for(p.log, lambda: accepted(cluster, "three") == [("True", "Accepted", 1)], 20)
        assert quiet[::2] == [version(cluster, *o) for o in (("httproutes", "two"), ("policyfilters", "staff"))]


def listener_set(name, namespace="shop", host="set.example.org", gateway="front"):
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  parentRef: {{name: {gateway}, namespace: edge}}
  listeners: [{{name: one, port: 443, protocol: HTTPS, hostname: {host}, tls: {{certificateRefs: [{{name: shop-tls}}]}}}}]
"""


def test_listener_sets(sluice, cluster, tmp_path):
    certificate(tmp_path, "set.example.org")
    cluster.apply_yaml(tls_secret(tmp_path, "shop-tls", "shop"))
    allowing = GATEWAY.replace("spec:\n", "spec:\n  allowedListeners: {namespaces: {from: All}}\n", 1)
    by_set = route("by-set", host="set.example.org", parents="[{kind: ListenerSet, name: late}]")
    said = lambda name: conditions(get(cluster, "listenersets", name).get("status", {}).get("conditions")).get("Accepted", ())[:2]
    for text in (CLASS, GATEWAY, FILTER, listener_set("late"), by_set):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        wait_for(p.log, lambda: said("late") == ("False", "NotAllowed"), 20)
        wait_for(p.log, lambda: accepted(cluster, "by-set") == [("False", "NoMatchingParent", 1)])
        assert routes(p) == []
        cluster.apply_yaml(allowing)  # the Gateway changes its mind
        wait_for(p.log, lambda: said("late") == ("True", "Accepted"))
        wait_for(p.log, lambda: [r["from"] for r in routes(p)] == ["https://set.example.org"])
        assert len(json.loads(read(p.out))["settings"]["certificates"]) == 2, "its own and that of the Gateway"
        wait_for(p.log, lambda: get(cluster, "gateways", "front", "edge")["status"].get("attachedListenerSets") == 1)
        wait_for(p.log, lambda: listener_of_set(cluster, "late").get("attachedRoutes") == 1, 20)
        told(p, cluster)

        cluster.apply_yaml(listener_set("younger"))  # the same host: the older one keeps it
        wait_for(p.log, lambda: said("younger") == ("False", "ListenersNotValid"))
        assert said("late") == ("True", "Accepted")
        told(p, cluster)
        cluster.delete({"kind": "ListenerSet", "metadata": {"name": "late", "namespace": "shop"}})
        wait_for(p.log, lambda: said("younger") == ("True", "Accepted"))
        wait_for(p.log, lambda: routes(p) == [])
        told(p, cluster)
        cluster.apply_yaml(GATEWAY)
        wait_for(p.log, lambda: said("younger") == ("False", "NotAllowed"))
        wait_for(p.log, lambda: len(json.loads(read(p.out))["settings"]["certificates"]) == 1)
        wait_for(p.log, lambda: get(cluster, "gateways", "front", "edge")["status"].get("attachedListenerSets") == 0)


def test_what_cannot_be_served_is_said(sluice, cluster, tmp_path):
    for text in (CLASS, GATEWAY, route("nobody")):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        wait_for(p.log, lambda: accepted(cluster, "nobody") == [("True", "Accepted", 1)], 20)
        assert [r["response"]["status"] for r in routes(p)] == [500]  # its PolicyFilter is not there
        cluster.apply_yaml(FILTER)
        wait_for(p.log, lambda: "to" in routes(p)[0])
        cluster.apply_yaml(route("elsewhere", host="elsewhere.example.net"))
        wait_for(p.log, lambda: accepted(cluster, "elsewhere") == [("False", "NoMatchingListenerHostname", 1)])
        cluster.apply_yaml(GATEWAY.replace("protocol: HTTPS", "protocol: example.com/odd"))
        wait_for(p.log, lambda: conditions(listener(cluster).get("conditions")).get("Accepted", ())[:2] == ("False", "UnsupportedProtocol"), 20)
        wait_for(p.log, lambda: accepted(cluster, "nobody") == [("False", "NoMatchingParent", 1)])
        assert routes(p) == []
        told(p, cluster)


def test_explain_asks_the_pipeline(sluice, cluster, tmp_path):
    for text in (CLASS, GATEWAY, FILTER, route("one"), route("lost", parents="[{name: nobody}]"), route("refused", host="one.example.net")):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        wait_for(p.log, lambda: listener(cluster).get("attachedRoutes") == 1, 20)
        call = lambda *args: subprocess.run([sluice, "explain", *args, "--run-dir", str(p.run_dir)], capture_output=True, text=True, timeout=60)
        done = call("httproute", "shop/one")
        assert done.returncode == 0 and "HTTPRoute shop/one\n" in done.stdout and "serving its newest state since" in done.stdout, done
        assert "1. https://one.example.com prefix / -> http://web.shop.svc.cluster.local:80" in done.stdout and "PolicyFilter shop/staff: found" in done.stdout
        assert "parent edge/front\n  Accepted: True, Accepted\n" in done.stdout
        done = call("httproute", "shop/refused")
        assert done.returncode == 1 and "Accepted: False, NoMatchingListenerHostname" in done.stdout, done
        done = call("httproute", "shop/lost")
        assert "no: none of its parents is a Gateway of ours" in done.stdout, done
        done = call("gateway", "edge/front")
        assert done.returncode == 0 and "listener https, 1 routes" in done.stdout and "Secret edge/edge-tls: found" in done.stdout, done
        assert "Accepted: True, Accepted" in call("gatewayclass", "pomerium-gateway").stdout and "Valid: True, Valid" in call("policyfilter", "shop/staff").stdout
        both = json.loads(call("gateway", "edge/front", "--json").stdout)
        assert both["resolver"]["managed"] and both["publisher"]["status"]["listeners"][0]["attachedRoutes"] == 1
        done = call("httproute", "shop/non")
        assert done.returncode == 3 and "did you mean shop/one?" in done.stderr


def test_a_namespace_without_room(sluice, cluster, tmp_path):
    for text in (CLASS, GATEWAY, FILTER, route("one"), route("two")):
        cluster.apply_yaml(text)
    limit = "--max-namespace-routes=1"
    with ClusterPipeline(sluice, tmp_path, cluster, limit) as p:
        wait_for(p.log, lambda: accepted(cluster, "one") == [("True", "Accepted", 1)] and accepted(cluster, "two") == [("False", "UnsupportedValue", 1)], 20)
        assert "[SLU2115]" in own(cluster, "two")[0]["conditions"][0]["message"] and [r["from"] for r in routes(p, limit)] == ["https://one.example.com"]
        told(p, cluster, limit)
        cluster.delete({**get(cluster, "httproutes", "one"), "kind": "HTTPRoute"})
        wait_for(p.log, lambda: accepted(cluster, "two") == [("True", "Accepted", 1)], 20)
        told(p, cluster, limit)


def test_what_others_do_is_told_too(sluice, cluster, tmp_path):
    """A route that is right by itself, and rejected since an older one of another namespace has come to want its host."""
    older = lambda *hosts: route("older", host=", ".join(hosts)).replace("namespace: shop", "namespace: edge")
    for text in (CLASS, GATEWAY, FILTER, older("older.example.com")):
        cluster.apply_yaml(text)
    born = time.time()
    wait_for("a second passes, the unit of ages", lambda: time.time() > born + 1.1)
    cluster.apply_yaml(route("one"))
    flag = "--host-ownership=namespace"
    with ClusterPipeline(sluice, tmp_path, cluster, flag) as p:
        wait_for(p.log, lambda: accepted(cluster, "one") == [("True", "Accepted", 1)], 20)
        cluster.apply_yaml(older("older.example.com", "one.example.com"))
        wait_for(p.log, lambda: accepted(cluster, "one") == [("False", "UnsupportedValue", 1)], 20)
        assert "[SLU1613]" in own(cluster, "one")[0]["conditions"][0]["message"] and "https://one.example.com" in [r["from"] for r in routes(p, flag)]
        told(p, cluster, flag)
        quiet, first = version(cluster, "httproutes", "one"), p.children("publisher")
        assert p.kill("publisher")
        wait_for(p.log, lambda: p.children("publisher") not in ([], first))
        cluster.apply_yaml(route("two"))
        wait_for(p.log, lambda: accepted(cluster, "two") == [("True", "Accepted", 1)], 20)
        assert version(cluster, "httproutes", "one") == quiet, "a restart writes nothing"
        cluster.apply_yaml(older("older.example.com"))
        wait_for(p.log, lambda: accepted(cluster, "one") == [("True", "Accepted", 1)], 20)
        told(p, cluster, flag)


def test_off(sluice, cluster, tmp_path):
    for text in (CLASS, GATEWAY, FILTER, route("one")):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster, "--experimental-gateway-api=false") as p:
        p.settled(args=("--experimental-gateway-api=false",))
        assert json.loads(read(p.out)).get("routes", []) == [] and parents(cluster, "one") == []


def tls_policy(name, host="in.example.com", target="web"):
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {{name: {name}, namespace: shop}}
spec:
  targetRefs: [{{group: "", kind: Service, name: {target}}}]
  validation: {{hostname: {host}, caCertificateRefs: [{{group: "", kind: ConfigMap, name: authorities}}]}}
"""


def test_a_policy_has_a_backend_spoken_to_with_tls(sluice, cluster, tmp_path):
    ca = certificate(tmp_path, "in.example.com")[0].read_text()
    holder = lambda text: {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "authorities", "namespace": "shop"}, "data": {"ca.crt": text}}
    ancestors = lambda name: get(cluster, "backendtlspolicies", name).get("status", {}).get("ancestors", [])
    said = lambda name: [conditions(a["conditions"])["Accepted"] for a in ancestors(name) if a["controllerName"] == OURS]
    for text in (CLASS, GATEWAY, FILTER, route("one"), tls_policy("tls"), tls_policy("elsewhere", target="nobody")):
        cluster.apply_yaml(text)
    with ClusterPipeline(sluice, tmp_path, cluster) as p:
        wait_for(p.log, lambda: said("tls") == [("False", "NoValidCACertificate", 1)], 20)
        assert [r["response"]["status"] for r in routes(p)] == [500] and accepted(cluster, "one") == [("True", "Accepted", 1)]
        cluster.apply(holder(ca))
        wait_for(p.log, lambda: said("tls") == [("True", "Accepted", 1)], 40)
        (one,) = routes(p)
        assert one["to"] == ["https://web.shop.svc.cluster.local:80"] and one["tls_upstream_server_name"] == "in.example.com" and one["tls_custom_ca"]

        # the older one counts, and each is told for its generation; another controller keeps its entry
        time.sleep(1.1)  # creationTimestamp counts seconds
        cluster.apply_yaml(tls_policy("second", "second.example.com"))
        wait_for(p.log, lambda: said("second") == [("False", "Conflicted", 1)])
        theirs = {"controllerName": "example.com/other", "ancestorRef": {"name": "theirs"},
                  "conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
        where = f"{KINDS['backendtlspolicies'][0]}/namespaces/shop/backendtlspolicies/tls/status"
        cluster.call("PATCH", where, {"status": {"ancestors": [theirs, *ancestors("tls")]}}, content_type="application/merge-patch+json")
        cluster.apply_yaml(tls_policy("tls", "new.example.com"))
        wait_for(p.log, lambda: said("tls") == [("True", "Accepted", 2)])
        assert ancestors("tls")[0]["controllerName"] == "example.com/other" and len(ancestors("tls")) == 2
        assert [r["tls_upstream_server_name"] for r in routes(p)] == ["new.example.com"]
        told(p, cluster)
        assert "status" not in get(cluster, "backendtlspolicies", "elsewhere"), "no route of ours has that backend"
    quiet = [version(cluster, "backendtlspolicies", name) for name in ("tls", "second", "elsewhere")]
    with ClusterPipeline(sluice, tmp_path, cluster) as p:  # a restart writes nothing
        cluster.apply_yaml(route("two"))
        wait_for(p.log, lambda: accepted(cluster, "two") == [("True", "Accepted", 1)], 20)
        told(p, cluster)
        assert quiet == [version(cluster, "backendtlspolicies", name) for name in ("tls", "second", "elsewhere")]
        cluster.delete({"kind": "BackendTLSPolicy", "metadata": {"name": "tls", "namespace": "shop"}})
        wait_for(p.log, lambda: said("second") == [("True", "Accepted", 1)])
        for name in ("one", "two"):  # what is ours no longer loses our entry
            cluster.delete({"kind": "HTTPRoute", "metadata": {"name": name, "namespace": "shop"}})
        wait_for(p.log, lambda: ancestors("second") == [])
