"""What is said of objects of the Gateway API that the reference has no word for; the golden cases have the rest."""
import json
import pathlib
import subprocess

import pytest
import yaml

CASES = pathlib.Path(__file__).parent.parent / "golden/cases/gateway"
ROUTE = "HTTPRoute/edge/site"


def changed(tmp_path, case="basic", **kinds):
    """A golden case in which each object of a kind went through a function."""
    docs = [d for d in yaml.safe_load_all((CASES / case / "input.yaml").read_text()) if d]
    for doc in docs:
        kinds.get(doc["kind"], lambda d: None)(doc)
    path = tmp_path / "input.yaml"
    path.write_text(yaml.safe_dump_all(docs))
    return path


def translate(sluice, path, *args):
    """(configuration, statuses, sentences)"""
    out = path.parent / "status.json"
    done = subprocess.run([sluice, "translate", "-f", path, "--format", "json", "--status", out, *args], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout), json.loads(out.read_text()), done.stderr


def conditions(v):
    return {c["type"]: (c["status"], c["reason"]) for c in v["conditions"]}


def parent(statuses):
    (one,) = statuses[ROUTE]["parents"]
    return one


def message(v, type):
    return next(c["message"] for c in v["conditions"] if c["type"] == type)


@pytest.mark.parametrize("case", ["match-headers", "match-method"])
def test_a_match_that_cannot_be_expressed(sluice, tmp_path, case):
    _, statuses, sentences = translate(sluice, changed(tmp_path, case))
    one = parent(statuses)
    if len(conditions(one)) == 3:
        assert conditions(one)["PartiallyInvalid"] == ("True", "UnsupportedValue") and conditions(one)["Accepted"] == ("True", "Accepted")
        assert message(one, "PartiallyInvalid").startswith("Dropped Rule 1, match 1: ")
    else:  # nothing is left
        assert conditions(one)["Accepted"] == ("False", "UnsupportedValue") and message(one, "Accepted").startswith("Dropped Rule 1, match 1: ")
    assert "[SLU2202]" in sentences


def test_a_filter_that_cannot_be_expressed(sluice, tmp_path):
    config, statuses, _ = translate(sluice, changed(tmp_path, "filter-mirror"))
    assert [r["response"]["status"] for r in config["routes"]] == [500]
    assert conditions(parent(statuses))["Accepted"] == ("False", "UnsupportedValue")


def listeners(*more):
    def change(gateway):
        first = gateway["spec"]["listeners"][0]
        gateway["spec"]["listeners"] += [{**first, **m} for m in more]
    return change


def test_listeners(sluice, tmp_path):
    path = changed(tmp_path, Gateway=listeners({"name": "again"}, {"name": "plain", "protocol": "HTTP"}, {"name": "tcp", "protocol": "TCP", "port": 1},
                                               {"name": "other", "hostname": "b.example.com"}))
    _, statuses, _ = translate(sluice, path)
    gateway = statuses["Gateway/edge/front"]
    found = {v["name"]: conditions(v) for v in gateway["listeners"]}
    assert found["again"]["Conflicted"] == ("True", "HostnameConflict") and found["again"]["Accepted"] == ("False", "HostnameConflict")
    assert found["plain"]["Conflicted"] == ("True", "ProtocolConflict") and found["plain"]["Programmed"] == ("False", "Invalid")
    assert found["tcp"]["Accepted"] == ("False", "UnsupportedProtocol") and gateway["listeners"][3]["supportedKinds"] == []
    assert "Conflicted" not in found["https"] and found["other"]["Accepted"] == ("True", "Accepted")
    assert conditions(gateway) == {"Accepted": ("True", "ListenersNotValid"), "Programmed": ("True", "Programmed")}
    assert [v["attachedRoutes"] for v in gateway["listeners"]] == [1, 0, 0, 0, 0]


def listener_set(name, created, *hosts, namespace="edge"):
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "ListenerSet",
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": f"2026-01-0{created}T00:00:00Z"},
            "spec": {"parentRef": {"name": "front", "namespace": "edge"},
                     "listeners": [{"name": host.split(".")[0], "port": 443, "protocol": "HTTPS", "hostname": host} for host in hosts]}}


def with_sets(tmp_path, allowed, *sets, **kinds):
    path = changed(tmp_path, Gateway=lambda g: g["spec"].update({"allowedListeners": {"namespaces": allowed}} if allowed else {}), **kinds)
    path.write_text(path.read_text() + "---\n" + yaml.safe_dump_all(sets))
    return path


def accepted(statuses, name):
    return conditions(statuses[f"ListenerSet/{name}"])["Accepted"]


def test_the_older_listener_set_has_a_host(sluice, tmp_path):
    plain = [{**s, "spec": {**s["spec"], "listeners": [{**v, "tls": {"certificateRefs": [{"name": "edge"}]}} for v in s["spec"]["listeners"]]}}
             for s in (listener_set("a", 2, "x.example.org", "y.example.org"), listener_set("b", 1, "x.example.org"))]
    _, statuses, _ = translate(sluice, with_sets(tmp_path, {"from": "Same"}, *plain))
    found = {v["name"]: conditions(v) for v in statuses["ListenerSet/edge/a"]["listeners"]}
    assert found["x"]["Conflicted"] == ("True", "HostnameConflict") and found["x"]["Programmed"] == ("False", "HostnameConflict")
    assert "Conflicted" not in found["y"] and "Conflicted" not in conditions(statuses["ListenerSet/edge/b"]["listeners"][0])
    assert statuses["Gateway/edge/front"]["attachedListenerSets"] == 2


@pytest.mark.parametrize("allowed,reason", [(None, "NotAllowed"), ({"from": "None"}, "NotAllowed"), ({"from": "Same"}, "NotAllowed"),
                                            ({"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}, "NotAllowed"), ({"from": "All"}, "Accepted")])
def test_who_may_add_listeners(sluice, tmp_path, allowed, reason):
    _, statuses, _ = translate(sluice, with_sets(tmp_path, allowed, listener_set("a", 1, "x.example.org", namespace="shop")))
    assert accepted(statuses, "shop/a") == (str(reason == "Accepted"), reason)
    assert bool(statuses["ListenerSet/shop/a"]["listeners"]) == (reason == "Accepted")


def test_a_route_of_a_gateway_is_not_one_of_its_listener_sets(sluice, tmp_path):
    free = lambda r: r["spec"].pop("hostnames", None)
    path = with_sets(tmp_path, {"from": "Same"}, listener_set("a", 1, "x.example.org"), HTTPRoute=free)
    assert "https://x.example.org" not in {r["from"] for r in translate(sluice, path)[0]["routes"]}

    def by_set(r):
        free(r)
        r["spec"]["parentRefs"] = [{"kind": "ListenerSet", "name": "a"}]
    path = with_sets(tmp_path, {"from": "Same"}, listener_set("a", 1, "x.example.org"), HTTPRoute=by_set)
    config, statuses, _ = translate(sluice, path)
    assert {r["from"] for r in config["routes"]} == {"https://x.example.org"}
    assert statuses["ListenerSet/edge/a"]["listeners"][0]["attachedRoutes"] == 1 and statuses["Gateway/edge/front"]["listeners"][0]["attachedRoutes"] == 0


@pytest.mark.parametrize("spec,reason", [({"infrastructure": {"parametersRef": {"group": "a", "kind": "b", "name": "c"}}}, "InvalidParameters"),
                                         ({"addresses": [{"value": "192.0.2.1"}]}, "UnsupportedAddress")])
def test_what_a_gateway_cannot_have(sluice, tmp_path, spec, reason):
    _, statuses, _ = translate(sluice, changed(tmp_path, Gateway=lambda g: g["spec"].update(spec)))
    assert conditions(statuses["Gateway/edge/front"])["Accepted"] == ("False", reason)


def test_a_class_with_parameters_that_are_none(sluice, tmp_path):
    path = changed(tmp_path, GatewayClass=lambda c: c["spec"].update(parametersRef={"group": "", "kind": "ConfigMap", "name": "x"}))
    assert conditions(translate(sluice, path)[1]["GatewayClass/pomerium"])["Accepted"] == ("False", "InvalidParameters")


def test_features_are_sorted(sluice, tmp_path):
    names = [f["name"] for f in translate(sluice, changed(tmp_path))[1]["GatewayClass/pomerium"]["supportedFeatures"]]
    assert names == sorted(set(names)) and "HTTPRouteSchemeRedirect" in names and not {"HTTPRouteHeaderMatching", "HTTPRoutePathRewrite"} & set(names)


def test_entries_of_other_controllers_stay(sluice, tmp_path):
    theirs = {"controllerName": "example.com/x", "parentRef": {"name": "theirs"}, "conditions": []}
    stale = {"controllerName": "pomerium.io/gateway-controller", "parentRef": {"name": "gone"}, "conditions": []}
    path = changed(tmp_path, HTTPRoute=lambda r: r.update(status={"parents": [stale, theirs]}))
    found = translate(sluice, path)[1][ROUTE]["parents"]
    assert found[0] == theirs and [p["parentRef"]["name"] for p in found[1:]] == ["front"]


def test_off_nothing_is_ours(sluice, tmp_path):
    config, statuses, _ = translate(sluice, changed(tmp_path), "--experimental-gateway-api=false")
    assert "routes" not in config and statuses[ROUTE] == {"parents": []} and statuses["Gateway/edge/front"] == {"conditions": []}


def test_path_elements(sluice, tmp_path):
    path = changed(tmp_path, HTTPRoute=lambda r: r["spec"]["rules"][0]["matches"][0]["path"].update(value="/shop"))
    routes = translate(sluice, path, "--gateway-path-elements")[0]["routes"]
    assert [(r.get("path"), r.get("prefix")) for r in routes] == [("/shop", None), (None, "/shop/")]


def test_the_status_of_a_rule_without_backends(sluice, tmp_path):
    path = changed(tmp_path, HTTPRoute=lambda r: r["spec"]["rules"][0].pop("backendRefs"))
    for args, status in ((), 404), (("--gateway-no-backend-status=500",), 500):
        assert [r["response"]["status"] for r in translate(sluice, path, *args)[0]["routes"]] == [status]


def test_a_route_that_no_message_has_room_for(sluice, tmp_path):
    """Policies of many people, all of one route: it is reckoned before it is made, and said."""
    people = [{"email": {"is": f"{'x' * 40}{i}@example.com"}} for i in range(2500)]
    filters = [{"apiVersion": "gateway.pomerium.io/v1alpha1", "kind": "PolicyFilter", "metadata": {"name": f"p{i}", "namespace": "edge"},
                "spec": {"ppl": json.dumps({"allow": {"or": people}})}} for i in range(12)]
    refs = [{"type": "ExtensionRef", "extensionRef": {"group": "gateway.pomerium.io", "kind": "PolicyFilter", "name": f"p{i}"}} for i in range(12)]
    for n, served in (1, True), (12, False):
        path = changed(tmp_path, HTTPRoute=lambda r: r["spec"]["rules"][0].update(filters=refs[:n]))
        path.write_text(path.read_text() + "".join("---\n" + json.dumps(f) + "\n" for f in filters))
        config, statuses, sentences = translate(sluice, path)
        assert bool(config.get("routes")) == served and ("[SLU2102]" in sentences) != served
        assert (conditions(parent(statuses))["Accepted"][0] == "True") == served


def test_a_namespace_without_room(sluice, tmp_path):
    """The younger of two is told so, though no translator has seen it, and what others have written there stays."""
    path = changed(tmp_path)
    theirs = {"controllerName": "example.com/other", "parentRef": {"name": "front"}, "conditions": []}
    late = {**next(d for d in yaml.safe_load_all(path.read_text()) if d["kind"] == "HTTPRoute"), "status": {"parents": [theirs]}}
    late["metadata"] = {**late["metadata"], "name": "site-late", "generation": 7}
    path.write_text(path.read_text() + "---\n" + yaml.safe_dump(late))
    for limit, room in ("2", True), ("1", False):
        config, statuses, sentences = translate(sluice, path, "--max-namespace-routes", limit)
        assert conditions(parent(statuses))["Accepted"][0] == "True"
        before, own = statuses["HTTPRoute/edge/site-late"]["parents"]
        assert before == theirs and (conditions(own)["Accepted"] == ("False", "UnsupportedValue")) != room and own["conditions"][0]["observedGeneration"] == 7
        assert len(config["routes"]) == (2 if room else 1) and ("[SLU2115]" in sentences) != room
    assert message(own, "Accepted").startswith("older Ingresses and HTTPRoutes of its namespace leave no room for its 1 routes")


def test_explain(sluice, tmp_path):
    path = changed(tmp_path, "match-headers")
    call = lambda *args: subprocess.run([sluice, "explain", *args, "-f", path], capture_output=True, text=True, timeout=60)
    done = call("httproute", "edge/site")
    assert done.returncode == 1 and "PartiallyInvalid: True, UnsupportedValue: Dropped Rule 1" in done.stdout
    done = call("gateway", "edge/front")
    assert done.returncode == 0 and "listener https, 1 routes" in done.stdout
    assert json.loads(call("gatewayclass", "pomerium", "--json").stdout)["conditions"][0]["reason"] == "Accepted"
    assert call("httproute", "edge/none").returncode == 3
