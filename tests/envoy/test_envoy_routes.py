"""Routes and settings: what sluice translate prints, the real Envoy takes when Pomerium has made its configuration of it. Members of each rule."""
import json
import os
import random
import re
import subprocess

import envoy
import pytest

GENERATED = int(os.environ.get("GENERATED", "150"))  # values of each annotation
SEED = int(os.environ.get("SEED", "1"))

CLASS = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "pomerium"}, "spec": {"controller": "pomerium.io/ingress-controller"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": "n"}, "spec": {"ports": [{"port": 80}]}}


def ingress(name, annotations, path="/"):
    regex = {"ingress.pomerium.io/path_regex": "true"} if path != "/" else {}
    kind = "ImplementationSpecific" if regex else "Prefix"
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": "n", "annotations": {**regex, **{f"ingress.pomerium.io/{k}": v for k, v in annotations.items()}}},
            "spec": {"ingressClassName": "pomerium", "rules": [{"host": f"{name}.example.com", "http": {"paths": [
                {"path": path, "pathType": kind, "backend": {"service": {"name": "app", "port": {"number": 80}}}}]}}]}}


def translate(sluice, tmp_path, items):
    """(routes by name, codes by name) of (name, annotations, path)."""
    path = tmp_path / "routes.json"
    path.write_text("\n---\n".join(json.dumps(d) for d in [CLASS, SERVICE] + [ingress(*i) for i in items]))
    done = subprocess.run([sluice, "translate", "-f", path, "--format", "json"], capture_output=True, text=True, timeout=600)
    assert done.returncode in (0, 1), done.stderr[:2000]
    codes = {name: int(code) for name, code in re.findall(r"(?m)^n/(\S+): (?!warning: ).*\[SLU(\d+)\]$", done.stderr)}
    routes = {re.match(r"https://([^.]*)", r["from"])[1]: r for r in json.loads(done.stdout).get("routes", [])}
    assert set(routes) | set(codes) == {i[0] for i in items}, done.stderr[:2000]
    return routes, codes


def refused(routes):
    """What Envoy says of each route that it refuses."""
    return [(r["name"] if isinstance(r, dict) else "several", why) for r, why in envoy.refused(list(routes), envoy.bootstrap)]


def several(annotation, good, bad):
    """(annotation, value, code): 0 is good, bad is {code: values}."""
    for value in good:
        yield annotation, value, 0
    for code, values in bad.items():
        for value in values:
            yield annotation, value, code


HEADERS = [json.dumps({"X-A": v}) for v in (
    "plain", "100%%", "%REQ(x-a)%", "%REQ(x-a?:path):10%", "%RESP(content-type)%", "%TRAILER(x):3%", "%PROTOCOL%", "%PROTOCOL()%", "%RESPONSE_CODE%", "%START_TIME%",
    "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "%UPSTREAM_HOST%", "%DYNAMIC_METADATA(a:b)%", "%GRPC_STATUS(NUMBER)%",
    "%COMMON_DURATION(DS_RX_BEG:DS_RX_END:us)%", "a%%b%PROTOCOL%c", "%QUERY_PARAM(a):5%", "%HOSTNAME%", "%DOWNSTREAM_PEER_CERT_V_START(%b %d %H:%M:%S %Y %Z)%", "%PATH(NQ)%")]
NO_HEADERS = [json.dumps({"X-A": v}) for v in (
    "%UNKNOWN%", "%REQ%", "%20%20", "%7C%7C", "%PROTOCOL(x)%", "100%", "%", "%%%", "%REQ(x", "%REQ(x)", "%REQ()%", "%REQ(a?b?c)%", "%REQ(a b)%", "%REQ(x):%", "%REQ(x):5x%",
    "%PROTOCOL:5%", "%START_TIME(%n)%", "%START_TIME(%9n)%", "%START_TIME:5%", "%GRPC_STATUS(x)%", "%COMMON_DURATION(a:b:x)%", "%COMMON_DURATION%", "%DYNAMIC_METADATA()%",
    "%protocol%", "%PATH(x)%", "%HOSTNAME(x)%", "a %SOMETHING_NEW% b")]
CREDENTIALS = [json.dumps({"X-A": v}) for v in (
    "%ENVIRONMENT(HOME)%", "%CEL(request.path)%", "%REQ(cookie)%", "%REQ(Authorization)%", "%REQ(x?Cookie)%", "%RESP(set-cookie)%", "%REQ(X-Pomerium-Jwt-Assertion)%",
    "%FILTER_STATE(a)%", "%DOWNSTREAM_TLS_SESSION_ID%")]
CHECK = {"timeout": "1s", "interval": "2s", "unhealthy_threshold": 2, "healthy_threshold": 1}


def check(**more):
    kind = {} if any(k.endswith("_check") for k in more) else {"tcp_health_check": {}}
    return json.dumps([{**CHECK, **kind, **more}])


MEMBERS = [
    *several("set_response_headers", HEADERS, {1304: NO_HEADERS, 1307: CREDENTIALS}),
    *several("set_response_headers", [json.dumps({f"x-{i}": "v" for i in range(n)}) for n in (900, 997)],
             {1306: [json.dumps({f"x-{i}": "v" for i in range(n)}) for n in (998, 1001, 1200)], 1303: ['{"Host": "a"}', '{":path": "a"}']}),
    *several("allow_upgrades", ["[websocket]", "[spdy/3.1]", "[foo]", "[foo, foo]", "[CONNECT]", "[FOO]"],
             {1709: ["[WebSocket]", "[WEBSOCKET]", "[SPDY/3.1]", "[foo, Foo]", "[foo, bar, FOO]"], 1705: ['["a\\nb"]']}),
    *several("outlier_detection", ["{}", "{max_ejection_time: 30s}", "{base_ejection_time: 10s, max_ejection_time: 10s}", "{base_ejection_time: 400s}", "{max_ejection_percent: 100}"],
             {1723: ["{max_ejection_time: 10s}", "{base_ejection_time: 31s, max_ejection_time: 30s}", "{max_ejection_time: 29.999s}"], 1720: ["{interval: 0s}"], 1722: ["{enforcing_success_rate: 101}"]}),
    *several("health_checks", [check(), check(http_health_check={"path": "/x"}), check(http_health_check={"path": "/x", "expected_statuses": [{"start": 200, "end": 300}]}),
                               check(tcp_health_check={"send": {"text": "50"}, "receive": [{"text": "4f"}]})],
             {1718: [check(grpc_health_check={"service_name": "a"})], 1711: [check(timeout="0s"), check(no_traffic_interval="0s")], 1712: [check(initial_jitter="-1s")], 1714: [check(http_health_check={}), check(http_health_check={"path": "/\x01"}), check(http_health_check={"path": "/\x7f"})],
              1715: [check(http_health_check={"path": "/", "host": "\x01"})], 1719: [check(http_health_check={"path": "/", "send": {"text": "50"}})],
              1716: [check(http_health_check={"path": "/", "expected_statuses": [{"start": 99, "end": 200}]}), check(http_health_check={"path": "/", "expected_statuses": [{"start": 300, "end": 300}]})],
              1717: [check(tcp_health_check={"send": {"text": "5"}}), check(tcp_health_check={"send": {"text": "xx"}})]}),
    *several("timeout", ["0s", "1h", "2540400h"], {1706: ["-1s"], 1740: ["9223372036s", "315576000000s"]}),
    *several("regex_rewrite_pattern", ["'^/\\pL{1000}$'", "'\\x{ff}'", "'\\377'", "'[а-я]é'", "'\\Q\\x{100}\\E'", "'(?i)a{1000}'"],
             {1506: ["'\\x{100}'", "'[a\\x{10ffff}]'", "'\\400'", "'[\\x{41}-\\x{200}]'"], 1507: [f"'(?:{'a' * 900}){{1000}}'", "'" + "\\pL{1000}" * 60 + "'"]}),
    *several("healthy_panic_threshold", ["0", "100"], {1707: ["101"]}),
    *several("prefix_rewrite", ["/a"], {1505: ['"/\\n"']}),
]


@pytest.fixture(scope="module")
def members(sluice, tmp_path_factory):
    items = [(f"m{i}", {annotation: value}) for i, (annotation, value, _) in enumerate(MEMBERS)]
    return translate(sluice, tmp_path_factory.mktemp("members"), items)


def test_each_rule_takes_and_refuses_its_members(members):
    _, codes = members
    wrong = [(annotation, value[:200], "expected", code, "got", codes.get(f"m{i}", 0))
             for i, (annotation, value, code) in enumerate(MEMBERS) if codes.get(f"m{i}", 0) != code]
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_taken_is_taken_by_envoy(members):
    routes, _ = members
    bad = refused(routes.values())
    assert not bad, "\n".join(map(str, bad))


@pytest.mark.parametrize("value, code", [("plain", 0), ("100%%", 0), ("%REQ(x)%", 0), ("%UNKNOWN%", 1304), ("50%", 1304), ("%ENVIRONMENT(HOME)%", 1307)])
def test_values_of_secrets_obey_the_same_rules(sluice, tmp_path, value, code):
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "s", "namespace": "n"}, "stringData": {"X-A": value}}
    path = tmp_path / "secret.json"
    path.write_text("\n---\n".join(json.dumps(o) for o in [CLASS, SERVICE, secret, ingress("a", {"set_response_headers_secret": "s"})]))
    done = subprocess.run([sluice, "translate", "-f", path, "--format", "json"], capture_output=True, text=True, timeout=60)
    assert [int(c) for c in re.findall(r"\[SLU(\d+)\]", done.stderr)] == ([code] if code else []), done.stderr
    assert value not in done.stderr or code == 1304 and value == "%UNKNOWN%"


# ---- generated ----

def some_of(rng, make):
    return {key: value(rng) for key, value in make.items() if rng.random() < 0.4}


def duration(rng):
    return rng.choice(["0s", "0.0001s", "0.000000001s", "1s", "29s", "30s", "31s", "300s", "301s", "86400s", "-1s", "9223372036s", "9223372037s", "315576000000s"])


def number(rng):
    return rng.choice([0, 1, 2, 50, 99, 100, 101, 65535, 65536, 4294967295])


def some_text(rng):
    return rng.choice(["", "a", "/", "/x", "a b", "é", "a\nb", "\x01", "50494e47", "5", "ff", "x" * 300])


def health(rng):
    ranges = lambda r: [{"start": r.choice([99, 100, 200, 599, 600]), "end": r.choice([100, 200, 201, 600, 601])} for _ in range(r.randrange(3))]
    payload = lambda r: {r.choice(["text", "binary"]): r.choice(["50", "5", "", "ffff", "UE8="])}
    payloads = lambda r: [payload(r) for _ in range(r.randrange(3))]
    names = lambda r: [r.choice(["x-a", "", "a b", ":path", "host", "a\nb"]) for _ in range(r.randrange(3))]
    http = {"host": some_text, "path": some_text, "send": payload, "receive": payloads, "request_headers_to_remove": names, "expected_statuses": ranges,
            "retriable_statuses": ranges, "codec_client_type": lambda r: r.choice(["HTTP1", "HTTP2", "HTTP3"]), "response_buffer_size": number}
    kinds = {"http_health_check": http, "tcp_health_check": {"send": payload, "receive": payloads}, "grpc_health_check": {"service_name": some_text, "authority": some_text}}
    kind = rng.choice(list(kinds))
    more = some_of(rng, {**{k: duration for k in ("interval_jitter", "no_traffic_interval", "unhealthy_interval", "unhealthy_edge_interval", "healthy_edge_interval",
                                                    "initial_jitter", "no_traffic_healthy_interval")},
                         "alt_port": number, "interval_jitter_percent": number, "reuse_connection": lambda r: True})
    base = {k: (duration(rng) if rng.random() < 0.2 else v) if isinstance(v, str) else (number(rng) if rng.random() < 0.2 else v) for k, v in CHECK.items()}
    return "health_checks", json.dumps([{**base, **{k: v for k, v in more.items() if rng.random() < 0.4}, kind: some_of(rng, kinds[kind])}])


def outlier(rng):
    numbers = ["consecutive_5xx", "max_ejection_percent", "enforcing_consecutive_5xx", "enforcing_success_rate", "success_rate_minimum_hosts", "success_rate_request_volume",
               "success_rate_stdev_factor", "consecutive_gateway_failure", "enforcing_consecutive_gateway_failure", "consecutive_local_origin_failure",
               "enforcing_local_origin_success_rate", "failure_percentage_threshold", "enforcing_failure_percentage", "failure_percentage_minimum_hosts"]
    chosen = {k: number(rng) for k in rng.sample(numbers, rng.randrange(4))}
    chosen.update({k: duration(rng) for k in rng.sample(["interval", "base_ejection_time", "max_ejection_time", "max_ejection_time_jitter"], rng.randrange(3))})
    return "outlier_detection", json.dumps(chosen)


def header(rng):
    pieces = ["%", "%%", "(", ")", ":", "5", "REQ", "RESP", "PROTOCOL", "START_TIME", "x-a", "?", "%Y", "%n", "UPSTREAM_METADATA", "GRPC_STATUS", "NUMBER", " ", "a", "QUERY_PARAM",
              "%REQ(", ")%", "%PROTOCOL%", "%START_TIME(", "%E4n", "COMMON_DURATION", "a:b", "PATH", "_", "é", "[", "\"", ",", "DYNAMIC_METADATA"]
    return "set_response_headers", json.dumps({"X-A": "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 7)))})


def regex(rng):
    pieces = ["a", "b", "(", ")", "[", "]", "*", "+", "?", "{2}", "{1000}", "{1001}", "|", "^", "$", "\\d", "\\pL", "\\p{Greek}", "\\x{ff}", "\\x{100}", "\\x{10ffff}", "\\xff", "[^a]",
              "é", "я", "[а-я]", "(?i)", "(?P<n>", "(?<n>", "\\b", "\\z", "\\C", "\\Q", "\\E", ".", "-", "[:alpha:]", "\\400", "\\1", "\\777", "(?s)", "(?U)", "[\\x{100}-\\x{200}]", "[\\x{41}-\\x{200}]"]
    text = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 6)))
    return rng.choice([("regex_rewrite_pattern", text), ("host_path_regex_rewrite_pattern", text)])


def rewrite(rng):
    pieces = ["\\0", "\\1", "\\9", "\\\\", "\\", "a", "/", "%", "\n", "\x01", "\x7f", "\t", "é"]
    text = json.dumps("".join(rng.choice(pieces) for _ in range(rng.randrange(1, 4))))
    return rng.choice([("prefix_rewrite", text), ("host_rewrite", text), ("host_rewrite_header", text)])


def other(rng):
    return rng.choice([
        ("timeout", duration(rng)), ("idle_timeout", duration(rng)), ("healthy_panic_threshold", str(number(rng))), ("tls_server_name", json.dumps(some_text(rng))),
        ("allow_upgrades", json.dumps([rng.choice(["websocket", "WebSocket", "foo", "Foo", "", "CONNECT", "connect", "a b", "é", "connect-udp"]) for _ in range(rng.randrange(1, 4))])),
        ("remove_request_headers", json.dumps([some_text(rng), "x"])), ("circuit_breaker_thresholds", json.dumps({k: number(rng) for k in rng.sample(
            ["max_connections", "max_pending_requests", "max_requests", "max_retries", "max_connection_pools"], 2)})),
        ("set_request_headers", json.dumps({some_text(rng): some_text(rng)})), ("rewrite_response_headers", json.dumps([{"header": some_text(rng), "prefix": "a", "value": some_text(rng)}])),
        ("set_response_headers", json.dumps({some_text(rng): "v"}))])


@pytest.mark.parametrize("make", [health, outlier, header, regex, rewrite, other])
def test_generated(sluice, tmp_path, make):
    """Nothing that we take is refused by Envoy; of what we refuse nothing is asked."""
    rng = random.Random(f"{SEED} {make.__name__}")
    items = [(f"g{i}", dict([make(rng)])) for i in range(GENERATED)]
    routes, codes = translate(sluice, tmp_path, items)
    assert len(routes) > GENERATED // 20 and codes, "the generator makes only one kind"
    texts = dict(items)
    bad = [(texts.get(name.split("-")[1], name), why) for name, why in refused(routes.values())]
    assert not bad, "\n".join(map(str, bad))


def test_hosts_that_differ_in_case(sluice, tmp_path):
    """Envoy takes capitals, and each host once, whatever its case."""
    path = tmp_path / "routes.json"
    hosts = {"a": "Shop.example.com", "b": "shop.example.com", "c": "Other.example.com"}
    docs = [CLASS, SERVICE]
    for name, host in hosts.items():
        doc = ingress(name, {})
        doc["spec"]["rules"][0]["host"] = host
        docs.append(doc)
    path.write_text("\n---\n".join(json.dumps(d) for d in docs))
    done = subprocess.run([sluice, "translate", "-f", path, "--format", "json"], capture_output=True, text=True, timeout=60)
    routes = json.loads(done.stdout)["routes"]
    assert sorted(r["from"] for r in routes) == ["https://Other.example.com", "https://Shop.example.com"], done.stderr
    assert envoy.judge(envoy.bootstrap(routes)) is None
    assert "unique" in envoy.judge(envoy.bootstrap([*routes, {**routes[-1], "from": "https://shop.example.com"}]))
