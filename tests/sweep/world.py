"""The servers of a sweep: an API server that can be behind, forget, refuse or skip what was overtaken, and a databroker that tells all that is written."""
import json
import time

from databroker import Databroker, merge
from fake_api import FakeApi, key_of

LISTS = ("list", "stream", "watch", "check")
GONE = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "too old resource version", "reason": "Expired", "code": 410}
# of the others nothing counts as seen if they may not be read from the beginning
BUILT_IN = ("ingresses", "ingressclasses", "services", "endpointslices", "secrets", "pomerium")
BUSY_MS = 300  # a Put that was sent under the lease may come so late, if nobody else has the lease by then


class Api(FakeApi):
    """Objects are numbered by the history; `behind` names a revision that lists show in the place of the newest."""

    def __init__(self, tmp):
        super().__init__(tmp)
        self.behind = 0
        self.skips = False   # an event that a later one overtakes is not sent
        self.mute = False    # no event is sent
        self.refuses = False  # lists and watches of built-in kinds are forbidden
        self.late_s = 0      # an object that is asked for comes so late, as it was when it was asked for

    def put(self, step):
        """A step is an object, or (kind, key) that goes."""
        self.delete(*step) if isinstance(step, tuple) else self.apply(step)

    def forget_what_was_muted(self):
        """It was never told, and the history of it is gone: a watch that goes on ends with 410 in its middle."""
        with self.changed:
            self.compacted, self.mute = self.version, False
            self.changed.notify_all()

    def compact(self):
        """Of each object that there is nothing but the newest is remembered."""
        with self.changed:
            self.history = [event for event in self.history if event[3] is self.objects[event[1]].get(key_of(event[3]))]
            self.compacted = self.version

    def behave(self, handler, request):
        if self.refuses and request.sort in LISTS and request.plural in BUILT_IN:
            handler.answer(403, f"{request.plural} is forbidden")
        elif self.late_s and request.sort == "get" and request.name in self.objects.get(request.plural, {}):
            obj = self.objects[request.plural][request.name]
            time.sleep(self.late_s)
            handler.answer(200, {**obj, "apiVersion": "v1", "kind": "Secret"})
        else:
            super().behave(handler, request)

    def as_of(self, plural, version):
        objects = {}
        for at, whose, kind, obj in self.history:
            if whose == plural and at <= version:
                objects.pop(key_of(obj), None)
                if kind != "DELETED":
                    objects[key_of(obj)] = obj
        return objects

    def newest(self, plural):
        """As the server that is behind; it catches up when `behind` is taken back."""
        version = self.behind or self.version
        return version, list(self.as_of(plural, version).values())

    def has_news(self, version):
        return not self.behind and not self.mute and super().has_news(version)

    def since(self, plural, version):
        if version < self.compacted:
            return [("ERROR", GONE)]
        new = super().since(plural, version)
        if not self.skips:
            return new
        last = {key_of(obj): i for i, (_, obj) in enumerate(new)}
        known = self.as_of(plural, version)
        kept = []
        for i, (kind, obj) in enumerate(new):
            if last[key_of(obj)] == i and (kind != "DELETED" or key_of(obj) in known):
                kept.append((("MODIFIED" if key_of(obj) in known else "ADDED") if kind != "DELETED" else kind, obj))
        return kept


class Written:
    """What the log of a databroker says, read as it grows: the state after each write, and what may not be."""

    def __init__(self, databroker):
        self.databroker, self.at, self.records, self.faults, self.puts, self.routes = databroker, 0, {}, [], 0, []
        self.stored = []  # URLs and certificates after each write

    def read(self):
        with open(self.databroker.log_path, "rb") as log:
            log.seek(self.at)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self.at += len(line)
                e = json.loads(line)
                if e["op"] == "put":
                    self.put(e)

    def put(self, e):
        self.puts += 1
        if e["who"] != e["leader"] and (e["leader"] or e["lapsed_ms"] > BUSY_MS):
            self.faults.append(f"write {self.puts} is of {e['who']}, the lease is held by {e['leader'] or 'nobody'}")
        if e.get("unchanged"):
            self.faults.append(f"write {self.puts} changes nothing about {e['unchanged']}")
        had = self.count()
        for name, config in e["contents"].items():
            self.records.pop(name, None)
            if name not in e.get("deleted", ()):
                self.records[name] = config
                self.routes += [(self.puts, name, route) for route in config.get("routes", [])]
        if had and not self.count():
            self.faults.append(f"write {self.puts} leaves no route")
        self.stored.append(things_of(merge(self.records.values())))

    def count(self):
        return sum(len(config.get("routes", [])) for config in self.records.values())


def url_of(route):
    return tuple(str(route.get(k, "")) for k in ("from", "path", "prefix", "regex"))


def things_of(config):
    """What must not be missing for a moment: (word, which)."""
    return {("URL", *url_of(r)) for r in config["routes"]} | {("certificate", c["cert_bytes"]) for c in config["certificates"]}


ACCESS = ("policies", "ppl_policies", "allow_public_unauthenticated_access", "allow_any_authenticated_user", "allowed_users", "allowed_domains",
          "allowed_idp_claims", "cors_allow_preflight")


NOBODY = "{}"  # a route without a policy lets nobody in


def access_of(route):
    return json.dumps({k: route[k] for k in ACCESS if k in route}, sort_keys=True)


class Sink(Databroker):
    def __init__(self, tmp):
        super().__init__(tmp, "--contents")
        self.written = Written(self)

    def merged(self):
        return without_order(super().merged())

    def merged_now(self):
        self.written.read()
        return without_order(merge(self.written.records.values()))


def without_order(config):
    """A databroker orders routes of one URL by an id that files need not have."""
    for route in config["routes"]:
        if route.get("id", "").lstrip("~").startswith("gateway/"):
            del route["id"]
    return config


def until(condition, seconds):
    """True as soon as it is; False after that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
