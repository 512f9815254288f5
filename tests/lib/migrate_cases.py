"""Ingresses for ingress-nginx: every annotation with what `sluice migrate` makes of it, and sets as chance makes them."""

NGINX, OURS = "nginx.ingress.kubernetes.io/", "ingress.pomerium.io/"
WORDS = ["a", "ab", "api", "app", "apple", "cart", "v1", "v2", "Shop", "x.y", "static", "img"]
HOSTS = ["one.example.com", "two.example.com", "three.example.com", "*.wild.example.com", "b.wild.example.com"]
EXPRESSIONS = ["/api(/|$)(.*)", "/app/(.+)", "/v[0-9]+/.*", "/(a|b)/(.*)", "/img/.*\\.(png|jpg)$", "/x.y", "/cart/?$", "/static/(.*)",
               "/api|/static", "/shop(.*)", "/ap+", "/[a-c]+/", "/(?:v1|v2)/(.*)", "/.*", "/app$", "/ab*"]
TARGETS = ["/", "/$1", "/$2", "/new/$1", "/new", "/$1/$2"]


def ingress(annotations=None, name="web", host="web.example.com", paths=(("/", "Prefix", "web"),), namespace="shop", **spec):
    """An Ingress of the class nginx."""
    rule = {"http": {"paths": [{"path": p, "pathType": t, "backend": {"service": {"name": s, "port": {"number": 80}}}} for p, t, s in paths]}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": namespace, "annotations": dict(annotations or {})},
            "spec": {"ingressClassName": "nginx", "rules": [{**({"host": host} if host else {}), **rule}], **spec}}


def nginx(**annotations):
    return {NGINX + key.replace("_", "-"): value for key, value in annotations.items()}


# ---- each annotation ----

NONE = object()
HEADERS = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "headers", "namespace": "shop"}, "data": {"X-One": "50%", "X-Two": "b"}}
AUTH = nginx(auth_url="https://oauth2.example.com/oauth2/auth")
TLS = nginx(auth_tls_secret="shop/ca")
HTTPS = nginx(backend_protocol="HTTPS")
CANARY = nginx(canary="true", canary_weight="20")
REWRITE = nginx(rewrite_target="/new")

# annotation, value, others beside it, outcome, {annotation of ours: value}: NONE means that it must not be there; or text of the output
CASES = [
    ("affinity", "cookie", {}, "rewritten", {"load_balancing_policy": "maglev"}),
    ("affinity", "none", {}, "unneeded", {"load_balancing_policy": NONE}),
    ("affinity-canary-behavior", "legacy", CANARY, "decide", "is a canary"),
    ("affinity-mode", "persistent", {}, "unneeded", {}),
    ("allowlist-source-range", "10.0.0.0/8", {}, "rewritten", {"policy": "allow:\n  and:\n  - source_ip: [10.0.0.0/8]\n"}),
    ("app-root", "/app", {}, "decide", "who redirects from / to \"/app\"?"),
    ("app-root", "app", {}, "unneeded", {}),
    ("auth-always-set-cookie", "true", AUTH, "unneeded", {}),
    ("auth-cache-duration", "200 202 30m", AUTH, "unneeded", {}),
    ("auth-cache-key", "$remote_user", AUTH, "unneeded", {}),
    ("auth-keepalive", "10", AUTH, "unneeded", {}),
    ("auth-keepalive-requests", "10", AUTH, "unneeded", {}),
    ("auth-keepalive-share-vars", "true", AUTH, "unneeded", {}),
    ("auth-keepalive-timeout", "10", AUTH, "unneeded", {}),
    ("auth-method", "GET", AUTH, "unneeded", {}),
    ("auth-proxy-set-headers", "shop/headers", AUTH, "unneeded", {}),
    ("auth-realm", "Shop", nginx(auth_type="basic"), "unneeded", {}),
    ("auth-request-redirect", "https://web.example.com", AUTH, "unneeded", {}),
    ("auth-response-headers", "X-Auth-Request-User, X-Auth-Request-Email", AUTH, "decide",
     {"pass_identity_headers": "true", "remove_request_headers": "[X-Auth-Request-User, X-Auth-Request-Email]"}),
    ("auth-response-headers", "X-Auth-Request-User", {}, "unneeded", {"remove_request_headers": NONE}),
    ("auth-secret", "passwords", nginx(auth_type="basic"), "unneeded", {}),
    ("auth-secret-type", "auth-map", nginx(auth_type="basic"), "unneeded", {}),
    ("auth-signin", "https://oauth2.example.com/oauth2/start", AUTH, "unneeded", {}),
    ("auth-signin-redirect-param", "rd", AUTH, "unneeded", {}),
    ("auth-snippet", "proxy_set_header X 1;", AUTH, "unneeded", {}),
    ("auth-tls-error-page", "https://web.example.com/no", TLS, "refused", {}),
    ("auth-tls-match-cn", "CN=shop", TLS, "decide", {"policy": "allow:\n  and:\n  - reject: true\n"}),
    ("auth-tls-match-cn", "CN=shop", {}, "unneeded", {"policy": NONE}),
    ("auth-tls-pass-certificate-to-upstream", "true", TLS, "decide", "${pomerium.client_cert_fingerprint}"),
    ("auth-tls-pass-certificate-to-upstream", "false", TLS, "unneeded", {}),
    ("auth-tls-secret", "shop/ca", {}, "written",
     {"tls_downstream_client_ca_secret": "ca", "allow_public_unauthenticated_access": "true",
      "remove_request_headers": "[ssl-client-verify, ssl-client-subject-dn, ssl-client-issuer-dn, ssl-client-cert]"}),
    ("auth-tls-secret", "other/ca", {}, "decide", {"tls_downstream_client_ca_secret": NONE, "policy": "allow:\n  and:\n  - reject: true\n"}),
    ("auth-tls-verify-client", "on", TLS, "written", {"tls_downstream_client_ca_secret": "ca"}),
    ("auth-tls-verify-client", "off", TLS, "unneeded", {"tls_downstream_client_ca_secret": NONE, "allow_public_unauthenticated_access": "true"}),
    ("auth-tls-verify-client", "optional", TLS, "decide",
     {"tls_downstream_client_ca_secret": NONE, "policy": "allow:\n  and:\n  - reject: true\n"}),
    ("auth-tls-verify-depth", "3", TLS, "decide", "spec.downstreamMtls.maxVerifyDepth: 3"),
    ("auth-tls-verify-depth", "1", TLS, "unneeded", {}),
    ("auth-type", "basic", {}, "decide", {"policy": "allow:\n  and:\n  - domain:\n      is: example.invalid\n"}),
    ("auth-url", "https://oauth2.example.com/oauth2/auth", {}, "decide",
     {"policy": "allow:\n  and:\n  - domain:\n      is: example.invalid\n", "allow_public_unauthenticated_access": NONE}),
    ("auth-url", "http://auth.shop.svc/check", {OURS + "allow_any_authenticated_user": "true"}, "written",
     {"policy": NONE, "allow_any_authenticated_user": "true"}),
    ("backend-protocol", "HTTPS", {}, "written", {"secure_upstream": "true", "tls_skip_verify": "true"}),
    ("backend-protocol", "GRPCS", {}, "written", {"secure_upstream": "true"}),
    ("backend-protocol", "AUTO_HTTP", {}, "rewritten", {"secure_upstream": "true"}),
    ("backend-protocol", "HTTP", {}, "unneeded", {"secure_upstream": NONE}),
    ("backend-protocol", "GRPC", {}, "refused", "# Ingress shop/web is not written: its upstream speaks GRPC."),
    ("backend-protocol", "FCGI", {}, "refused", "# Ingress shop/web is not written: its upstream speaks FCGI."),
    ("canary", "true", nginx(canary_weight="20"), "decide", "# Ingress shop/web is not written: it is a canary."),
    ("canary", "false", {}, "unneeded", {"allow_public_unauthenticated_access": "true"}),
    ("canary-by-cookie", "canary", nginx(canary="true"), "decide", "is a canary"),
    ("canary-by-header", "X-Canary", nginx(canary="true"), "decide", "is a canary"),
    ("canary-by-header-pattern", "a.*", CANARY, "decide", "is a canary"),
    ("canary-by-header-value", "a", CANARY, "decide", "is a canary"),
    ("canary-weight", "20", nginx(canary="true"), "decide", "is a canary"),
    ("canary-weight", "100", nginx(canary="true"), "rewritten", "is a canary"),
    ("canary-weight", "20", {}, "unneeded", {"allow_public_unauthenticated_access": "true"}),
    ("canary-weight-total", "1000", CANARY, "decide", "is a canary"),
    ("client-body-buffer-size", "1m", {}, "unneeded", {}),
    ("configuration-snippet", 'more_set_headers "X-One: a%b" "X-Two: c";\nproxy_set_header X-Three "d$$"; # no variable\n', {}, "decide", {}),
    ("configuration-snippet", 'more_set_headers "X-One: 50%";\nproxy_set_header X-Three d;\nproxy_set_header Upgrade $http_upgrade;\n'
     'proxy_set_header Cookie "";\nadd_header X-Four e always;', {}, "rewritten",
     {"set_response_headers": "X-One: '50%%'\nX-Four: e\n", "set_request_headers": "X-Three: d\n", "remove_request_headers": "[Cookie]"}),
    ("configuration-snippet", "if ($a = 1) {\n  return 403;\n}\nadd_header X z;", {}, "decide", {"set_response_headers": "X: z\n"}),
    ("configuration-snippet", "# nothing\n", {}, "unneeded", {}),
    ("connection-proxy-header", "keep-alive", {}, "unneeded", {}),
    ("connection-proxy-header", "close", {}, "refused", {}),
    ("cors-allow-credentials", "false", nginx(enable_cors="true"), "written", "Access-Control-Allow-Origin: '*'\n"),
    ("cors-allow-headers", "X-One", nginx(enable_cors="true"), "written", "Access-Control-Allow-Headers: X-One\n"),
    ("cors-allow-methods", "GET", nginx(enable_cors="true"), "written", "Access-Control-Allow-Methods: GET\n"),
    ("cors-allow-origin", "https://a.example.com", nginx(enable_cors="true"), "written", "Access-Control-Allow-Origin: https://a.example.com\n"),
    ("cors-allow-origin", "https://a.example.com, https://b.example.com", nginx(enable_cors="true"), "decide",
     {"cors_allow_preflight": "true", "set_response_headers": NONE}),
    ("cors-expose-headers", "X-One", nginx(enable_cors="true"), "written", "Access-Control-Expose-Headers: X-One\n"),
    ("cors-max-age", "600", nginx(enable_cors="true"), "written", "Access-Control-Max-Age: '600'\n"),
    ("cors-max-age", "600", {}, "unneeded", {"set_response_headers": NONE}),
    ("custom-headers", "shop/headers", {}, "written", {"set_response_headers": "X-One: '50%%'\nX-Two: b\n"}),
    ("custom-headers", "shop/others", {}, "decide", {"set_response_headers": NONE}),
    ("custom-http-errors", "404,503", {}, "refused", {}),
    ("default-backend", "errors", {}, "refused", {}),
    ("denylist-source-range", "10.9.0.0/16", {}, "rewritten",
     {"policy": "allow:\n  and:\n  - accept: true\ndeny:\n  or:\n  - source_ip: [10.9.0.0/16]\n"}),
    ("disable-proxy-intercept-errors", "true", {}, "unneeded", {}),
    ("enable-access-log", "false", {}, "refused", {}),
    ("enable-access-log", "true", {}, "unneeded", {}),
    ("enable-cors", "true", {}, "decide", {"cors_allow_preflight": "true"}),
    ("enable-cors", "false", {}, "unneeded", {"cors_allow_preflight": NONE}),
    ("enable-global-auth", "false", {}, "unneeded", {"allow_public_unauthenticated_access": "true"}),
    ("enable-modsecurity", "true", {}, "refused", {}),
    ("enable-modsecurity", "false", {}, "unneeded", {}),
    ("enable-opentelemetry", "true", {}, "decide", "spec.otel.endpoint"),
    ("enable-opentelemetry", "false", {}, "unneeded", {}),
    ("enable-opentracing", "true", {}, "decide", "spec.otel.endpoint"),
    ("enable-owasp-core-rules", "true", {}, "refused", {}),
    ("enable-rewrite-log", "true", {}, "unneeded", {}),
    ("fastcgi-index", "index.php", {}, "refused", {}),
    ("fastcgi-params-configmap", "params", {}, "refused", {}),
    ("force-ssl-redirect", "true", {}, "unneeded", {}),
    ("from-to-www-redirect", "true", {}, "decide", "who redirects from www.web.example.com to web.example.com?"),
    ("from-to-www-redirect", "false", {}, "unneeded", {}),
    ("global-rate-limit", "10", {}, "refused", {}),
    ("global-rate-limit-ignored-cidrs", "10.0.0.0/8", {}, "refused", {}),
    ("global-rate-limit-key", "$remote_addr", {}, "refused", {}),
    ("global-rate-limit-window", "1m", {}, "refused", {}),
    ("http2-push-preload", "true", {}, "unneeded", {}),
    ("limit-allowlist", "10.0.0.0/8", nginx(limit_rps="5"), "decide", {}),
    ("limit-allowlist", "10.0.0.0/8", {}, "unneeded", {}),
    ("limit-burst-multiplier", "3", nginx(limit_rps="5"), "decide", {}),
    ("limit-connections", "5", {}, "decide", "circuit_breaker_thresholds"),
    ("limit-rate", "5", {}, "decide", "circuit_breaker_thresholds"),
    ("limit-rate-after", "5", nginx(limit_rate="5"), "decide", {}),
    ("limit-rpm", "5", {}, "decide", "circuit_breaker_thresholds"),
    ("limit-rps", "5", {}, "decide", "circuit_breaker_thresholds"),
    ("limit-whitelist", "10.0.0.0/8", nginx(limit_rpm="5"), "decide", {}),
    ("load-balance", "round_robin", {}, "written", {"load_balancing_policy": "round_robin"}),
    ("load-balance", "ewma", {}, "rewritten", {"load_balancing_policy": "least_request"}),
    ("load-balance", "ip_hash", {}, "unneeded", {"load_balancing_policy": NONE}),
    ("mirror-host", "test.example.com", {}, "refused", {}),
    ("mirror-request-body", "off", {}, "refused", {}),
    ("mirror-target", "https://test.example.com$request_uri", {}, "refused", {}),
    ("modsecurity-snippet", "SecRuleEngine On", {}, "refused", {}),
    ("modsecurity-transaction-id", "$request_id", {}, "refused", {}),
    ("opentelemetry-operation-name", "shop", {}, "refused", {}),
    ("opentelemetry-trust-incoming-span", "true", {}, "unneeded", {}),
    ("opentelemetry-trust-incoming-span", "false", {}, "refused", {}),
    ("opentracing-trust-incoming-span", "true", {}, "unneeded", {}),
    ("permanent-redirect", "https://new.example.com", {}, "decide", "# Ingress shop/web is not written: it only redirects to"),
    ("permanent-redirect", "https://new.example.com", nginx(temporal_redirect="https://x.example.com"), "unneeded", "it only redirects to"),
    ("permanent-redirect-code", "308", nginx(permanent_redirect="https://new.example.com"), "decide", "it only redirects to"),
    ("permanent-redirect-code", "308", {}, "unneeded", {}),
    ("preserve-trailing-slash", "true", {}, "unneeded", {}),
    ("proxy-body-size", "8m", {}, "unneeded", {}),
    ("proxy-buffer-size", "8k", {}, "unneeded", {}),
    ("proxy-buffering", "on", {}, "unneeded", {}),
    ("proxy-buffers-number", "4", {}, "unneeded", {}),
    ("proxy-busy-buffers-size", "16k", {}, "unneeded", {}),
    ("proxy-connect-timeout", "5", {}, "unneeded", {}),
    ("proxy-cookie-domain", "a b", {}, "refused", {}),
    ("proxy-cookie-domain", "off", {}, "unneeded", {}),
    ("proxy-cookie-path", "/a /b", {}, "refused", {}),
    ("proxy-http-version", "1.1", {}, "unneeded", {}),
    ("proxy-http-version", "1.0", {}, "refused", {}),
    ("proxy-max-temp-file-size", "0", {}, "unneeded", {}),
    ("proxy-next-upstream", "error timeout http_502", {}, "decide", "outlier_detection"),
    ("proxy-next-upstream", "off", {}, "unneeded", {}),
    ("proxy-next-upstream-timeout", "5", {}, "decide", "outlier_detection"),
    ("proxy-next-upstream-tries", "2", {}, "decide", "outlier_detection"),
    ("proxy-read-timeout", "300", {}, "rewritten", {"idle_timeout": "300s", "timeout": "0s"}),
    ("proxy-read-timeout", "300s", {}, "unneeded", {"idle_timeout": "60s"}),
    ("proxy-redirect-from", "http://inside/", nginx(proxy_redirect_to="https://web.example.com/"), "written",
     {"rewrite_response_headers": "- header: Location\n  prefix: http://inside/\n  value: https://web.example.com/\n"}),
    ("proxy-redirect-from", "~^http://(.*)", nginx(proxy_redirect_to="/"), "decide", {"rewrite_response_headers": NONE}),
    ("proxy-redirect-from", "off", {}, "unneeded", {}),
    ("proxy-redirect-to", "https://web.example.com/", nginx(proxy_redirect_from="http://inside/"), "written", {}),
    ("proxy-request-buffering", "off", {}, "unneeded", {}),
    ("proxy-send-timeout", "90", nginx(proxy_read_timeout="20"), "rewritten", {"idle_timeout": "90s"}),
    ("proxy-ssl-ciphers", "HIGH", HTTPS, "refused", {}),
    ("proxy-ssl-name", "inside.example.com", HTTPS, "written", {"tls_server_name": "inside.example.com"}),
    ("proxy-ssl-name", "$host", HTTPS, "decide", {"tls_server_name": NONE}),
    ("proxy-ssl-name", "inside.example.com", {}, "unneeded", {"tls_server_name": NONE}),
    ("proxy-ssl-protocols", "TLSv1.3", HTTPS, "refused", {}),
    ("proxy-ssl-secret", "shop/client", HTTPS, "written", {"tls_client_secret": "client", "tls_custom_ca_secret": NONE, "tls_skip_verify": "true"}),
    ("proxy-ssl-secret", "shop/client", {**HTTPS, **nginx(proxy_ssl_verify="on")}, "written",
     {"tls_client_secret": "client", "tls_custom_ca_secret": "client", "tls_skip_verify": NONE}),
    ("proxy-ssl-secret", "other/client", HTTPS, "decide", {"tls_client_secret": NONE}),
    ("proxy-ssl-server-name", "on", HTTPS, "unneeded", {}),
    ("proxy-ssl-verify", "on", HTTPS, "written", {"tls_skip_verify": NONE}),
    ("proxy-ssl-verify", "off", HTTPS, "written", {"tls_skip_verify": "true"}),
    ("proxy-ssl-verify", "on", {}, "unneeded", {}),
    ("proxy-ssl-verify-depth", "2", HTTPS, "refused", {}),
    ("relative-redirects", "true", {}, "unneeded", {}),
    ("rewrite-target", "/new", {}, "rewritten",
     {"path_regex": "true", "regex_rewrite_pattern": "^/.*$", "regex_rewrite_substitution": "/new"}),
    ("rewrite-target", "/", {}, "unneeded", {"path_regex": NONE, "regex_rewrite_pattern": NONE}),
    ("rewrite-target", "/a?b=c", {}, "decide", {"path_regex": NONE, "regex_rewrite_pattern": NONE}),
    ("satisfy", "any", {**AUTH, **nginx(whitelist_source_range="10.0.0.0/8")}, "rewritten",
     {"policy": "allow:\n  or:\n  - source_ip: [10.0.0.0/8]\n  - domain:\n      is: example.invalid\n"}),
    ("satisfy", "any", AUTH, "unneeded", {"policy": "allow:\n  and:\n  - domain:\n      is: example.invalid\n"}),
    ("server-alias", "alias.example.com", {}, "written", "  - host: alias.example.com\n"),
    ("server-alias", "~^www\\d+\\.example\\.com$", {}, "decide", {}),
    ("server-snippet", "return 301 https://new.example.com;", {}, "decide", {}),
    ("server-snippet", "more_set_headers 'X-One: a';", {}, "rewritten", {"set_response_headers": "X-One: a\n"}),
    ("service-upstream", "true", {}, "written", {"service_proxy_upstream": "true"}),
    ("service-upstream", "false", {}, "unneeded", {"service_proxy_upstream": NONE}),
    ("session-cookie-change-on-failure", "true", {}, "unneeded", {}),
    ("session-cookie-conditional-samesite-none", "true", {}, "unneeded", {}),
    ("session-cookie-domain", "example.com", {}, "unneeded", {}),
    ("session-cookie-expires", "60", {}, "unneeded", {}),
    ("session-cookie-max-age", "60", {}, "unneeded", {}),
    ("session-cookie-name", "ROUTE", {}, "unneeded", {}),
    ("session-cookie-path", "/", {}, "unneeded", {}),
    ("session-cookie-samesite", "Lax", {}, "unneeded", {}),
    ("session-cookie-secure", "true", {}, "unneeded", {}),
    ("ssl-ciphers", "HIGH", {}, "refused", {}),
    ("ssl-passthrough", "true", {}, "decide", "# Ingress shop/web is not written: nginx passes its TLS through."),
    ("ssl-passthrough", "false", {}, "unneeded", {}),
    ("ssl-prefer-server-ciphers", "true", {}, "refused", {}),
    ("ssl-redirect", "true", {}, "unneeded", {}),
    ("ssl-redirect", "false", {}, "decide", "who needs plain http?"),
    ("stream-snippet", "server { listen 1; }", {}, "refused", {}),
    ("temporal-redirect", "https://new.example.com", {}, "decide", "# Ingress shop/web is not written: it only redirects to"),
    ("temporal-redirect-code", "307", nginx(temporal_redirect="https://new.example.com"), "decide", "it only redirects to"),
    ("upstream-hash-by", "$request_uri", {}, "decide", {"load_balancing_policy": NONE}),
    ("upstream-hash-by", "$binary_remote_addr", {}, "rewritten", {"load_balancing_policy": "maglev"}),
    ("upstream-hash-by-subset", "true", {}, "unneeded", {}),
    ("upstream-hash-by-subset-size", "3", {}, "unneeded", {}),
    ("upstream-vhost", "inside.example.com", {}, "written", {"host_rewrite": "inside.example.com", "preserve_host_header": NONE}),
    ("upstream-vhost", "$service_name", {}, "decide", {"host_rewrite": NONE, "preserve_host_header": "true"}),
    ("use-port-in-redirects", "true", {}, "unneeded", {}),
    ("use-regex", "true", {}, "rewritten", {"path_regex": "true"}),
    ("use-regex", "yes", {}, "unneeded", {"path_regex": NONE}),
    ("whitelist-source-range", "10.0.0.0/8, 2001:db8::/32,192.0.2.7", {}, "rewritten",
     {"policy": "allow:\n  and:\n  - source_ip: [10.0.0.0/8, '2001:db8::/32', 192.0.2.7]\n"}),
    ("whitelist-source-range", "10.0.0.0/8,office", {}, "decide",
     {"policy": "allow:\n  and:\n  - source_ip: [10.0.0.0/8]\n  - reject: true\n", "allow_public_unauthenticated_access": NONE}),
    ("whitelist-source-range", "10.0.0.0/8", nginx(allowlist_source_range="192.0.2.7"), "unneeded",
     {"policy": "allow:\n  and:\n  - source_ip: [192.0.2.7]\n"}),
    ("x-forwarded-prefix", "/shop$", REWRITE, "decide", {"set_request_headers": NONE}),
    ("x-forwarded-prefix", "/shop", REWRITE, "written", {"set_request_headers": "X-Forwarded-Prefix: /shop\n"}),
    ("x-forwarded-prefix", "/shop", {}, "unneeded", {"set_request_headers": NONE}),
]


# ---- sets ----

def some_path(chance, regex):
    if regex and chance.random() < 0.7:
        return chance.choice(EXPRESSIONS), "ImplementationSpecific"
    path = "/" + "/".join(chance.choice(WORDS) for _ in range(chance.randint(0, 3)))
    if path != "/" and chance.random() < 0.2:
        path += "/"
    return path, chance.choice(["Prefix", "Prefix", "Exact", "ImplementationSpecific"])


def some_ingress(chance, number):
    regex = chance.random() < 0.35
    annotations = {}
    if regex and chance.random() < 0.5:
        annotations["use-regex"] = "true"
    elif regex:
        annotations["rewrite-target"] = chance.choice(TARGETS)
    for key, value, odds in (("app-root", "/app", 0.05), ("server-alias", f"alias{number}.example.com", 0.1),
                             ("from-to-www-redirect", "true", 0.05), ("permanent-redirect", "https://elsewhere.example.com", 0.04),
                             ("proxy-body-size", "8m", 0.2), ("auth-url", "https://auth.example.com/oauth2/auth", 0.1)):
        if chance.random() < odds:
            annotations[key] = value
    if chance.random() < 0.08:
        annotations.update({"canary": "true", "canary-weight": chance.choice(["0", "20", "100"])})
    rules = []
    for host in chance.sample(HOSTS + [""], chance.choice([1, 1, 1, 2])):
        paths = []
        for _ in range(chance.randint(1, 4)):
            path, kind = some_path(chance, regex)
            backend = {"service": {"name": f"s{chance.randint(0, 9)}", "port": {"number": chance.choice([80, 8080])}}}
            paths.append({"path": path, "pathType": kind, "backend": backend})
        rules.append({**({"host": host} if host else {}), "http": {"paths": paths}})
    spec = {"ingressClassName": "nginx", "rules": rules}
    if chance.random() < 0.15:
        spec["defaultBackend"] = {"service": {"name": "default", "port": {"number": 80}}}
    if chance.random() < 0.03:
        spec.pop("rules")
        spec["defaultBackend"] = {"service": {"name": "all", "port": {"number": 80}}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": f"i{number}", "namespace": "shop", "creationTimestamp": f"2024-01-{chance.randint(1, 28):02}T00:00:00Z",
                         "annotations": {NGINX + k: v for k, v in annotations.items()}},
            "spec": spec}
