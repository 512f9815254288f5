"""What a real API server will not do on demand: refusals, half answers, garbage, silence. Each test ends in the state of the server."""
import base64
import json
import os
import pathlib
import re
import signal
import threading
import time

import pytest
import test_gateway as gateway_api
from cluster import ClusterPipeline
from fake_api import FakeApi, bookmark, event, key_of
from pipeline import CLASS, app, certificate, read, wait_for


@pytest.fixture
def api(tmp_path):
    with FakeApi(tmp_path) as a:
        a.apply_yaml(CLASS)
        a.apply_yaml(app("one"))
        yield a


@pytest.fixture
def up(sluice, tmp_path, api):
    """Starts the pipeline on the fake server, with short waits between tries; all are ended with the test."""
    started = []

    def start(*args, kubeconfig=None, fake=None, **env):
        p = ClusterPipeline(sluice, tmp_path, fake or api, *args, kubeconfig=kubeconfig, env={"API_BACKOFF": "100ms", **env})
        started.append(p)
        return p.__enter__()
    yield start
    for p in started:
        p.__exit__()


def status_event(code, message, **details):
    return event("ERROR", {"kind": "Status", "code": code, "message": message, "details": details})


def ingress(name, **more):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "namespace": "shop", **more},
            "spec": {"ingressClassName": "pomerium", "rules": [{"host": f"{name}.example.com", "http": {"paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "one", "port": {"number": 80}}}}]}}]}}


def lists(api, plural="ingresses"):
    """Lists of a kind so far, however they came; further pages do not count."""
    return len([r for r in api.asked(plural) if r.sort == "stream" or r.sort == "list" and "continue" not in r.query])


def written(p):
    """Differs whenever the file was replaced."""
    return p.out.stat().st_ino


def by_pages(api):
    api.streams = False


def watching(api, plural="ingresses"):
    wait_for("a watch", lambda: api.asked(plural, "watch") or api.streams and api.asked(plural, "stream"))


def test_streams_and_follows(up, api):
    p = up()
    assert b"one.example.com" in p.settled()
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled()
    api.delete("ingresses", "shop/two")
    assert b"two.example.com" not in p.settled()
    assert [r.sort for r in api.asked("ingresses")] == ["stream"]


@pytest.mark.parametrize("refuse", [
    lambda h, r: h.answer(422, "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"),
    lambda h, r: h.answer(400, "unknown parameter"),
    lambda h, r: h.chunk(status_event(500, "the required storage feature RequestWatchProgress is disabled")),
])
def test_a_server_without_streaming_lists(up, api, refuse):
    for plural in api.objects:
        api.script(plural, "stream", refuse)
    p = up()
    p.settled()
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled()
    assert [r.sort for r in api.asked("ingresses")] == ["stream", "list", "watch"]


def test_pages(up, api):
    by_pages(api)
    for i in range(1200):
        api.apply(ingress(f"p-{i}"))
    p = up()
    assert read_hosts(p.settled(30)) == 1201
    assert [r.query.get("continue") for r in api.asked("ingresses", "list")] == [None, "500", "1000"]


def read_hosts(text):
    return len(json.loads(text)["routes"])


def test_continue_that_expired(up, api):
    by_pages(api)
    for i in range(600):
        api.apply(ingress(f"p-{i}"))
    api.script("ingresses", "list", api.behave, lambda h, r: h.answer(410, "The provided continue parameter is too old"))
    p = up()
    assert read_hosts(p.settled(30)) == 601
    assert [("limit" in r.query, "continue" in r.query) for r in api.asked("ingresses", "list")] == [(True, False), (True, True), (False, False)]


@pytest.mark.parametrize("how", ["status", "event"])
def test_410_lists_anew_and_tells_only_what_differs(up, api, how):
    api.apply(ingress("two"))
    p = up()
    p.settled()
    was = written(p)
    if how == "status":
        api.script("ingresses", "watch", lambda h, r: h.answer(410, "too old resource version"))
    else:
        api.script("ingresses", "watch", lambda h, r: h.chunk(status_event(410, "too old resource version")))
    api.end_watches("ingresses")  # it ended early, so the watch that follows comes after a look at the version
    wait_for("a new list", lambda: lists(api) == 2)
    wait_for("a watch of it", lambda: len(api.asked("ingresses", "watch")) == 2)
    assert lists(api, "services") == 1 and written(p) == was
    with api.changed:  # and with changes in the gap, of which no event tells
        api.script("ingresses", "watch", lambda h, r: h.answer(410, "too old resource version"))
    api.script("ingresses", "check", lambda h, r: (api.delete("ingresses", "shop/two"), api.apply(ingress("three")), api.behave(h, r)))
    api.end_watches("ingresses")
    wait_for("a third list", lambda: lists(api) == 3)
    text = p.settled()
    assert b"three.example.com" in text and b"two.example.com" not in text


def test_a_watch_that_ends_cleanly_is_no_relist(up, api):
    p = up()
    p.settled()
    for i in range(3):
        time.sleep(1.1)  # shorter ones wait before the next
        api.end_watches("ingresses")
        api.apply(ingress(f"after-{i}"))
        assert f"after-{i}.example.com".encode() in p.settled()
    assert lists(api) == 1
    versions = [int(r.query["resourceVersion"]) for r in api.asked("ingresses", "watch")]
    assert len(versions) == 3 and versions == sorted(versions)


def test_short_watches_make_no_busy_loop(up, api):
    api.script("ingresses", "watch", *[lambda h, r: h.begin()] * 1000)
    p = up(API_BACKOFF="800ms")
    p.settled()
    api.end_watches("ingresses")
    time.sleep(4)
    n = len(api.asked("ingresses"))
    assert 4 <= n <= 16, n  # 0.8 s x2 with jitter: a look and a watch each time
    api.scripts.clear()
    api.apply(ingress("late"))
    p.settled(15)


def test_bookmarks_move_the_version(up, api):
    p = up()
    p.settled()
    api.script("ingresses", "watch", lambda h, r: (h.chunk(bookmark(5000)), time.sleep(1.2)))
    api.version = 4000  # the store is ahead of what this kind has seen
    api.end_watches("ingresses")
    api.version = 6000
    wait_for("the second watch", lambda: len(api.asked("ingresses", "watch")) == 2)
    assert api.asked("ingresses", "watch")[1].query["resourceVersion"] == "5000"
    assert lists(api) == 1


def test_repeated_events(up, api):
    p = up()
    p.settled()
    old = api.objects["ingresses"]["shop/one"]
    was, sent = written(p), []
    api.script("ingresses", "watch", lambda h, r: ([h.event("MODIFIED", {**old, "metadata": {**old["metadata"], "resourceVersion": str(api.version)}}) for _ in range(500)],
                                                   sent.append(1), h.hang()))
    api.end_watches("ingresses")
    wait_for("they were sent", lambda: sent)
    assert written(p) == was
    api.apply_yaml(app("one", "10.6.6.6"))
    assert b"10.6.6.6" in p.settled()
    assert lists(api) == 1


def test_events_from_the_past_list_anew(up, api):
    p = up()
    p.settled()
    old = {**ingress("one"), "metadata": {"name": "ghost", "namespace": "shop", "resourceVersion": "7"}}
    api.script("ingresses", "watch", lambda h, r: (h.event("ADDED", old), h.hang()))
    api.end_watches("ingresses")
    wait_for("a new list", lambda: lists(api) == 2)
    api.apply(ingress("two"))
    text = p.settled()
    assert b"two.example.com" in text and "went back" in p.log()


def test_a_store_that_went_back(up, api):
    for i in range(50):
        api.apply(ingress("two", labels={"i": str(i)}))
    p = up()
    p.settled()
    with api.changed:
        api.version = 110
        api.history.clear()
        del api.objects["ingresses"]["shop/two"]
    for plural in api.objects:
        api.end_watches(plural)
    assert b"two.example.com" not in p.settled()
    api.apply(ingress("three"))
    assert b"three.example.com" in p.settled()


@pytest.mark.parametrize("sort", ["stream", "list"])
def test_half_an_answer(up, api, sort):
    """Truncated JSON, a connection that ends in the middle, a body that ends too early."""
    if sort == "list":
        by_pages(api)
    half = event("ADDED", ingress("half"))[:100] if sort == "stream" else json.dumps(api.page(Fake("ingresses"))).encode()[:-20]
    api.script("ingresses", sort, lambda h, r: h.chunk(half), lambda h, r: (h.chunk(half), h.cut()), lambda h, r: h.cut(),
               lambda h, r: h.answer(200, half, Content_Length=str(len(half) + 100)) or h.cut())
    if sort == "stream":  # after a stream that stopped in the middle the list comes in pages, once
        api.script("ingresses", "list", lambda h, r: h.cut(), lambda h, r: h.chunk(b'{"items": [{"metadata": {"name": "x'))
    p = up()
    assert b"half.example.com" not in p.settled(20)
    api.apply(ingress("two"))
    p.settled()


class Fake:
    def __init__(self, plural):
        self.plural, self.query = plural, {}


GARBAGE = [b"\x00\xff\xfe garbage\n", b"<html>a proxy of a hotel</html>\n", b"[]\n", b"{}\n", b"null\n", b'{"type": "ADDED"}\n', b'{"type": "ADDED", "object": 7}\n',
           b'{"items": 7, "metadata": {"resourceVersion": "5"}}\n', b'{"items": [7]}\n', b'{"items": [{}]}}}\n', b"\n\n\n", b"[" * 5000, b'{"items": []}\n',
           b'{"type": "DELETED", "object": {"metadata": {}}}\n', b'{"type": "NEW", "object": {}}\n', b'{"type": "BOOKMARK", "object": {"metadata": {"annotations": {"k8s.io/initial-events-end": "true"}}}}\n']


@pytest.mark.parametrize("sort", ["stream", "list", "watch", "check"])
def test_garbage(up, api, sort):
    if sort == "list":
        by_pages(api)
    p = None
    if sort in ("watch", "check"):
        p = up()
        p.settled()
    for junk in GARBAGE[:3]:
        api.script("ingresses", sort, lambda h, r, junk=junk: h.chunk(junk))
    api.end_watches("ingresses")
    p = p or up()
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled(20)
    for plural, junks in zip(("services", "endpointslices", "ingressclasses", "secrets"), (GARBAGE[3:7], GARBAGE[7:10], GARBAGE[10:13], GARBAGE[13:])):
        for junk in junks:
            api.script(plural, "watch", lambda h, r, junk=junk: h.chunk(junk))
        api.end_watches(plural)
    api.apply_yaml(app("three", "10.3.3.3"))
    assert b"10.3.3.3" in p.settled(30)
    assert not [l for l in p.log().split("\n") if "\xff" in l]


def test_pieces_that_cut_characters(up, api):
    """Bytes of one character in different chunks, and a name that is not UTF-8 at all."""
    by_pages(api)
    api.apply(ingress("umlaut", annotations={"ingress.pomerium.io/description": "grüße, 世界 🌍"}))

    def in_pieces(size):
        def send(h, r):
            body = json.dumps(api.page(r), ensure_ascii=False).encode()
            for i in range(0, len(body), size):
                h.chunk(body[i:i + size])
        return send
    api.script("ingresses", "list", in_pieces(1))
    api.script("services", "list", in_pieces(3))

    def watch_in_pieces(h, r):
        line = event("ADDED", {**ingress("pieces", annotations={"ingress.pomerium.io/description": "äöü 𝄞"}, resourceVersion=str(api.version + 1))})
        for i in range(len(line)):
            h.chunk(line[i:i + 1])
        h.hang()
    api.script("ingresses", "watch", watch_in_pieces)
    p = up()
    wait_for(lambda: p.log()[-2000:], lambda: "grüße, 世界 🌍".encode() in (read(p.out) or b"") and "äöü 𝄞".encode() in read(p.out))


def test_a_byte_a_second(up, api):
    """One kind trickles: the others go on, and it heals when the connection ends."""
    p = up()
    p.settled()
    line = event("ADDED", ingress("slow", resourceVersion=str(api.version + 1)))

    def trickle(h, r):
        for i in range(4):
            h.chunk(line[i:i + 1])
            time.sleep(1)
        h.cut()
    api.script("ingresses", "watch", trickle)
    api.end_watches("ingresses")
    wait_for("it trickles", lambda: api.asked("ingresses", "watch"))
    api.apply_yaml(app("one", "10.5.5.5"))
    wait_for("the others go on", lambda: b"10.5.5.5" in read(p.out), 3)
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled(15)


@pytest.mark.parametrize("sort", ["stream", "watch", "list", "get"])
def test_retry_after_is_honoured(up, api, sort):
    if sort == "list":
        by_pages(api)
    plural = "secrets" if sort == "get" else "ingresses"
    if sort == "get":
        api.apply(ingress("one", annotations={"ingress.pomerium.io/set_request_headers_secret": "headers"}))
        api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "headers", "namespace": "shop"}, "data": {"X-A": "dmFsdWU="}})
    api.script(plural, sort, lambda h, r: h.answer(429, "too many requests", Retry_After="3"))
    p = up()
    if sort == "watch":
        p.settled()
        api.end_watches("ingresses")
    wait_for("refused", lambda: api.asked(plural, sort))
    first = api.asked(plural, sort)[0]
    wait_for("again", lambda: [r for r in api.asked(plural) if r.when > first.when and (r.sort == "get") == (sort == "get")])
    assert [r for r in api.asked(plural) if r.when > first.when and (r.sort == "get") == (sort == "get")][0].when - first.when >= 2.9
    p.settled()


def test_retry_after_in_an_event(up, api):
    p = up()
    p.settled()
    api.script("ingresses", "watch", lambda h, r: h.chunk(status_event(429, "slow down", retryAfterSeconds=3)))
    api.end_watches("ingresses")
    wait_for("refused", lambda: api.asked("ingresses", "watch"))
    refused = api.asked("ingresses", "watch")[0]
    wait_for("again", lambda: len(api.asked("ingresses", "watch")) == 2)
    assert [r for r in api.asked("ingresses") if r.when > refused.when][0].when - refused.when >= 2.9
    assert lists(api) == 1


def test_refusals_delete_nothing_and_are_said_once(up, api):
    """403, 404 and 500 of kinds that every cluster has: what is known stays."""
    api.apply(ingress("two"))
    p = up()
    good = p.settled()
    answers = {"ingresses": 404, "services": 403, "endpointslices": 500, "ingressclasses": 403, "secrets": 404}
    for plural, code in answers.items():
        for sort in ("stream", "list", "watch", "check"):
            api.script(plural, sort, *[lambda h, r, code=code: h.answer(code, f"no {r.plural} for you")] * 1000)
        api.end_watches(plural)
    wait_for("asked some times", lambda: all(len(api.asked(plural)) >= 5 for plural in answers), 20)
    assert read(p.out) == good
    for plural, code in answers.items():
        said = [l for l in p.log().split("\n") if f"kind={plural}" in l and "no " + plural in l and "level=warn" in l]
        assert len(said) <= 2, said  # one for each path: the look at the version and the list
        refused = [l for l in p.log().split("\n") if f"kind={plural}" in l and "level=error" in l]
        assert len(refused) == (0 if code == 500 else 1), refused
    p.kill("resolver")  # and a resolver that knows nothing does not take that for an empty world
    wait_for("running again", lambda: len(p.children()) == 5)
    for _ in range(20):
        assert read(p.out) == good
        time.sleep(0.1)
    api.scripts.clear()
    api.delete("ingresses", "shop/two")
    assert b"two.example.com" not in p.settled(40)


def test_a_kind_that_is_not_installed(up, api):
    missing = [lambda h, r: h.answer(404, b"404 page not found\n")] * 1000
    for sort in ("stream", "list"):
        api.script("pomerium", sort, *missing)
    p = up()
    p.settled()
    assert p.log().count("msg=\"not installed\"") == 1
    api.scripts.clear()
    api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bootstrap", "namespace": "shop"},
               "data": {"shared_secret": "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=", "cookie_secret": "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=", "signing_key": "eA=="}})
    api.apply({"apiVersion": "ingress.pomerium.io/v1", "kind": "Pomerium", "metadata": {"name": "global"},
               "spec": {"secrets": "shop/bootstrap", "timeouts": {"read": "7s"}}})
    assert b"7s" in p.settled(20)
    for sort in ("stream", "list", "watch", "check"):
        api.script("pomerium", sort, *missing)
    del api.objects["pomerium"]["global"]  # it goes with its CRD
    api.end_watches("pomerium")
    assert b"7s" not in p.settled(20)


def test_items_null(up, api):
    by_pages(api)
    p = up()
    p.settled()
    assert api.page(Fake("pomerium"))["items"] is None
    assert "msg=synced kind=pomerium" in p.log()


def test_a_huge_line_is_left_out(up, api):
    p = up()
    p.settled()

    def huge(h, r):
        h.chunk(b'{"type": "ADDED", "object": {"metadata": {"name": "huge", "x": "')
        for _ in range(40):
            h.chunk(b"x" * (1 << 20))
        h.chunk(b'"}}}\n')
        h.event("ADDED", ingress("behind", resourceVersion=str(api.version + 10)))
        h.hang()
    api.script("ingresses", "watch", huge)
    api.end_watches("ingresses")
    wait_for(lambda: p.log()[-2000:], lambda: b"behind.example.com" in read(p.out), 20)
    assert "an event was left out" in p.log()
    assert p.memory_mb("watcher") < 64


def test_an_object_that_cannot_be_used(up, api):
    """It is named, the rest goes on; what was known of it stays, over a new list too."""
    api.apply(ingress("two"))
    p = up()
    p.settled()
    bad = ingress("two")
    bad["spec"]["rules"] = "none"
    api.apply(bad)
    wait_for("it is named", lambda: "shop/two" in p.log())
    api.forget_history()
    api.script("ingresses", "watch", lambda h, r: h.answer(410, "too old resource version"))
    api.end_watches("ingresses")
    wait_for("a new list", lambda: lists(api) == 2)
    api.apply(ingress("three"))
    wait_for("the rest goes on", lambda: b"three.example.com" in read(p.out))
    assert b"two.example.com" in read(p.out)
    api.apply(ingress("two"))
    p.settled()


def test_a_token_that_was_refused_is_read_again(up, api, tmp_path):
    (tmp_path / "token").write_text("old\n")
    p = up(kubeconfig=api.kubeconfig(user=f"{{tokenFile: {tmp_path}/token}}"))
    p.settled()
    assert api.asked("ingresses")[0].headers["Authorization"] == "Bearer old"
    api.refused_tokens.add("old")
    (tmp_path / "token").write_text("new\n")
    for plural in api.objects:
        api.end_watches(plural)
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled(10)
    assert lists(api) == 1 and "old" not in p.log() and "Bearer" not in p.log()


def test_an_exec_plugin_that_expires(up, api, tmp_path):
    plugin = tmp_path / "plugin.sh"
    plugin.write_text(f"""#!/bin/sh
n=1; until mkdir {tmp_path}/asked-$n 2>/dev/null; do n=$((n+1)); done  # watcher and publisher ask at the same time
while [ $n -gt 2 -a ! -e {tmp_path}/go ]; do sleep 0.05; done; echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info
when=$(date -u -d "now + 16 seconds" +%Y-%m-%dT%H:%M:%SZ)
echo "{{\\"kind\\": \\"ExecCredential\\", \\"apiVersion\\": \\"client.authentication.k8s.io/v1\\", \\"status\\": {{\\"token\\": \\"t$n\\", \\"expirationTimestamp\\": \\"$when\\"}}}}"
""")
    plugin.chmod(0o755)
    user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, provideClusterInfo: true}}"
    p = up(kubeconfig=api.kubeconfig(user=user))
    p.settled()
    tokens = lambda: {r.headers["Authorization"] for r in api.asked("ingresses")}
    assert len(tokens()) == 1 and tokens() < {"Bearer t1", "Bearer t2", "Bearer t3"}
    info = json.loads((tmp_path / "info").read_text())
    assert info["spec"]["cluster"]["server"].startswith("http://127.0.0.1") and info["spec"]["interactive"] is False

    def again():
        time.sleep(1.1)  # a token is looked at when something is asked for; short watches would wait longer and longer
        api.end_watches("ingresses")
        return (tmp_path / "asked-3").exists()
    wait_for("the plugin was asked again", again, 20)
    api.apply(ingress("two"))  # while it takes its time, everything goes on with the old token
    assert b"two.example.com" in p.settled()
    assert len(tokens()) == 1
    (tmp_path / "go").touch()
    wait_for("the new token is shown", lambda: api.end_watches("ingresses") or len(tokens()) == 2, 20)
    p.settled()


def status(pid, field):
    try:
        return re.search(rf"^{field}:\t(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]
    except OSError:  # it has ended
        return None


def helpers(p):
    """Children of the watcher: the process that starts its plugin."""
    (watcher,) = p.children("watcher")
    return [int(d.name) for d in pathlib.Path("/proc").glob("[0-9]*") if status(d.name, "PPid") == str(watcher)]


def test_a_plugin_has_the_rights_that_its_room_gave_up(up, api, tmp_path):
    """It is started by a process of its own. When that is killed the room ends, too, and both are there again."""
    plugin = tmp_path / "plugin.sh"
    plugin.write_text(f"""#!/bin/sh
grep Seccomp: /proc/self/status >{tmp_path}/held
echo '{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {{"token": "t"}}}}'
""")
    plugin.chmod(0o755)
    p = up(kubeconfig=api.kubeconfig(user="{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh}}"))
    p.settled()
    assert (tmp_path / "held").read_text().split() == ["Seccomp:", "0"]
    (old,) = p.children("watcher")
    (helper,) = helpers(p)
    assert status(helper, "Seccomp") == "0" and not list(pathlib.Path(f"/proc/{helper}/fd").glob("[3-9]*"))[1:]
    os.kill(helper, signal.SIGKILL)
    wait_for("the watcher is another one", lambda: p.children("watcher") not in ([], [old]), 20)
    assert "the process that starts exec plugins is gone" in p.log()
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled()
    (old,) = p.children("watcher")
    (helper,) = helpers(p)
    p.kill("watcher")
    wait_for("it goes with its room", lambda: not pathlib.Path(f"/proc/{helper}").exists(), 20)


def test_a_proxy(up, api, tmp_path):
    """The server's name cannot be resolved: only the proxy can know it."""
    p = up(kubeconfig=api.kubeconfig(server="http://api.invalid:6443", cluster=f', proxy-url: "http://127.0.0.1:{api.port}"'))
    assert b"one.example.com" in p.settled()
    assert api.asked("ingresses")[0].headers["Host"] == "api.invalid:6443"


def test_tls_without_http2(up, tmp_path):
    """As behind a proxy that speaks HTTP/1.1 only; its authority changes, and later the file that names it."""
    with FakeApi(tmp_path, tls=True) as fake:
        fake.apply_yaml(CLASS)
        fake.apply_yaml(app("one"))
        (tmp_path / "ca").write_bytes((tmp_path / "tls.crt").read_bytes())
        p = up(fake=fake, kubeconfig=fake.kubeconfig(cluster=f", certificate-authority: {tmp_path}/ca"))
        assert b"one.example.com" in p.settled()
        fake.new_certificate()
        fake.drop()
        wait_for("nobody vouches for it", lambda: "certificate" in p.log())
        n = len(fake.asked())
        fake.apply(ingress("two"))
        (tmp_path / "ca").write_bytes((tmp_path / "tls.crt").read_bytes())
        assert b"two.example.com" in p.settled()
        assert len(fake.asked()) > n and lists(fake) == 1


def test_a_connection_that_is_lost(up, api):
    p = up()
    p.settled()
    for i in range(5):
        api.drop()
        api.apply(ingress(f"after-{i}"))
        assert f"after-{i}.example.com".encode() in p.settled()
    assert lists(api) == 1


def test_a_server_that_hangs(up, api):
    """It accepts and reads, and says nothing any more: its kernel answers every probe for it."""
    p = up(API_SILENCE="1200ms")
    p.settled()
    for plural in api.objects:
        for sort in ("watch", "check", "list", "stream"):
            api.script(plural, sort, lambda h, r: h.hang())
    api.script("", "other", *[lambda h, r: h.hang()] * 3)
    for plural in api.objects:
        api.end_watches(plural)
    wait_for("it hangs", lambda: api.asked("ingresses", "check"))
    api.apply(ingress("two"))
    assert b"two.example.com" in p.settled(20)
    assert "does not answer, connecting anew" in p.log()
    p.settled()


def test_silence_alone_is_no_fault(up, api):
    """A server that has nothing to say, but answers when it is asked whether it is there."""
    p = up(API_SILENCE="300ms")
    p.settled()
    wait_for("it was asked", lambda: len(api.asked("", "other")) >= 3)
    assert "connecting anew" not in p.log()
    assert all(r.sort in ("stream", "other", "write") for r in api.asked())
    times = [r.when for r in api.asked("", "other")]
    assert times[2] - times[0] >= 0.5


def test_secrets_without_an_answer(up, api):
    """Unavailable after 10 s, tried on, found in the end. What was found before stays."""
    def secret(i, value):
        api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"s{i}", "namespace": "shop"}, "data": {"X-A": base64.b64encode(value.encode()).decode()}})
    answers = [lambda h, r: h.answer(500, "etcd is away"), lambda h, r: h.cut(), lambda h, r: h.answer(200, b"{"), lambda h, r: h.hang(),
               lambda h, r: h.answer(200, {**api.objects["secrets"]["shop/other"], "apiVersion": "v1", "kind": "Secret"})]
    bad = set(range(len(answers)))

    def by_name(h, r):
        i = int(r.name[-1]) if r.name[-1].isdigit() else None
        (answers[i] if i in bad else api.behave)(h, r)
    api.script("secrets", "get", *[by_name] * 10000)
    secret("other", "not-mine")
    api.objects["secrets"]["shop/other"] = api.objects["secrets"].pop("shop/sother")
    for i in bad:
        secret(i, f"first-{i}")
        api.apply(ingress(f"i{i}", annotations={"ingress.pomerium.io/set_request_headers_secret": f"s{i}"}))
    p = up()
    rejected = lambda: {i for i in range(len(answers)) if re.search(rf"msg=rejected.*shop/i{i}\b", p.log())}
    wait_for(lambda: p.log()[-2000:], lambda: rejected() == bad, 20)
    wait_for("the others are served", lambda: b"one.example.com" in (read(p.out) or b""), 20)
    bad.clear()
    wait_for("all but the one that hangs", lambda: all(f"first-{i}".encode() in read(p.out) for i in range(len(answers)) if i != 3), 20)
    bad.add(0)
    secret(0, "second-0")
    wait_for("asked for", lambda: api.asked("secrets", "get")[-1].name == "shop/s0")
    assert b"first-0" in read(p.out)
    bad.clear()
    wait_for("found", lambda: b"second-0" in read(p.out), 20)
    assert b"not-mine" not in read(p.out)
    assert len([l for l in p.log().split("\n") if "a Secret cannot be fetched" in l]) <= 5


def test_many_secrets_are_fetched_a_few_at_once(up, api):
    flying, most = [0], [0]

    def slow(h, r):
        flying[0] += 1
        most[0] = max(most[0], flying[0])
        time.sleep(0.05)
        flying[0] -= 1
        api.behave(h, r)
    for i in range(100):
        api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"s{i}", "namespace": "shop"}, "data": {"X-A": "dmFsdWU="}})
        api.apply(ingress(f"i{i}", annotations={"ingress.pomerium.io/set_request_headers_secret": f"s{i}"}))
    api.script("secrets", "get", *[slow] * 100)
    p = up()
    p.settled(20)
    assert 8 <= most[0] <= 17
    assert len(api.asked("secrets", "get")) == 100


def test_config_maps_are_read_by_name_and_told_when_they_change(up, api, tmp_path):
    ca = certificate(tmp_path, "a.example.com")[0].read_text()
    for text in (gateway_api.CLASS, gateway_api.GATEWAY, gateway_api.FILTER, gateway_api.SERVICE, gateway_api.route("two"),
                 gateway_api.tls_policy("tls"), gateway_api.tls_policy("idle", target="other")):
        api.apply_yaml(text)
    api.script("configmaps", "get", lambda h, r: h.answer(403, 'configmaps "authorities" is forbidden: a Role'))
    p = up("--record", str(tmp_path / "recording"))
    (one,) = wait_for(p.log, lambda: [r for r in json.loads(read(p.out) or "{}").get("routes", []) if "response" in r], 20)
    assert one["response"]["status"] == 500
    wait_for(p.log, lambda: 'may not be read: the API server forbids it, a Role must allow \\"get\\" on it' in p.log())
    api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "authorities", "namespace": "shop"}, "data": {"ca.crt": ca, "other": "kept"}})
    wait_for(p.log, lambda: base64.b64encode(ca.encode()) in read(p.out), 20)
    n = len(api.asked("configmaps"))
    wait_for("it is read again", lambda: len(api.asked("configmaps")) > n, 20)
    assert {(r.sort, r.name) for r in api.asked("configmaps")} == {("get", "shop/authorities")}
    said = [json.loads(line) for line in (tmp_path / "recording").read_text().splitlines() if '"of":"ConfigMap"' in line]
    assert [s["secret"] for s in said] == ["forbidden", "found"] and said[1]["value"]["data"] == {"ca.crt": ca}


def test_a_secret_that_cannot_exist_is_not_asked_for(up, api):
    """A name with a way out of its namespace never becomes a path."""
    api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "other"}, "data": {"X-A": "c3RvbGVu"}})
    api.apply(ingress("thief", annotations={"ingress.pomerium.io/set_request_headers_secret": "../../other/secrets/tls"}))
    p = up()
    wait_for("rejected", lambda: "msg=rejected" in p.log() and "thief" in p.log())
    assert not [r for r in api.asked() if ".." in r.name or "other" in r.name]
    assert b"stolen" not in (read(p.out) or b"")


def test_namespaces_of_which_one_is_forbidden(up, api):
    """Nothing of the others is deleted when the right comes back."""
    api.apply_yaml(app("here", namespace="here"))
    api.apply_yaml(app("there", namespace="there"))
    forbidden = {"there"}
    behave = api.behave

    def by_namespace(h, r):
        if any(f"/namespaces/{n}/" in h.path for n in forbidden):
            h.answer(403, "forbidden")
        else:
            behave(h, r)
    api.behave = by_namespace
    p = up("--namespaces", "here,there")
    wait_for(lambda: p.log()[-2000:], lambda: "a kind cannot be read" in p.log())
    forbidden.clear()
    p.settled(20, args=("--namespaces", "here,there"))
    text = read(p.out)
    assert b"here.example.com" in text and b"there.example.com" in text and b"one.example.com" not in text


class Refusing:
    """Takes no report before it has answered with what is listed for it, by the name of the Ingress; `held`: before it is set."""

    def __init__(self, api, faults, held):
        self.api, self.held, self.may = api, held, threading.Event()
        self.left = {(plural, name): list(codes) for plural in ("ingresses", "events") for name, codes in faults.items()}
        self.tries = []  # (plural, name, when, status; 200: taken)
        self.write, api.write = api.write, self.refuse

    def refuse(self, h, r):
        about = r.body.get("involvedObject") or self.api.events[r.name]["involvedObject"] if r.plural == "events" else {"name": r.name.split("/")[1]}
        key = r.plural, about["name"]
        left = self.left.get(key) or []
        status = 503 if about["name"] == self.held and not self.may.is_set() else left.pop(0) if left else 200
        self.tries.append((*key, r.when, status))
        if r.plural == "events" and status == 409 and not r.name:  # somebody else has told it
            self.api.events[key_of(r.body)] = r.body
        if status == 200:
            self.write(h, r)
        else:
            h.answer(status, "not now", **({"Retry_After": "1"} if status == 429 else {}))

    def of(self, *key):
        return [(when, status) for plural, name, when, status in self.tries if (plural, name) == key]


def test_reports_that_are_refused_are_told_in_the_end(up, api):
    faults = {"conflict": [409, 409], "busy": [429], "failing": [500, 503]}
    everybody = ("one", "held", *faults)
    for name in everybody[1:]:
        api.apply(ingress(name))
    refusing = Refusing(api, faults, "held")
    p = up("--status-address", "203.0.113.7")
    said = lambda: f"{refusing.tries}\n{p.log()[-2000:]}"
    wait_for(said, lambda: refusing.of("ingresses", "held") and refusing.of("events", "held"))
    api.apply(ingress("late"))
    assert b"late.example.com" in p.settled()  # publishing goes on meanwhile
    assert all(status == 503 for plural in ("ingresses", "events") for _, status in refusing.of(plural, "held"))
    refusing.may.set()
    taken = lambda plural, name: [when for when, status in refusing.of(plural, name) if status == 200]
    both = [(plural, name) for plural in ("ingresses", "events") for name in (*everybody, "late")]
    wait_for(said, lambda: all(taken(*key) for key in both), 20)
    api.apply(ingress("behind"))  # whatever would be told again comes before this one
    wait_for(said, lambda: taken("ingresses", "behind") and taken("events", "behind"))
    assert all(len(taken(*key)) == 1 for key in both), said()
    for name in (*everybody, "late"):
        assert api.objects["ingresses"][f"shop/{name}"]["status"] == {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
    assert {e["involvedObject"]["name"]: e["count"] for e in api.events.values()} == {n: 1 + (n == "conflict") for n in (*everybody, "late", "behind")}
    for plural, name in both:  # with time between; that an Event is there already is no fault
        tries = refusing.of(plural, name)
        for (before, status), (after, _) in zip(tries, tries[1:]):
            assert after - before > (0.9 if status == 429 else 0.2) or (plural, name, before) == ("events", "conflict", tries[0][0]), said()
