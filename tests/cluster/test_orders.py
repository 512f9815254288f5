"""Certificates by themselves (spec.certificateAutoProvision): a real API server with cert-manager's CRD, a databroker, and somebody who fulfils
Certificates. The pipeline has the rights of deploy/base and no others."""
import base64
import json
import subprocess

import pytest
from cert_manager import CERTIFICATES, LABEL, CertManager, make_pair
from cluster import Cluster
from databroker import Databroker, Up
from pipeline import CLASS, app, wait_for

RECORD = "pomerium-certificate-controller-config"
DELAY = ("--certificate-delay", "2s", "--certificate-namespace", "pomerium")
N_HOSTS = 200


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as c:
        c.install_crds()
        c.install_cert_manager()
        c.apply_yaml(CLASS)
        yield c


@pytest.fixture(autouse=True)
def clean(cluster):
    yield
    cluster.delete({"kind": "Pomerium", "metadata": {"name": "global"}})
    for path in ("/apis/networking.k8s.io/v1/namespaces/shop/ingresses", "/apis/cert-manager.io/v1/namespaces/pomerium/certificates",
                 "/api/v1/namespaces/pomerium/secrets", "/api/v1/namespaces/shop/secrets"):
        cluster.call("DELETE", path)


@pytest.fixture
def databroker(tmp_path):
    with Databroker(tmp_path / "databroker") as d:
        yield d


def settings(cluster, issuer):
    secret = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    cluster.apply_yaml(f"""{{apiVersion: v1, kind: Secret, metadata: {{name: bootstrap, namespace: pomerium}}, data: {{shared_secret: {secret}, cookie_secret: {secret}}}}}
---
{{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {{name: global}}, spec: {{secrets: pomerium/bootstrap, certificateAutoProvision: {json.dumps(issuer)}}}}}""")


def up(sluice, tmp, databroker, cluster, *more):
    return Up(sluice, tmp / "up", tmp / "none", databroker, *DELAY, *more, cluster=cluster)


def serve(cluster, name, hosts, more=""):
    """One Ingress with all of these hosts."""
    text = app(name, host=hosts[0], more=more)
    rule = text[text.index("  - host:"):]
    cluster.apply_yaml(text + "".join(rule.replace(f"host: {hosts[0]}", f"host: {h}") for h in hosts[1:]))


def certificates(cluster):
    """{host: Certificate} of all that are there."""
    return {c["spec"]["dnsNames"][0]: c for c in cluster.call("GET", CERTIFICATES)[1]["items"]}


def secrets(cluster, selector=f"?labelSelector={next(iter(LABEL))}%3D{LABEL[next(iter(LABEL))]}"):
    return {s["metadata"]["name"] for s in cluster.call("GET", "/api/v1/namespaces/pomerium/secrets" + selector)[1]["items"]}


def pairs(databroker):
    """The certificates in the record."""
    return databroker.records().get(RECORD, {}).get("settings", {}).get("certificates", [])


def served(databroker):
    """Their hosts, each parsed and matched with its key."""
    found = []
    for pair in pairs(databroker):
        crt, key = (base64.b64decode(pair[k]) for k in ("cert_bytes", "key_bytes"))
        names = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-pubkey"], input=crt, capture_output=True, check=True).stdout.decode()
        public = subprocess.run(["openssl", "pkey", "-pubout"], input=key, capture_output=True, check=True).stdout.decode()
        assert public in names, "a key that is not of its certificate"
        found.append(names.split("DNS:")[1].split()[0])
    return sorted(found)


def test_200_hosts_become_200_certificates_and_go_with_the_issuer(sluice, cluster, databroker, tmp_path):
    hosts = [f"h{i}.example.com" for i in range(N_HOSTS)]
    for i in range(0, N_HOSTS, 20):
        serve(cluster, f"app-{i}", hosts[i:i + 20])
    settings(cluster, {"clusterIssuer": "le"})
    # somebody else's: a Certificate without our label; a Secret that one with it names, and that has none
    crt, key = (base64.b64encode(x).decode() for x in make_pair(["their.example.com"]))
    cluster.apply_yaml(f"{{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {{name: theirs, namespace: pomerium}}, data: {{tls.crt: {crt}, tls.key: {key}}}}}")
    for name, labels in ("theirs", {}), ("decoy", LABEL):
        cluster.apply({"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": name, "namespace": "pomerium", "labels": labels},
                       "spec": {"dnsNames": ["their.example.com"], "secretName": "theirs", "issuerRef": {"kind": "ClusterIssuer", "name": "le"}}})
    with CertManager(cluster) as issuer, up(sluice, tmp_path, databroker, cluster) as p:
        ours = lambda: {h: c for h, c in certificates(cluster).items() if h in hosts}
        wait_for(lambda: f"{len(ours())} Certificates; log:\n{p.log()[-3000:]}", lambda: len(ours()) == N_HOSTS, 60)
        wait_for(lambda: f"{len(pairs(databroker))} are served; log:\n{p.log()[-3000:]}", lambda: len(pairs(databroker)) == N_HOSTS, 60)
        assert served(databroker) == sorted(hosts)
        one = ours()["h7.example.com"]
        name = one["metadata"]["name"]
        assert name.startswith("pomerium-certificate-") and len(name) == len("pomerium-certificate-") + 16
        assert one["metadata"]["labels"] == LABEL
        assert one["spec"] == {"dnsNames": ["h7.example.com"], "secretName": name, "secretTemplate": {"labels": LABEL},
                               "issuerRef": {"kind": "ClusterIssuer", "name": "le"}}
        # the decoy is needed by nobody; the Secret that it names is not ours
        wait_for(p.log, lambda: "decoy" not in {c["metadata"]["name"] for c in cluster.call("GET", CERTIFICATES)[1]["items"]}, 20)
        assert "theirs" in secrets(cluster, "")
        # one that goes and comes back costs no second order
        cluster.delete({"kind": "Ingress", "metadata": {"name": "app-0", "namespace": "shop"}})
        wait_for(p.log, lambda: "sluice/ingress/shop/app-0" not in databroker.records())
        serve(cluster, "app-0", hosts[:20])
        wait_for(p.log, lambda: "sluice/ingress/shop/app-0" in databroker.records())
        # all processes start over: nothing is ordered or written anew
        for room in "publisher", "resolver", "watcher":
            p.kill(room)
        serve(cluster, "last", ["last.example.com"])
        wait_for(p.log, lambda: len(pairs(databroker)) == N_HOSTS + 1, 40)
        assert "last.example.com" in served(databroker)
        mine = [o for o in issuer.orders if o != ("their.example.com",)]
        assert sorted(mine) == sorted((h,) for h in [*hosts, "last.example.com"]), "each host once"
        # without the issuer they go, with their Secrets
        settings(cluster, {})
        wait_for(lambda: f"{len(ours())} Certificates, {len(secrets(cluster))} Secrets; log:\n{p.log()[-3000:]}",
                 lambda: not ours() and not secrets(cluster), 60)
        wait_for(p.log, lambda: RECORD not in databroker.records(), 20)
        assert "theirs" in secrets(cluster, "") and [c["metadata"]["name"] for c in cluster.call("GET", CERTIFICATES)[1]["items"]] == ["theirs"]
        assert not [line for line in p.log().split("\n") if "forbidden" in line or "cannot report" in line]


def test_of_two_replicas_one_orders(sluice, cluster, databroker, tmp_path):
    settings(cluster, {"clusterIssuer": "le"})
    hosts = [f"r{i}.example.com" for i in range(8)]
    serve(cluster, "app", hosts[:4])
    lease = ("--lease-duration", "2s")
    with CertManager(cluster) as issuer, up(sluice, tmp_path, databroker, cluster, *lease) as a:
        wait_for(a.log, a.leads)
        (tmp_path / "b").mkdir()
        with up(sluice, tmp_path / "b", databroker, cluster, *lease) as b:
            wait_for(lambda: a.log()[-3000:], lambda: served(databroker) == hosts[:4], 30)
            assert a.log().count("certificate ordered") == 4 and "certificate ordered" not in b.log()
            a.process.kill()
            a.process.wait()
            serve(cluster, "more", hosts[4:])
            wait_for(lambda: b.log()[-3000:], lambda: served(databroker) == hosts, 60)
            assert b.log().count("certificate ordered") == 4
            assert sorted(issuer.orders) == [(h,) for h in hosts], "each host once, whoever writes"


def test_what_spec_tls_names_is_not_ordered(sluice, cluster, databroker, tmp_path):
    settings(cluster, {"issuer": "pomerium/ca"})
    serve(cluster, "open", ["soon.example.com", "bare.example.com"])
    serve(cluster, "promise", ["soon.example.com"], more="  tls: [{hosts: [soon.example.com], secretName: soon-tls}]\n")
    with CertManager(cluster) as issuer, up(sluice, tmp_path, databroker, cluster) as p:
        wait_for(p.log, lambda: served(databroker) == ["bare.example.com"], 30)
        assert certificates(cluster)["bare.example.com"]["spec"]["issuerRef"] == {"kind": "Issuer", "name": "ca"}
        crt, key = (base64.b64encode(x).decode() for x in make_pair(["soon.example.com"]))
        cluster.apply_yaml(f"{{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {{name: soon-tls, namespace: shop}}, data: {{tls.crt: {crt}, tls.key: {key}}}}}")
        wait_for(p.log, lambda: "sluice/cert/shop/soon-tls" in databroker.records())
        assert issuer.orders == [("bare.example.com",)]


def test_a_certificate_with_another_key_is_left_out(sluice, cluster, databroker, tmp_path):
    settings(cluster, {"clusterIssuer": "le"})
    serve(cluster, "app", ["good.example.com", "bad.example.com"])
    with CertManager(cluster, fumbled=["bad.example.com"]) as issuer, up(sluice, tmp_path, databroker, cluster) as p:
        wait_for(p.log, lambda: len(issuer.orders) == 2 and served(databroker) == ["good.example.com"], 30)
        wait_for(p.log, lambda: "does not belong to the certificate" in p.log())
        assert len(certificates(cluster)) == 2, "and is not ordered again"


def key_pair(*names, use="serverAuth"):
    crt, key = (base64.b64encode(x).decode() for x in make_pair(names, use))
    return {"certificate": crt, "key": key}


def routes(*froms):
    return {"routes": [{"from": f, "to": ["http://10.0.0.1"]} for f in froms]}


def test_what_others_have_stored_counts(sluice, cluster, databroker, tmp_path):
    """Another program writes records of each type into the databroker."""
    databroker.store("theirs", routes("https://config.example.com:8443", "https://covered.example.com", "https://*.wild.example.com", "https://10.0.0.1", "http://plain.example.com"))
    databroker.store("theirs", routes("https://route.example.com")["routes"][0], "Route")
    databroker.store("theirs", {"config": routes("tcp+https://versioned.example.com:22"), "conditions": [{"at_least": "v99"}]}, "VersionedConfig")
    databroker.store("theirs", key_pair("*.example.org"), "KeyPair")
    databroker.store("client", key_pair("config.example.com", use="clientAuth"), "KeyPair")
    pair = key_pair("covered.example.com")
    databroker.store("theirs", {"certificates": [{"cert_bytes": pair["certificate"], "key_bytes": pair["key"]}]}, "Settings")
    databroker.store("broken", b"\x12\xff\xff", "KeyPair")
    serve(cluster, "app", ["mine.example.com", "mine.example.org"])
    settings(cluster, {"clusterIssuer": "le"})
    wanted = {"config.example.com", "route.example.com", "versioned.example.com", "mine.example.com"}
    with CertManager(cluster) as issuer, up(sluice, tmp_path, databroker, cluster, "--certificate-delay", "1s") as p:
        explain = lambda: f"{sorted(certificates(cluster))}; log:\n{p.log()[-3000:]}"
        wait_for(explain, lambda: set(certificates(cluster)) == wanted, 30)
        wait_for(lambda: (served(databroker), issuer.orders, secrets(cluster)), lambda: served(databroker) == sorted(wanted))
        # they get a certificate of their own, and another host
        databroker.store("route", key_pair("route.example.com"), "KeyPair")
        databroker.store("more", routes("https://more.example.com")["routes"][0], "Route")
        wanted = wanted - {"route.example.com"} | {"more.example.com"}
        wait_for(explain, lambda: set(certificates(cluster)) == wanted, 30)
        wait_for(lambda: secrets(cluster), lambda: len(secrets(cluster)) == len(wanted))
        # nothing is concluded from what cannot be heard
        databroker.fault("fail", "Sync", 1000, code=14)
        databroker.drop()
        databroker.store("more", None, "Route")
        serve(cluster, "late", ["late.example.com"])
        wait_for(p.log, lambda: "sluice/ingress/shop/late" in databroker.records())
        wait_for(databroker.fault_left, lambda: databroker.fault_left() < 1000 - 30, 30)
        assert set(certificates(cluster)) == wanted
        databroker.fault("fail", "Sync", 0)
        wanted = wanted - {"more.example.com"} | {"late.example.com"}
        wait_for(explain, lambda: set(certificates(cluster)) == wanted, 30)
        # a databroker that was wiped: what they had is gone, ours is written again
        databroker.wipe()
        wanted = {"mine.example.com", "mine.example.org", "late.example.com"}
        wait_for(explain, lambda: set(certificates(cluster)) == wanted, 30)
        wait_for(lambda: served(databroker), lambda: served(databroker) == sorted(wanted))
        assert p.log().count("a record of somebody else cannot be read") == 1
        assert sorted(issuer.orders) == sorted((h,) for h in wanted | {"config.example.com", "route.example.com", "versioned.example.com", "more.example.com"})
        # without the issuer nobody follows them any more
        settings(cluster, {})
        wait_for(explain, lambda: not certificates(cluster), 30)
        databroker.store("broken", b"\x12\xff\xff", "KeyPair")
        databroker.store("again", routes("https://again.example.com")["routes"][0], "Route")
        settings(cluster, {"clusterIssuer": "le"})
        wait_for(explain, lambda: "again.example.com" in certificates(cluster), 30)
        assert p.log().count("a record of somebody else cannot be read") == 2
