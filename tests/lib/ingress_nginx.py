"""A real nginx with the configuration that ingress-nginx's template would give it for a set of Ingresses.

Written from the controller's and the template's public source (1.13 to 1.15), not from `sluice migrate`: hosts and locations, their
order, expressions of a whole host, rewrites, aliases, redirects. What needs Lua there (endpoints, weights of canaries) is one upstream
here, which says which Service it stands for and what URI it got.
"""
import http.client
import re
import shutil
import subprocess

from pipeline import free_port, wait_for

PREFIX = "nginx.ingress.kubernetes.io/"
TRUE = {"1", "t", "T", "TRUE", "true", "True"}


class Location:
    def __init__(self, path, exact, ingress, service=None):
        self.path, self.exact, self.ingress, self.service = path, exact, ingress, service
        self.default = False

    def annotation(self, name):
        return self.ingress["metadata"].get("annotations", {}).get(PREFIX + name, "") if self.ingress else ""

    @property
    def target(self):
        target = self.annotation("rewrite-target")
        return target if re.fullmatch(r"/?[-._~a-zA-Z0-9/:$]*", target) else ""

    @property
    def rewrites(self):
        return self.target not in ("", self.path)

    @property
    def is_regex(self):
        return self.rewrites or self.annotation("use-regex") in TRUE


class Server:
    def __init__(self, host):
        self.host, self.locations, self.aliases, self.all_aliases = host, [], [], []


def age(ingress):
    meta = ingress["metadata"]
    return meta.get("creationTimestamp", "")


def name(ingress):
    meta = ingress["metadata"]
    return f"{meta.get('namespace', 'default')}/{meta['name']}"


def in_order(ingresses):
    """The older one first; of one age in descending order of name."""
    return sorted(sorted(ingresses, key=name, reverse=True), key=age)


def annotation(ingress, key):
    return ingress["metadata"].get("annotations", {}).get(PREFIX + key, "")


def service_of(ingress, backend):
    service = backend["service"]
    return f"{ingress['metadata'].get('namespace', 'default')}/{service['name']}:{service['port'].get('name') or service['port']['number']}"


def create_servers(ingresses):
    servers = {"_": Server("_")}
    root = Location("/", False, None)
    root.default = True
    servers["_"].locations.append(root)
    for ingress in ingresses:
        if annotation(ingress, "canary") in TRUE:
            continue
        default = ingress["spec"].get("defaultBackend")
        if default and not ingress["spec"].get("rules") and root.default:
            root.default, root.ingress, root.service = False, None, service_of(ingress, default)
        for rule in ingress["spec"].get("rules", []):
            host = rule.get("host") or "_"
            if host not in servers:
                servers[host] = Server(host)
                made = Location("/", False, ingress, service_of(ingress, default) if default else None)
                made.default = True
                servers[host].locations.append(made)
    for ingress in ingresses:
        if annotation(ingress, "canary") in TRUE:
            continue
        for rule in ingress["spec"].get("rules", []):
            server = servers[rule.get("host") or "_"]
            aliases = sorted({a.strip() for a in annotation(ingress, "server-alias").split(",")} - {""})
            server.all_aliases = server.all_aliases or aliases
    return servers


def add_paths(servers, ingresses):
    for ingress in ingresses:
        if annotation(ingress, "canary") in TRUE:
            continue
        for rule in ingress["spec"].get("rules", []):
            server = servers[rule.get("host") or "_"]
            for path in rule.get("http", {}).get("paths", []):
                where, exact = path.get("path") or "/", path.get("pathType") == "Exact"
                same = next((l for l in server.locations if l.path == where and l.exact == exact), None)
                if same and not same.default:
                    continue
                if not same:
                    same = Location(where, exact, ingress)
                    server.locations.append(same)
                same.default, same.ingress, same.service = False, ingress, service_of(ingress, path["backend"])


def merge_canaries(servers, ingresses):
    """Those that get every request; which part goes where is decided in Lua otherwise."""
    for ingress in ingresses:
        if annotation(ingress, "canary") not in TRUE or annotation(ingress, "canary-weight") != "100":
            continue
        for rule in ingress["spec"].get("rules", []):
            for path in rule["http"]["paths"]:
                for location in servers.get(rule.get("host") or "_", Server("")).locations:
                    if location.path == path["path"] and location.exact == (path["pathType"] == "Exact") and location.service:
                        location.service = service_of(ingress, path["backend"])


def update(server):
    """(path, exact, location) as they stand in nginx.conf."""
    server.locations.sort(key=lambda l: l.path, reverse=True)
    server.locations.sort(key=lambda l: len(l.path), reverse=True)
    exact = {l.path for l in server.locations if l.exact}
    for location in server.locations:
        if location.path == "/" or location.exact or location.is_regex:
            yield location.path, location.exact, location
            continue
        yield location.path if location.path.endswith("/") else location.path + "/", False, location
        if location.path not in exact:
            yield location.path, True, location


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def location_block(path, exact, location, regex):
    if regex:
        head = f'~* "^{escaped(path)}"'
    else:
        head = ("= " if exact else "") + f'"{escaped(path)}"'
    if location.service is None:
        return f"    location {head} {{ set $service none; return 404; }}\n"
    lines = [f'set $service "{location.service}";', 'proxy_set_header X-Service $service;', "proxy_set_header Host $http_host;"]
    for key, default in (("temporal-redirect", 302), ("permanent-redirect", 301)):
        if location.annotation(key):
            lines.append(f"return {location.annotation(key + '-code') or default} {location.annotation(key)};")
            break
    if location.rewrites:
        lines.append(f'rewrite "(?i){escaped(location.path)}" {location.target} break;')
    lines.append("proxy_pass http://upstream_balancer;")
    return f"    location {head} {{\n" + "".join(f"      {line}\n" for line in lines) + "    }\n"


def server_names(server):
    if server.host.startswith("*."):
        return ['"~^(?<subdomain>[\\w-]+)\\.' + server.host[2:].replace(".", "\\.") + '$"'] + server.aliases
    return [f'"{server.host}"'] + server.aliases


def server_block(server, port):
    matches = list(update(server))
    regex = any(l.is_regex for l in server.locations)
    lines = [f"  server {{\n    listen 127.0.0.1:{port}{' default_server' if server.host == '_' else ''};\n",
             f"    server_name {' '.join(server_names(server))};\n    set $service -;\n"]
    for _, _, location in matches:
        root = location.annotation("app-root")
        if root.startswith("/"):
            lines.append(f"    if ($uri = /) {{ return 302 $scheme://$http_host{root}; }}\n")
    seen = set()
    for path, exact, location in matches:
        if (path, exact and not regex) in seen and not regex:
            continue  # nginx would refuse the second
        seen.add((path, exact and not regex))
        lines.append(location_block(path, exact, location, regex))
    return "".join(lines) + "  }\n"


def www_blocks(servers, port):
    for ingress_host, server in sorted(servers.items()):
        if ingress_host != "_" and "*" not in ingress_host and any(l.annotation("from-to-www-redirect") in TRUE for l in server.locations if not l.default):
            other = ingress_host[4:] if ingress_host.startswith("www.") else f"www.{ingress_host}"
            if other not in servers:
                yield (f"  server {{ listen 127.0.0.1:{port}; server_name {other}; set $service -; "
                       f"return 308 $scheme://{ingress_host}$request_uri; }}\n")


def configuration(ingresses, port, upstream, folder):
    ordered = in_order(ingresses)
    servers = create_servers(ordered)
    add_paths(servers, ordered)
    merge_canaries(servers, ordered)
    taken = set()
    for host in sorted(servers):
        servers[host].aliases = [a for a in servers[host].all_aliases if a not in servers and a not in taken]
        taken |= set(servers[host].aliases)
    blocks = "".join(server_block(servers[host], port) for host in sorted(servers))
    return f"""daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  log_format served escape=json '{{"host":"$host","request":"$request","status":$status,"service":"$service"}}';
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000; server_names_hash_bucket_size 256; variables_hash_max_size 4096;
  upstream upstream_balancer {{ server 127.0.0.1:{upstream}; keepalive 8; }}
  proxy_http_version 1.1; proxy_set_header Connection "";
  server {{ listen 127.0.0.1:{upstream}; access_log off; location / {{ return 200 "$http_x_service $request_uri"; }} }}
  access_log {folder}/access.log served;
{blocks}{"".join(www_blocks(servers, port))}}}
"""


class Nginx:
    """nginx on these Ingresses; its access log is in folder/access.log, one JSON object a request."""

    def __init__(self, ingresses, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        (folder / "nginx.conf").write_text(configuration(ingresses, self.port, free_port(), folder))
        self.connection = None

    def __enter__(self):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
        command = [program, "-p", self.folder, "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        wait_for(lambda: (self.folder / "error.log").read_text()[-2000:], self.is_up)
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait(20)

    def is_up(self):
        assert self.process.poll() is None, (self.folder / "error.log").read_text()[-2000:]
        try:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            self.connection.connect()
            return True
        except ConnectionRefusedError:
            return False

    def ask(self, host, uri):
        """(status, Service, URI as the upstream got it, Location)."""
        self.connection.putrequest("GET", uri, skip_host=True, skip_accept_encoding=True)
        self.connection.putheader("Host", host)
        self.connection.endheaders()
        answer = self.connection.getresponse()
        body = answer.read().decode()
        if answer.will_close:
            self.connection.close()
        if answer.status != 200:
            return answer.status, None, None, answer.headers.get("Location")
        service, _, got = body.partition(" ")
        return 200, service, got, None
