"""What Pomerium and its Envoy do with a request, by their documentation and source: which route is taken, what the upstream gets.

The path is normalised as `normalize_path`, `merge_slashes` and `path_with_escaped_slashes_action` do by default. A host of its own
before wildcards in byte order; then path, regular expression, prefix, each in descending order, as routes are sorted.
"""
import re

OWN = re.compile(r"/ping|/healthz|/\.pomerium(/.*)?|/\.well-known/pomerium(/.*)?")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def unescape(path):
    """Only what needs no escape."""
    def one(match):
        letter = chr(int(match[1], 16))
        return letter if UNRESERVED.fullmatch(letter) else match[0]
    return re.sub(r"%([0-9A-Fa-f]{2})", one, path)


def normal(path):
    """As Envoy makes it: letters, dots, slashes; None: answered with 400."""
    if re.search(r"(?i)%2f|%5c", path):
        return None
    out = []
    parts = unescape(path).split("/")[1:]
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if part == "..":
            if out:
                out.pop()
            if last:
                out.append("")
        elif part == ".":
            if last:
                out.append("")
        else:
            out.append(part)
    return re.sub(r"/{2,}", "/", "/" + "/".join(out))


def python(expression):
    """RE2 takes flags anywhere, Python in front of a group."""
    return re.sub(r"(?<!^)\(\?i\)(.*)$", r"(?i:\1)", expression)


class Routing:
    def __init__(self, routes):
        """`routes` as `sluice translate --format json` prints them."""
        self.exact, self.wild = {}, []
        for route in routes:
            host = route["from"].split("://", 1)[1]
            if "*" in host:
                self.wild.append((re.compile("^" + ".*".join(re.escape(p) for p in host.split("*")) + "$"), self.matcher(route), route))
            else:
                self.exact.setdefault(host, []).append((self.matcher(route), route))

    @staticmethod
    def matcher(route):
        if "regex" in route:
            expression = re.compile(python(route["regex"]))
            return lambda path: expression.fullmatch(path) is not None
        if "path" in route:
            return lambda path: path == route["path"]
        return lambda path: path.startswith(route.get("prefix", "/"))

    def find(self, host, path):
        """The route, or None."""
        if host in self.exact:
            return next((route for matches, route in self.exact[host] if matches(path)), None)
        return next((route for is_host, matches, route in self.wild if is_host.match(host) and matches(path)), None)

    def ask(self, host, uri):
        """(status, the route, path and query as the upstream gets them)."""
        path, mark, query = uri.partition("?")
        path = normal(path)
        if path is None:
            return 400, None, None
        if OWN.fullmatch(path):
            return 200, "pomerium", None
        route = self.find(host, path)
        if route is None:
            return 404, None, None
        if "regex_rewrite_pattern" in route:
            path = re.sub(python(route["regex_rewrite_pattern"]), route["regex_rewrite_substitution"], path)
        return 200, route, path + mark + query
