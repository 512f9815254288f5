"""An API server by script: it lists and watches what it holds, over HTTP/1.1, and misbehaves when it is told to."""
import collections
import dataclasses
import http.server
import json
import re
import select
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from cluster import DUMPED, KINDS, plural_of

SORTS = ("list", "stream", "watch", "check", "get", "write", "other")


@dataclasses.dataclass
class Request:
    """What was asked: `sort` says whether it is a page of a list, a streaming list, a watch, a look at the version, a GET of one object, a POST or PATCH."""
    when: float
    plural: str
    sort: str
    name: str
    query: dict
    headers: dict
    body: dict | None = None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        api = self.server.api
        request = self.request = api.read_request(self)
        self.begun = False
        api.requests.append(request)
        script = api.take_script(request)
        try:
            (script or api.behave)(self, request)
            if self.begun:
                self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionError, Cut):
            self.close_connection = True

    def setup(self):
        super().setup()
        self.server.api.connections.append(self.connection)

    def do_POST(self):
        """Events and status."""
        api = self.server.api
        request = self.request = api.read_request(self)
        request.body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        api.requests.append(request)
        try:
            (api.take_script(request) or api.write)(self, request)
        except (BrokenPipeError, ConnectionError, Cut):
            self.close_connection = True

    do_PATCH = do_POST

    def log_message(self, *_):
        pass

    # ---- what a script may do ----

    def answer(self, status, body, **headers):
        """The whole answer: a Status with that message, an object, or bytes."""
        if isinstance(body, str):
            body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": body, "code": status}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.begun = True

    def chunk(self, data):
        if not self.begun:
            self.begin()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def event(self, kind, obj):
        self.chunk(event(kind, obj))

    def cut(self):
        """The connection ends in the middle."""
        self.connection.shutdown(socket.SHUT_RDWR)
        raise Cut

    def is_left(self):
        """The other side has closed, or died."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not socket.socket.recv(self.connection, 1, socket.MSG_PEEK)

    def hang(self):
        """Nothing more is said, and nothing is closed, until the other side does or the server ends."""
        while not self.server.api.ending:
            try:
                if not self.connection.recv(4096):
                    break
            except OSError:
                break
        raise Cut


class Cut(Exception):
    pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    context = None

    def finish_request(self, connection, address):
        super().finish_request(self.context.wrap_socket(connection, server_side=True) if self.context else connection, address)

    def handle_error(self, *_):
        pass


def event(kind, obj):
    return json.dumps({"type": kind, "object": obj}, ensure_ascii=False).encode() + b"\n"


def bookmark(version, ends_list=False):
    meta = {"resourceVersion": str(version)}
    if ends_list:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    return event("BOOKMARK", {"kind": "x", "metadata": meta})


class FakeApi:
    """Objects by kind, a history of what happened to them, and scripts: what to do instead at the next requests of a sort."""

    def __init__(self, tmp, tls=False):
        self.tmp, self.tls = tmp, tls
        self.objects = {plural: {} for plural in DUMPED}
        self.events = {}  # namespace/name -> Event
        self.history = []  # (version, plural, type, object)
        self.version = 100
        self.compacted = 0  # a watch from before this gets 410
        self.streams = True
        self.connections = []
        self.requests, self.scripts, self.refused_tokens = [], collections.defaultdict(list), set()
        self.changed, self.ending, self.ends = threading.Condition(), False, collections.Counter()

    def __enter__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.port = self.server.server_address[1]
        if self.tls:
            self.new_certificate()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        with self.changed:
            self.ending = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    # ---- what the test does ----

    def apply(self, obj):
        plural = plural_of(obj)
        obj = json.loads(json.dumps(obj))
        if KINDS[plural][2]:
            obj["metadata"].setdefault("namespace", "default")
        with self.changed:
            self.version += 1
            obj["metadata"].update(resourceVersion=str(self.version), uid=obj["metadata"].get("uid", obj["metadata"]["name"]))
            known = self.objects[plural].get(key_of(obj))
            self.objects[plural][key_of(obj)] = obj
            self.history.append((self.version, plural, "MODIFIED" if known else "ADDED", obj))
            self.changed.notify_all()

    def apply_yaml(self, text):
        import yaml
        for obj in yaml.safe_load_all(text):
            if obj:
                self.apply(obj)

    def delete(self, plural, name):
        with self.changed:
            self.version += 1
            obj = self.objects[plural].pop(name)
            gone = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
            self.history.append((self.version, plural, "DELETED", gone))
            self.changed.notify_all()

    def forget_history(self):
        """Compaction: a watch from before now is answered with 410."""
        with self.changed:
            self.compacted = self.version

    def script(self, plural, sort, *functions):
        """The next requests of that sort get these, one each: function(handler, request)."""
        assert sort in SORTS
        self.scripts[plural, sort].extend(functions)

    def asked(self, plural=None, sort=None):
        return [r for r in list(self.requests) if plural in (None, r.plural) and sort in (None, r.sort)]

    def end_watches(self, plural):
        """Cleanly, those that run now."""
        with self.changed:
            self.ends[plural] += 1
            self.changed.notify_all()

    def drop(self):
        """Cuts every connection."""
        connections, self.connections = self.connections, []
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def new_certificate(self):
        """Another authority, and a certificate from it: for connections from now on."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.tmp / "tls.key",
                        "-out", self.tmp / "tls.crt", "-days", "30", "-subj", "/CN=fake", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tmp / "tls.crt", self.tmp / "tls.key")
        self.server.context = context

    @property
    def base_rights(self):
        """Everybody may do everything here."""
        return self.kubeconfig()

    def kubeconfig(self, server=None, user="{}", cluster=""):
        path = self.tmp / "kubeconfig"
        path.write_text(f"""apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: "{server or f'http{"s" if self.tls else ""}://127.0.0.1:{self.port}'}"{cluster}}}}}]
users: [{{name: test, user: {user}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
""")
        return path

    def dump(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for plural in DUMPED:
            version = KINDS[plural][0].removeprefix("/apis/").removeprefix("/api/")
            items = [{**o, "apiVersion": version, "kind": KINDS[plural][1]} for o in self.objects[plural].values()]
            (folder / f"{plural}.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        return folder

    # ---- what a good server does ----

    def read_request(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        found = re.fullmatch(r"(/apis?/[a-z0-9./-]*?v1(?:(?:alpha|beta)[0-9]+)?)(?:/namespaces/([^/]+))?/([a-z]+)(?:/([^/]+)(?:/status)?)?", url.path)
        plural, name = (found[3], found[4] or "") if found else ("", "")
        if name:
            name = f"{found[2]}/{name}" if found[2] else name
        if handler.command != "GET":
            sort = "write"
        elif name:
            sort = "get"
        elif query.get("watch"):
            sort = "stream" if query.get("sendInitialEvents") else "watch"
        else:
            sort = "other" if plural not in self.objects else "check" if query.get("limit") == "1" else "list"
        return Request(time.monotonic(), plural, sort, name, query, dict(handler.headers))

    def take_script(self, request):
        scripts = self.scripts[request.plural, request.sort]
        return scripts.pop(0) if scripts else None

    def behave(self, handler, request):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.refused_tokens:
            handler.answer(401, "Unauthorized")
        elif request.sort == "other":
            handler.answer(200, {"major": "1"})
        elif request.sort == "get":
            obj = (self.events if request.plural == "events" else self.objects[request.plural]).get(request.name)
            kind = KINDS.get(request.plural, ("", "Event"))[1]
            handler.answer(200, {**obj, "apiVersion": "v1", "kind": kind}) if obj else handler.answer(404, "not found")
        elif request.sort in ("list", "check"):
            handler.answer(200, self.page(request))
        elif request.sort == "stream" and not self.streams:
            handler.answer(422, "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
        else:
            self.watch(handler, request)

    def write(self, handler, request):
        """A new Event, or the patch of one; the patch of a status."""
        if request.plural == "events":
            self.write_event(handler, request)
            return
        obj = self.objects[request.plural].get(request.name)
        if obj:
            self.apply({**obj, "status": {**obj.get("status", {}), **request.body["status"]}})
        handler.answer(200, request.body) if obj else handler.answer(404, "not found")

    def write_event(self, handler, request):
        name = request.name or key_of(request.body)
        known = self.events.get(name)
        if bool(known) == (not request.name):
            handler.answer(409 if known else 404, "it is there already" if known else "not found")
            return
        self.events[name] = {**(known or {}), **request.body}
        handler.answer(200 if known else 201, self.events[name])

    def page(self, request):
        names = sorted(self.objects[request.plural])
        start = int(request.query.get("continue", "0"))
        limit = int(request.query.get("limit", len(names) + 1))
        more = str(start + limit) if start + limit < len(names) else ""
        items = [self.objects[request.plural][n] for n in names[start:start + limit]]
        return {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": str(self.version), "continue": more}, "items": items or None}

    def watch(self, handler, request):
        plural, ends = request.plural, self.ends[request.plural]
        version = int(request.query.get("resourceVersion") or 0)
        if request.sort == "stream":
            with self.changed:
                version, initial = self.newest(plural)
            for obj in initial:
                handler.event("ADDED", obj)
            handler.chunk(bookmark(version, ends_list=True))
        elif version < self.compacted:
            handler.answer(410, "too old resource version")
            return
        else:
            handler.begin()
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.ending or self.ends[plural] > ends or self.has_news(version), 5)
                new, version = self.since(plural, version), max(version, self.version)
            for kind, obj in new:
                handler.event(kind, obj)
            if self.ending or self.ends[plural] > ends or handler.is_left():
                return

    # ---- what a list and a watch tell; the lock is held ----

    def newest(self, plural):
        return self.version, list(self.objects[plural].values())

    def has_news(self, version):
        return self.version > version

    def since(self, plural, version):
        return [(kind, obj) for at, whose, kind, obj in self.history if whose == plural and at > version]


def key_of(obj):
    meta = obj["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if "namespace" in meta else meta["name"]
