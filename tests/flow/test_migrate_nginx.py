"""`sluice migrate` against a real nginx: sets of Ingresses as chance makes them, 10 000 requests, and no difference that the report lacks.

nginx runs with the configuration of ingress-nginx's template (lib/ingress_nginx.py); the result of the conversion goes through `sluice
translate` and Pomerium's rules of routing (lib/pomerium_routing.py). Every request is looked up in nginx's own access log.
"""
import collections
import json
import random
import re
import subprocess
import urllib.parse

import pytest
import yaml
from ingress_nginx import PREFIX, Nginx
from migrate_cases import HOSTS, WORDS, some_ingress
from pomerium_routing import OWN, Routing, normal, unescape

N_SETS, N_REQUESTS = 40, 250


# ---- requests ----

def expand(chance, path):
    """Something that the path, if it is an expression, might match."""
    for part, choices in ((r"\(/\|\$\)", ["/", ""]), (r"\(\.\*\)", ["", "z", "y/z"]), (r"\(\.\+\)", ["z", "y/z"]), (r"\[0-9\]\+", ["1", "27"]),
                          (r"\.\*\\\.\(png\|jpg\)\$", ["q.png", "q.jpg", "q.gif"]), (r"\(\?:v1\|v2\)", ["v1", "v2"]), (r"\(a\|b\)", ["a", "b", "c"]),
                          (r"\[a-c\]\+", ["a", "abc", "d"]), (r"\.\*", ["", "z/w"]), (r"/\?\$", ["", "/"]), (r"p\+", ["p", "ppp"]),
                          (r"b\*", ["", "bb"]), (r"\$$", [""])):
        path = re.sub(part, lambda _: chance.choice(choices), path)
    return chance.choice(path.split("|")) if "|" in path else path


def mutate(chance, path):
    kind = chance.randint(0, 15)
    if kind <= 4:
        return path
    if kind == 5:
        return path.rstrip("/") or "/"
    if kind == 6:
        return path + "/"
    if kind == 7:
        return path + chance.choice(["x", "/more", "/more/of", ".html", "//more"])
    if kind == 8:
        return path.upper()
    if kind == 9:
        return path.replace("/", "//", 1)
    if kind == 10:
        return "/gone/.." + path
    if kind == 11:
        return re.sub(r"[a-z]", lambda m: f"%{ord(m[0]):02X}", path, count=1)
    if kind == 12:
        return path + chance.choice(["/%2Fz", "%2F", "/%20z", "/%C3%A9", "/%5B1%5D"])
    if kind == 13:
        return path + "/./" + chance.choice(WORDS)
    if kind == 14:
        return chance.choice(["/ping", "/healthz", "/.pomerium/x", "/..", "/../a", "/"])
    return path + "?q=1&r=/two"


def requests(chance, ingresses, n):
    places = [(rule.get("host", ""), path["path"]) for i in ingresses for rule in i["spec"].get("rules", []) for path in rule["http"]["paths"]]
    aliases = [i["metadata"]["annotations"][PREFIX + "server-alias"] for i in ingresses if PREFIX + "server-alias" in i["metadata"]["annotations"]]
    for _ in range(n):
        host, path = chance.choice(places)
        odds = chance.random()
        if odds < 0.05:
            host = chance.choice(HOSTS)
        elif odds < 0.1 and aliases:
            host = chance.choice(aliases)
        elif odds < 0.12:
            host = "www." + host
        host = (host or "any.example.org").replace("*", chance.choice(["a", "b", "c", "d.e"]))
        yield host, mutate(chance, expand(chance, path))


# ---- the two sides ----

def migrate(sluice, ingresses, folder):
    """(documents, report); status 0 or 1 as the report says."""
    (folder / "in.yaml").write_text(yaml.safe_dump_all(ingresses))
    done = subprocess.run([sluice, "migrate", folder / "in.yaml", "-o", folder / "out.yaml", "--report", "json"], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    assert not done.stderr, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == (1 if report["counts"]["decide"] + report["counts"]["refused"] else 0)
    assert not report["rejected"], report
    return [d for d in yaml.safe_load_all((folder / "out.yaml").read_text()) if d], report


def translate(sluice, documents, folder):
    """Routes of the result, with Services and a class beside it."""
    stubs = [{"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "pomerium"},
              "spec": {"controller": "pomerium.io/ingress-controller"}}]
    for service in [f"s{n}" for n in range(10)] + ["default", "all"]:
        stubs.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": service, "namespace": "shop"},
                      "spec": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 8080}]}})
    (folder / "all.yaml").write_text(yaml.safe_dump_all(stubs + documents))
    done = subprocess.run([sluice, "translate", "--format", "json", "-f", folder / "all.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout).get("routes", [])


def upstream(route):
    match = re.fullmatch(r"http://(\w+)\.(\w+)\.svc\.cluster\.local:(\d+)", route["to"][0])
    return f"{match[2]}/{match[1]}:{match[3]}"


def notes_of(report):
    """(code, host, path) of all notes; what is not written at all counts with its whole hosts."""
    return [(note["code"], note.get("host", ""), note.get("path", "")) for ingress in report["ingresses"] for note in ingress["notes"]]


def is_host(wanted, host):
    if not wanted:
        return True
    return host == wanted or wanted.startswith("*.") and host.endswith(wanted[1:])


class Judge:
    """Which note of the report a difference belongs to; none is a failure."""

    def __init__(self, ingresses, report):
        self.notes = notes_of(report)
        assert {note["code"] for note in report["everyHost"]} >= {"escaped-slash", "own-paths", "escaped", "above-root", "as-sent"}
        self.aliases = {alias: rule["host"] for i in ingresses for rule in i["spec"].get("rules", []) if "host" in rule
                        for alias in i["metadata"]["annotations"].get(PREFIX + "server-alias", "").split(",")}
        off = {i["name"] for i in report["ingresses"] if "notWritten" in i}
        self.redirects = {i["metadata"]["annotations"].get(PREFIX + "permanent-redirect") for i in ingresses
                          if f"shop/{i['metadata']['name']}" in off} - {None}

    def noted(self, code, host, path=None):
        """Notes of a host count for its aliases."""
        host = self.aliases.get(host, host)
        return any(c == code and is_host(h, host) and path in (None, p) for c, h, p in self.notes)

    def code(self, host, uri, nginx, pomerium, route):
        raw = uri.partition("?")[0]
        path = normal(raw)
        if path is None:
            return "escaped-slash" if pomerium[0] == 400 else None
        if OWN.fullmatch(path):
            return "own-paths" if pomerium[1] == "pomerium" else None
        if unescape(raw) != urllib.parse.unquote(raw):
            return "escaped"
        if nginx[0] == 400:
            return "above-root" if "/.." in raw else None
        if route and "*" in route["from"]:
            served = route["from"].removeprefix("https://")
            narrower = [h for c, h, _ in self.notes if c == "wildcard-order" and is_host(h, host)]
            if any(c == "falls-through" and is_host(h, host) for c, h, _ in self.notes):
                return "falls-through"
            if any(h != served for h in narrower):
                return "wildcard-order"
            if self.noted("wildcard-depth", host) and host.count(".") > served.count("."):
                return "wildcard-depth"
        if nginx[:2] == pomerium[:2] and nginx[2] != pomerium[2]:
            got, mark, query = nginx[2].partition("?")
            return "as-sent" if normal(got) + mark + query == pomerium[2] and raw != path else None
        if nginx[0] == 301 and self.noted("no-301", host, path):
            return "no-301"
        if nginx[0] == 302 and path == "/" and self.noted("app-root", host, "/"):
            return "app-root"
        if nginx[0] == 308 and self.noted("www", host):
            return "www"
        if nginx[0] == 301 and nginx[3] in self.redirects:
            return "not-written"
        if self.noted("undecided", host) and route is None:
            return "undecided"
        return None


@pytest.mark.parametrize("part", range(4))
def test_against_nginx(sluice, tmp_path, part):
    seen, kinds, failures = 0, collections.Counter(), []
    for number in range(part * N_SETS // 4, (part + 1) * N_SETS // 4):
        chance = random.Random(number)
        ingresses = [some_ingress(chance, i) for i in range(chance.randint(2, 8))]
        if not any(i["spec"].get("rules") for i in ingresses):
            ingresses.append(some_ingress(random.Random(1), 99))
        folder = tmp_path / str(number)
        folder.mkdir()
        documents, report = migrate(sluice, ingresses, folder)
        routing = Routing(translate(sluice, documents, folder))
        judge = Judge(ingresses, report)
        asked = list(requests(chance, ingresses, N_REQUESTS))
        with Nginx(ingresses, folder / "nginx") as nginx:
            for host, uri in asked:
                theirs = nginx.ask(host, uri)
                status, route, got = routing.ask(host, uri)
                ours = (status, upstream(route) if isinstance(route, dict) else route, got)
                if theirs[:3] == ours:
                    kinds["same"] += 1
                    continue
                code = judge.code(host, uri, theirs, ours, route if isinstance(route, dict) else None)
                kinds[code] += 1
                if code is None:
                    failures.append(f"set {number}: {host}{uri}: nginx {theirs}, Pomerium {ours}")
        log = [json.loads(line) for line in (folder / "nginx/access.log").read_text().splitlines()]
        assert [entry["request"] for entry in log] == [f"GET {uri} HTTP/1.1" for _, uri in asked], "every request is in nginx's own log"
        seen += len(log)
    print(f"{seen} requests: {dict(kinds)}")
    assert not failures, "\n".join(failures[:20]) + f"\n{len(failures)} of {seen}"
    assert seen == N_SETS // 4 * N_REQUESTS
    assert kinds["same"] > seen // 2
