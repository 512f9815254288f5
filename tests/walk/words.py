"""What users can say, and how they get it wrong: a row for each annotation, each field of the Pomerium object and each field of an Ingress.

`good` is accepted and `bad` is not; `test_words_are_those_of_the_code` wants a row for all that the code knows. The first good value of an
annotation is the example of docs/annotations.md. Whatever else is said (WRONG) may be either: `sluice translate` decides.
"""
import base64
import dataclasses
import functools
import pathlib
import re

import examples
import yaml
from scenarios import allow, bootstrap, idp, pair, pomerium, secret, service, tls

ROOT = pathlib.Path(__file__).parent.parent.parent
WRONG_TEXTS = ("", "null", "7", "-1", "true", "yes", "[1, 2]", "{a: b}", "[{a: [b]}]", "'", "a: b: c", "\u0007", "x" * 300)
WRONG_VALUES = (None, "", "no", 7, -1, 2.5, True, [], [1], ["a", {}], {}, {"a": "b"}, {"a": 1}, "x" * 300)


@dataclasses.dataclass(frozen=True)
class Row:
    good: tuple
    bad: tuple = ()
    beside: dict = dataclasses.field(default_factory=dict)  # other fields that it needs


# ---- annotations: another good value, and one that is refused ----

BOOL, TEXT, LIST, MAP = ("false", "maybe"), ("other.example.com", "'"), ("[a.example.com, b.example.com]", "{"), ("{X-Other: b}", "[x]")
OTHERS = {
    **dict.fromkeys(("allow_any_authenticated_user", "allow_public_unauthenticated_access", "allow_spdy", "allow_websockets", "cors_allow_preflight",
                     "enable_google_cloud_serverless_authentication", "pass_identity_headers", "path_regex", "preserve_host_header", "secure_upstream",
                     "service_proxy_upstream", "ssh_upstream", "subtle_allow_empty_host", "tcp_upstream", "tls_skip_verify", "udp_upstream"), BOOL),
    **dict.fromkeys(("description", "host_rewrite", "name", "tls_server_name"), TEXT),
    **dict.fromkeys(("set_request_headers", "set_response_headers"), MAP),
    **dict.fromkeys(("tls_client_secret", "identity_provider_secret", "kubernetes_service_account_token_secret", "mcp_server_upstream_oauth2_secret",
                     "tls_custom_ca_secret", "tls_downstream_client_ca_secret"), ("{}-2", "nobody")),
    **dict.fromkeys(("set_request_headers_secret", "set_response_headers_secret"), ("headers", "nobody")),
    **dict.fromkeys(("idle_timeout", "timeout"), ("1m30s", "soon")),
    **dict.fromkeys(("policy", "upstream_tunnel_ssh_policy"), (allow("bob@example.com"), "[{allow: {and: [{no_such: 1}]}}]")),
    **dict.fromkeys(("lb_policy", "load_balancing_policy"), ("random", "best")),
    **dict.fromkeys(("mcp_server_upstream_oauth2_auth_url", "mcp_server_upstream_oauth2_token_url"), ("https://other.example.com/", None)),
    "allow_upgrades": ("{values: [spdy/3.1]}", "{values: 1}"),
    "allowed_domains": LIST,
    "allowed_idp_claims": ("{groups: [users, admins]}", "{groups: {a: b}}"),
    "allowed_users": ("[bob@example.com, ann@example.com]", "ann@example.com"),
    "bearer_token_format": ("default", "Default"),
    "circuit_breaker_thresholds": ("{max_connections: 9}", "{max_nothing: 9}"),
    "depends_on": ("[a.example.com, b.example.com]", "[a, b, c, d, e, f]"),
    "health_checks": ("[{timeout: 1s, interval: 9s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {}}]", "[{timeout: 1s, no_such: 1}]"),
    "healthy_panic_threshold": ("50", "many"),
    "host_path_regex_rewrite_pattern": ("^/([a-z]+)$", "("),
    "host_path_regex_rewrite_substitution": (r"\1.example.com", "'"),
    "host_rewrite_header": ("X-Other", "'"),
    "idp_access_token_allowed_audiences": ("{values: [web, api]}", "{values: {}}"),
    "least_request_lb_config": ("{choice_count: 3}", "{choice_count: few}"),
    "logo_url": ("https://example.com/other.png", "'"),
    "maglev_lb_config": ("{table_size: 131}", "{table_size: few}"),
    "mcp_client": ("https://mcp.example.com", "http://mcp.example.com"),
    "mcp_server": ("", "True"),
    "mcp_server_authorization_server_url": ("https://other.example.com", "http://other.example.com"),
    "mcp_server_max_request_bytes": ("4294967295", "4294967296"),
    "mcp_server_path": ("/other", None),
    "mcp_server_upstream_oauth2_auth_style": ("in_header", "other"),
    "mcp_server_upstream_oauth2_authorization_url_params": ("{audience: web}", "{a: [1]}"),
    "mcp_server_upstream_oauth2_scopes": ("read", None),
    "outlier_detection": ("{consecutive_5xx: 9}", "{no_such: 9}"),
    "prefix_rewrite": ("/other/", "'"),
    "regex_rewrite_pattern": ("^/other/(.*)$", "("),
    "regex_rewrite_substitution": (r"/\1", "'"),
    "remove_request_headers": ("[Cookie, X-Other]", "Cookie"),
    "rewrite_response_headers": ('[{header: Location, prefix: "http://other/", value: "https://example.com/"}]', "[{no_such: a}]"),
    "ring_hash_lb_config": ("{minimum_ring_size: 64}", "{minimum_ring_size: few}"),
    "upstream_tunnel": ("", None),  # whatever it says turns it on
}


def known_annotations():
    return set(re.findall(r'\{ "([a-z0-9_]+)", GROUP_', (ROOT / "translator/ingress/annotations.c").read_text()))


@functools.cache
def annotations():
    documented = examples.annotations()
    rows = {}
    for name, (other, bad) in OTHERS.items():
        example, beside = documented[name]
        rows[name] = Row((example, other.format(example) if other.endswith("-2") else other), () if bad is None else (bad,),
                         {beside: documented[beside][0]} if beside else {})
    return rows


# ---- fields of the Pomerium object; those of which a type says all are not in the table ----

IDP = {"identityProvider.provider": "oidc", "identityProvider.secret": "pomerium/idp"}
OTEL = {"otel.endpoint": "https://otel.example.com", "otel.protocol": "grpc"}
PEM = base64.b64encode(pair("ca.example.com", 0)[0]).decode(), base64.b64encode(pair("ca.example.com", 1)[0]).decode()
POSTGRES = {"storage.postgres.secret": "pomerium/postgres"}
REFRESH = {"identityProvider.refreshDirectory.interval": "1h", "identityProvider.refreshDirectory.timeout": "1m"}
NAMES = Row((r"^a\.example\.com$", ".*"), ("(", 7))
FIELDS = {
    "accessLogFields": Row((["path", "method"], ["headers.X-A"]), (["no-such"],)),
    "allowUpgrades": Row((["websocket"], ["spdy/3.1"]), ("websocket",)),
    "authenticate.url": Row(("https://login.example.com", "https://other.example.com"), ("http://login.example.com", 7)),
    "authorizeLogFields": Row((["path", "email"], ["headers.X-A"]), (["no-such"],)),
    "caSecrets": Row((["pomerium/ca"], ["pomerium/ca", "pomerium/ca-2"]), (["nobody"], "pomerium/ca")),
    "certificateAutoProvision.clusterIssuer": Row(("one", "two"), ("",)),
    "certificateAutoProvision.issuer": Row(("shop/one", "shop/two"), ("one",)),
    "certificates": Row((["pomerium/wildcard"], ["pomerium/wildcard", "pomerium/wildcard-2"]), (["wildcard"], "pomerium/wildcard")),
    "cookie.domain": Row(("example.com", "shop.example.com"), (7,)),
    "cookie.name": Row(("_one", "_two"), (7,)),
    "dataBroker.clusterLeaderId": Row(("one", "two"), (7,)),
    "downstreamMtls.ca": Row(PEM, ("no base64", 7)),
    "downstreamMtls.crl": Row(("",), ("no base64", 7)),
    "downstreamMtls.enforcement": Row(("policy", "reject_connection"), (7,)),
    **{f"downstreamMtls.matchSubjectAltNames.{name}": NAMES for name in ("dns", "email", "ipAddress", "uri", "userPrincipalName")},
    "envoyDynamicExtensions": Row((["a"], ["a", "b"]), ("a",)),
    "identityProvider.provider": Row(("google", "oidc", "github"), ("nobody", 7)),
    "identityProvider.refreshDirectory.interval": Row(("1h", "2h"), ("soon",), REFRESH),
    "identityProvider.refreshDirectory.timeout": Row(("1m", "2m"), ("soon",), REFRESH),
    "identityProvider.requestParams": Row(({"a": "b"}, {"c": "d"}), (["a"], {"a": 1})),
    "identityProvider.requestParamsSecret": Row(("pomerium/params", "pomerium/params-2"), ("pomerium/nobody",)),
    "identityProvider.scopes": Row((["openid"], ["openid", "email"]), ("openid",)),
    "identityProvider.secret": Row(("pomerium/idp", "pomerium/idp-2"), ("pomerium/nobody", "")),
    "identityProvider.serviceAccountFromSecret": Row(("pomerium/idp", "pomerium/idp-2"), (7,)),
    "identityProvider.url": Row(("https://idp.example.com", "https://other.example.com"), ("http://idp.example.com",)),
    "idpAccessTokenAllowedAudiences": Row((["api"], ["api", "web"]), ("api",)),
    "jwtClaimHeaders": Row(({"X-Email": "email"}, {"X-Name": "name"}), ({"Host": "email"},)),
    "mcpAllowedAsMetadataDomains": Row((["a.example.com"], ["b.example.com"]), ("a.example.com",)),
    "mcpAllowedClientIdDomains": Row((["a.example.com"], ["b.example.com"]), ("a.example.com",)),
    "otel.endpoint": Row(("https://otel.example.com", "https://other.example.com"), (":",), OTEL),
    "otel.headers": Row(({"a": "b"}, {"c": "d"}), ({"a": "b\n"},), OTEL),
    "otel.resourceAttributes": Row(({"a": "b"}, {"c": "d"}), ({"a": "b\n"},), OTEL),
    "otel.sampling": Row(("0.5", "1"), ("2", 0.5), OTEL),
    "programmaticRedirectDomains": Row((["a.example.com"], ["b.example.com"]), ("a.example.com",)),
    "runtimeFlags": Row(({"a": True}, {"a": False}), ({"a": "yes"},)),
    "secrets": Row(("pomerium/bootstrap", "pomerium/bootstrap-2"), ("",)),
    "setResponseHeaders": Row(({"X-A": "a"}, {"X-B": "b"}), ({"X-A": "a\n"},)),
    "ssh.hostKeySecrets": Row((["pomerium/ssh"], ["pomerium/ssh", "pomerium/ssh-2"]), (["pomerium/nobody"],)),
    "ssh.userCaKeySecret": Row(("pomerium/ssh", "pomerium/ssh-2"), ("pomerium/nobody",)),
    "storage.file.path": Row(("/data", "/other"), ("",)),
    "storage.postgres.caSecret": Row(("pomerium/ca", "pomerium/ca-2"), ("pomerium/nobody",), POSTGRES),
    "storage.postgres.secret": Row(("pomerium/postgres", "pomerium/postgres-2"), ("pomerium/nobody",)),
    "storage.postgres.tlsSecret": Row(("pomerium/wildcard", "pomerium/wildcard-2"), ("pomerium/nobody",), POSTGRES),
}
OF_TYPE = {"BOOL": Row((True, False), ("true", 1)), "COUNT": Row((3, 4), (-1, "3")), "INT": Row((3, 4), (2.5, "3")), "DURATION": Row(("30s", "1m30s"), ("soon", 30))}


def known_fields():
    """{path: (type, words that it may be)} of those that a value can be said of."""
    source = (ROOT / "translator/settings/crd_table.c").read_text()
    found = {path: (kind, re.sub(r"\s+", " ", allowed or "").split())
             for path, kind, allowed in re.findall(r'(?m)^\t\{ "([A-Za-z0-9.]+)", CRD_(\w+),\s+[A-Z_| 0]+?,\s+(?:NULL|"([^"]*)")', source)}
    assert len(found) == len(re.findall(r'(?m)^\t\{ "', source))
    return {path: how for path, how in found.items() if how[0] != "OBJECT"} | {
        path: how for path, how in found.items() if not any(other.startswith(path + ".") for other in found)}


@functools.cache
def fields():
    rows = {}
    for path, (kind, allowed) in known_fields().items():
        if path in FIELDS:
            rows[path] = FIELDS[path]
        elif allowed:
            rows[path] = Row(tuple(allowed), ("no such", 7))
        elif kind in OF_TYPE:
            rows[path] = OF_TYPE[kind]
        if path.startswith("otel.") and path in rows:
            rows[path] = dataclasses.replace(rows[path], beside=OTEL)
        elif path.startswith("identityProvider.") and path in rows:
            rows[path] = dataclasses.replace(rows[path], beside=IDP | rows[path].beside)
    return rows


# ---- fields of an Ingress, by the struct that has them; a value that no API server would store is not said ----

PATH, BACKEND = "spec.rules.0.http.paths.0", "spec.rules.0.http.paths.0.backend"
TO_B = {"service": {"name": "b", "port": {"number": 80}}}
INGRESS = {
    "ingress_spec.ingressClassName": ("spec.ingressClassName", Row(("pomerium", "nginx", "nobody"))),
    "ingress_spec.defaultBackend": ("spec.defaultBackend", Row((TO_B, {"service": {"name": "a", "port": {"name": "http"}}}),
                                                               ({"service": {"name": "no-such", "port": {"number": 80}}},),
                                                               {"spec.tls": [{"hosts": ["walker.example.com"], "secretName": "walk-tls"}], f"{PATH}.path": "/x"})),
    "ingress_spec.tls": ("spec.tls", Row(([], [{"hosts": ["*.example.com"], "secretName": "walk-tls"}]), ([{"secretName": "nobody"}],))),
    "ingress_spec.rules": ("spec.rules", Row(([{"host": "rules.example.com", "http": {"paths": [{"path": p, "pathType": "Prefix", "backend": TO_B} for p in ("/a", "/b")]}}],
                                              [{"host": f"rules-{i}.example.com", "http": {"paths": [{"path": "/", "pathType": "Exact", "backend": TO_B}]}} for i in range(3)]),
                                             ([{"host": "a b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": TO_B}]}}],))),
    "rule.host": ("spec.rules.0.host", Row(("walk-host.example.com", "*.walk.example.com"), ("a b",))),
    "rule.http": ("spec.rules.0.http", Row(({"paths": [{"path": "/h", "pathType": "Prefix", "backend": TO_B}]}, {"paths": [{"path": "/i", "pathType": "Exact", "backend": TO_B}]}))),
    "http_rule.paths": ("spec.rules.0.http.paths", Row(([{"path": f"/{p}", "pathType": "Exact", "backend": TO_B} for p in "abc"], [{"path": "/", "pathType": "Prefix", "backend": TO_B}]))),
    "path.path": (f"{PATH}.path", Row(("/one", "/two/three"))),
    "path.pathType": (f"{PATH}.pathType", Row(("Exact", "ImplementationSpecific", "Prefix"), ("Other",))),
    "path.backend": (f"{PATH}.backend", Row((TO_B, {"service": {"name": "a", "port": {"name": "http"}}}), ({},))),
    "backend.service": (f"{BACKEND}.service", Row((TO_B["service"], {"name": "a", "port": {"number": 81}}), ({"name": "no-such", "port": {"number": 80}},))),
    "backend.resource": (f"{BACKEND}", Row((TO_B,), ({"resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "a"}},))),
    "service_ref.name": (f"{BACKEND}.service.name", Row(("b", "asks"), ("no-such",))),
    "service_ref.port": (f"{BACKEND}.service.port", Row(({"name": "http"}, {"number": 80}, {"number": 9}), ({"name": "no-such"},))),
    "service_port_ref.name": (f"{BACKEND}.service.port", Row(({"name": "http"},), ({"name": "no-such"},))),
    "service_port_ref.number": (f"{BACKEND}.service.port.number", Row((80, 81))),
    **{f"resource_ref.{field}": (f"{BACKEND}", Row((TO_B,), ({"resource": {"apiGroup": "", "kind": "B", "name": "b", field: "other"}},))) for field in ("apiGroup", "kind", "name")},
    "tls.hosts": ("spec.tls", Row(([{"hosts": ["*.example.com"], "secretName": "walk-tls"}], [{"hosts": ["other.example.com"], "secretName": "walk-tls"}]))),
    "tls.secretName": ("spec.tls", Row(([{"secretName": "walk-tls"}], [{"secretName": "gw"}], [{"secretName": "headers"}]), ([{"secretName": "nobody"}],))),
}


def known_ingress():
    source = (ROOT / "common/msg/object_fields.c").read_text()
    return {f"{struct}.{field}" for struct, field in re.findall(r"CODEC_FIELD\(msg_(\w+), (\w+)", source)
            if struct in ("ingress_spec", "rule", "http_rule", "path", "backend", "service_ref", "service_port_ref", "resource_ref", "tls")}


# ---- what stands around: Secrets that the values name ----

def secrets_of_demo():
    documents = [d for path in sorted((ROOT / "deploy/demo").glob("*.yaml")) for d in yaml.safe_load_all(path.read_text())]
    return {d["metadata"]["name"]: d for d in documents if d and d["kind"] == "Secret"}


def objects():
    kept, demo = [], secrets_of_demo()
    for name, where in [(name, "shop") for name in ("route-idp", "request-headers", "response-headers", "upstream-client", "upstream-ca", "downstream-client-ca",
                                                    "upstream-token", "mcp-oauth2-credentials")] + [("postgres", "pomerium")]:
        kept += [{**demo[name], "metadata": {"name": name + more, "namespace": where}} for more in ("", "-2")]
    for i, more in enumerate(("", "-2")):
        kept += [secret(f"ca{more}", "pomerium", **{"ca.crt": pair("ca.example.com", i)[0]}), tls(f"wildcard{more}", f"*.w{i}.example.com", i, "pomerium"),
                 secret(f"params{more}", "pomerium", prompt=f"p{i}"), secret(f"ssh{more}", "pomerium", "kubernetes.io/ssh-auth", **{"ssh-privatekey": pair("signing", i)[1]})]
    idp_2, bootstrap_2 = idp("two"), bootstrap(1)
    idp_2["metadata"]["name"], bootstrap_2["metadata"]["name"] = "idp-2", "bootstrap-2"
    return [*kept, idp_2, bootstrap_2, tls("walk-tls", "*.example.com"), pomerium(), service("a")]
