"""BackendTLSPolicies in `sluice translate`: what routes become, and what the policies are told."""
import base64
import json
import subprocess

import pytest
import yaml
from pipeline import certificate
from test_gateway_status import changed, conditions, message, translate

POLICY = "BackendTLSPolicy/edge/"
OURS = "pomerium.io/gateway-controller"


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("ca"), "in.example.com")[0].read_text()


def policy(name="tls", age=1, target="web", section=None, namespace="edge", **validation):
    ref = {"group": "", "kind": "Service", "name": target, **({"sectionName": section} if section else {})}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "BackendTLSPolicy",
            "metadata": {"name": name, "namespace": namespace, "generation": 4, "creationTimestamp": f"2026-01-0{age}T00:00:00Z"},
            "spec": {"targetRefs": [ref], "validation": {"hostname": "in.example.com", **(validation or {"wellKnownCACertificates": "System"})}}}


def named(*refs):
    return {"caCertificateRefs": [{"group": group, "kind": kind, "name": name} for group, kind, name in refs]}


def config_map(text, name="ca", key="ca.crt"):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "edge"}, "data": {key: text}}


def secret(text, name="ca", **more):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "edge"}, "stringData": {"ca.crt": text, **more}}


CA = named(("", "ConfigMap", "ca"))


def made(sluice, tmp_path, *objects, args=(), **kinds):
    """(the one route, statuses, sentences)"""
    path = changed(tmp_path, **kinds)
    path.write_text(path.read_text() + "".join(f"---\n{json.dumps(o)}\n" for o in objects))
    config, statuses, sentences = translate(sluice, path, *args)
    (route,) = config["routes"]
    return route, statuses, sentences


def told(statuses, name="tls"):
    """The conditions of the one ancestor."""
    (one,) = statuses[POLICY + name]["ancestors"]
    assert one["controllerName"] == OURS and all(c["observedGeneration"] == 4 for c in one["conditions"])
    assert one["ancestorRef"] == {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "edge", "name": "front"}
    return conditions(one)


GOOD = {"Accepted": ("True", "Accepted"), "ResolvedRefs": ("True", "ResolvedRefs")}


def test_authorities_of_the_system(sluice, tmp_path):
    route, statuses, sentences = made(sluice, tmp_path, policy())
    assert route["to"] == ["https://web.edge.svc.cluster.local:80"] and route["tls_upstream_server_name"] == "in.example.com"
    assert "tls_custom_ca" not in route and "response" not in route and not sentences
    assert told(statuses) == GOOD


@pytest.mark.parametrize("kind,holder", [("ConfigMap", config_map), ("Secret", secret)])
def test_authorities_of_a_bundle(sluice, tmp_path, pem, kind, holder):
    route, statuses, _ = made(sluice, tmp_path, policy(**named(("", kind, "ca"))), holder(pem))
    assert route["to"] == ["https://web.edge.svc.cluster.local:80"] and base64.b64decode(route["tls_custom_ca"]).decode() == pem
    assert told(statuses) == GOOD


def test_several_bundles_are_one(sluice, tmp_path, pem):
    route, _, _ = made(sluice, tmp_path, policy(**named(("", "ConfigMap", "ca"), ("", "Secret", "ca"))), config_map(pem.strip()), secret(pem))
    assert base64.b64decode(route["tls_custom_ca"]).decode() == pem * 2


def test_one_that_is_named_again_counts_once(sluice, tmp_path, pem):
    """And two policies with one bundle say the same."""
    twice = policy("twice", target="other", **named(("", "ConfigMap", "ca"), ("", "ConfigMap", "ca")))
    route, _, _ = made(sluice, tmp_path, policy(**CA), twice, OTHER, config_map(pem), HTTPRoute=two_backends)
    assert base64.b64decode(route["tls_custom_ca"]).decode() == pem and len(route["to"]) == 2


def test_all_authorities_of_an_owner_have_a_bound(sluice, tmp_path, pem):
    names = [f"ca-{i}" for i in range(17)]
    padded = "#" * ((1 << 20) - len(pem) - 1) + "\n" + pem
    route, statuses, _ = made(sluice, tmp_path, policy(**named(*(("", "ConfigMap", name) for name in names))), *(config_map(padded, name) for name in names))
    assert route["response"]["status"] == 500 and told(statuses)["Accepted"] == ("False", "Invalid")
    assert "have more than 16 MiB" in message(statuses[POLICY + "tls"]["ancestors"][0], "Accepted")


KEY = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("validation,accepted,resolved,word", [
    (named(("", "ConfigMap", "gone")), "NoValidCACertificate", "InvalidCACertificateRef", 'ConfigMap "gone" not found'),
    (named(("", "ConfigMap", "empty")), "NoValidCACertificate", "InvalidCACertificateRef", "has no ca.crt"),
    (named(("", "ConfigMap", "broken")), "NoValidCACertificate", "InvalidCACertificateRef", 'ConfigMap "broken" ca.crt cannot be used'),
    (named(("", "Secret", "keyed")), "NoValidCACertificate", "InvalidCACertificateRef", "there is a private key in it"),
    (named(("example.com", "Bundle", "ca")), "NoValidCACertificate", "InvalidKind", 'Bundle "ca" is neither a ConfigMap nor a Secret'),
    ({"wellKnownCACertificates": "example.com/ours"}, "Invalid", "ResolvedRefs", "should be System"),
    ({"wellKnownCACertificates": "System", **CA}, "Invalid", "ResolvedRefs", "one of them is right"),
    ({"hostname": "*.example.com", **CA}, "Invalid", "ResolvedRefs", "validation.hostname"),
    ({"subjectAltNames": [{"type": "Hostname", "hostname": "other.example.com"}], **CA}, "Invalid", "ResolvedRefs", "validation.subjectAltNames"),
    ({"subjectAltNames": [{"type": "URI", "uri": "spiffe://x/y"}], **CA}, "Invalid", "ResolvedRefs", "validation.subjectAltNames"),
])
def test_what_cannot_be_held_is_not_served(sluice, tmp_path, pem, validation, accepted, resolved, word):
    route, statuses, sentences = made(sluice, tmp_path, policy(**validation), config_map(pem), config_map(pem, "empty", "other"), config_map("x", "broken"),
                                      secret(pem + KEY, "keyed"))
    assert route["response"] == {"status": 500, "body": "invalid backend"} and not {"to", "tls_custom_ca", "tls_upstream_server_name"} & set(route)
    assert told(statuses) == {"Accepted": ("False", accepted), "ResolvedRefs": (str(resolved == "ResolvedRefs"), resolved)}
    assert word in json.dumps(statuses[POLICY + "tls"]).replace('\\"', '"')
    parent, = statuses["HTTPRoute/edge/site"]["parents"]
    assert conditions(parent) == GOOD, "the route is good: its backend is not"
    assert 'rule 1 answers 500: BackendTLSPolicy "edge/tls": ' in sentences and "[SLU2211]" in sentences


def test_one_good_bundle_is_enough(sluice, tmp_path, pem):
    route, statuses, _ = made(sluice, tmp_path, policy(**named(("", "ConfigMap", "gone"), ("", "ConfigMap", "ca"))), config_map(pem))
    assert base64.b64decode(route["tls_custom_ca"]).decode() == pem
    assert told(statuses) == {"Accepted": ("True", "Accepted"), "ResolvedRefs": ("False", "InvalidCACertificateRef")}


def test_the_hostname_as_its_only_other_name(sluice, tmp_path, pem):
    route, statuses, _ = made(sluice, tmp_path, policy(subjectAltNames=[{"type": "Hostname", "hostname": "in.example.com"}], **CA), config_map(pem))
    assert route["tls_upstream_server_name"] == "in.example.com" and told(statuses) == GOOD


def test_the_older_policy_counts(sluice, tmp_path):
    young = policy("a-young", 2, hostname="young.example.com", wellKnownCACertificates="System")
    route, statuses, sentences = made(sluice, tmp_path, young, policy("old", 1))
    assert route["tls_upstream_server_name"] == "in.example.com"
    assert told(statuses, "old") == GOOD and told(statuses, "a-young")["Accepted"] == ("False", "Conflicted")
    assert 'the BackendTLSPolicy "old" of Service "web" is older' in sentences
    _, statuses, _ = made(sluice, tmp_path, young, policy("old", 2))
    assert told(statuses, "a-young") == GOOD and told(statuses, "old")["Accepted"] == ("False", "Conflicted"), "of equal age: by name"


def test_a_port_has_its_own_policy(sluice, tmp_path):
    of_port = policy("port", 2, section="http", hostname="port.example.com", wellKnownCACertificates="System")
    route, statuses, _ = made(sluice, tmp_path, of_port, policy("all", 1))
    assert route["tls_upstream_server_name"] == "port.example.com" and told(statuses, "port") == told(statuses, "all") == GOOD
    route, statuses, _ = made(sluice, tmp_path, policy(section="odd"))
    assert route["to"] == ["http://web.edge.svc.cluster.local:80"]
    assert told(statuses)["Accepted"] == ("False", "TargetNotFound") and 'no port of the name "odd"' in message(statuses[POLICY + "tls"]["ancestors"][0], "Accepted")


def two_backends(kinds):
    kinds["spec"]["rules"][0]["backendRefs"].append({"name": "other", "port": 80})


OTHER = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "other", "namespace": "edge"}, "spec": {"ports": [{"port": 80, "name": "http"}]}}


@pytest.mark.parametrize("second,good", [
    (policy("second", target="other"), True),
    (policy("second", target="other", hostname="other.example.com", wellKnownCACertificates="System"), False),
    (policy("second", target="elsewhere"), False),
])
def test_all_backends_of_a_rule_are_spoken_to_alike(sluice, tmp_path, second, good):
    route, statuses, sentences = made(sluice, tmp_path, policy(), second, OTHER, HTTPRoute=two_backends)
    parent, = statuses["HTTPRoute/edge/site"]["parents"]
    if good:
        assert route["to"] == [f"https://{name}.edge.svc.cluster.local:80" for name in ("web", "other")]
    else:
        assert route["response"]["status"] == 500 and "to" not in route and "BackendTLSPolicies that differ" in sentences
        assert conditions(parent)["Accepted"] == ("False", "UnsupportedValue")


def h2c(service):
    service["spec"]["ports"][0]["appProtocol"] = "kubernetes.io/h2c"


def test_without_tls_and_with_it(sluice, tmp_path):
    route, _, sentences = made(sluice, tmp_path, policy(), Service=h2c)
    assert route["response"]["status"] == 500 and "kubernetes.io/h2c is without TLS" in sentences


THEIRS = {"ancestorRef": {"kind": "Gateway", "name": "theirs"}, "controllerName": "example.com/other", "conditions": [{"type": "Accepted", "status": "True"}]}
GONE = {"ancestorRef": {"kind": "Gateway", "name": "gone"}, "controllerName": OURS, "conditions": [{"type": "Accepted", "status": "True"}]}


def test_nobody_is_told_of_what_is_not_ours(sluice, tmp_path):
    """Entries of others stay; ours go with what they were about; a policy of no route of ours is told nothing, and no ConfigMap is read for it."""
    elsewhere, used = policy("elsewhere", target="none", **named(("", "ConfigMap", "gone"))), policy()
    elsewhere["status"] = {"ancestors": [THEIRS, GONE]}
    used["status"] = {"ancestors": [GONE, THEIRS]}
    _, statuses, sentences = made(sluice, tmp_path, elsewhere, used, policy("theirs", target="nobody"))
    assert statuses[POLICY + "elsewhere"] == {"ancestors": [THEIRS]} and statuses[POLICY + "theirs"] == {"ancestors": []}
    assert [a["ancestorRef"]["name"] for a in statuses[POLICY + "tls"]["ancestors"]] == ["theirs", "front"]
    assert not sentences


def test_what_others_have_filled_stays_full(sluice, tmp_path):
    used = policy()
    used["status"] = {"ancestors": [{**THEIRS, "ancestorRef": {"name": f"g{i}"}} for i in range(16)]}
    _, statuses, _ = made(sluice, tmp_path, used)
    assert statuses[POLICY + "tls"] == used["status"]


def test_it_is_explained(sluice, tmp_path, pem):
    path = changed(tmp_path)
    path.write_text(path.read_text() + "---\n" + yaml.safe_dump_all([policy(**CA)]))
    done = subprocess.run([sluice, "explain", "backendtlspolicy", "edge/tls", "-f", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout.startswith("ancestor edge/front\n  Accepted: False, NoValidCACertificate: "), done
    done = subprocess.run([sluice, "lint", path], capture_output=True, text=True, timeout=60)
    assert "ConfigMap" not in done.stdout, "it may be elsewhere"
