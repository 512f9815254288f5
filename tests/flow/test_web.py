"""The web server in every process: paths and doors, addresses, who is slow or hostile, readiness."""
import os
import socket
import stat
import subprocess
import time

from pipeline import Pipeline, Rooms, app, fill, free_port, wait_for, write
from web import ask, json_of, metrics, socket_file, value, wait_for_status

ROOMS = ("watcher", "resolver", "publisher", "translator")
PROBES = ("/healthz", "/readyz", "/startupz")


def free_ports(n):
    """The first of n free ports in a row."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + n):
                socket.create_server(("127.0.0.1", port)).close()
            return first
        except OSError:
            continue


def test_the_socket_file(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        for room in ROOMS:
            where = socket_file(p.run_dir, room)
            assert stat.S_IMODE(where.stat().st_mode) == 0o600
            for path in PROBES:
                assert ask(where, path)[::2] == (200, "ok\n"), (room, path)
            assert value(where, "sluice_build_info", room=room, protocol="3") == 1
            assert value(where, "process_resident_memory_bytes") > 1 << 20
            assert 5 < value(where, "process_open_fds") < 100
            status, headers, page = ask(where, "/")
            assert status == 200 and headers["Content-Type"].startswith("text/html") and f"sluice-{room}" in page
            assert ask(where, "/no/such")[0] == 404
            assert json_of(where, "/explain?kind=Nothing&name=x")[0] in (400, 404)
            status, headers, body = ask(where, "/metrics", "HEAD")
            assert status == 200 and body == "" and int(headers["Content-Length"]) > 1000
            assert ask(where, "/metrics", "POST")[0] == 405
        resolver = socket_file(p.run_dir, "resolver")
        assert value(resolver, "sluice_messages_received_total", type="OBJECT_PUT") >= 10
        assert value(resolver, "sluice_messages_sent_total", type="BUNDLE") >= 3
        assert value(resolver, "sluice_peers", link="jobs") == 2
        # a killed process leaves its file; the next one of the room sweeps it, and a clean end leaves none
        old = resolver.name
        assert p.kill("resolver")
        wait_for("the old file is swept", lambda: old not in os.listdir(p.run_dir) and socket_file(p.run_dir, "resolver"))
    assert not [f for f in os.listdir(p.run_dir) if f.startswith("web-")]


def test_addresses(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    first, probes = free_ports(5), free_ports(5)
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--metrics-bind-address", f"127.0.0.1:{first}",
                  "--health-probe-bind-address", f"[::1]:{probes}" if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6") else f":{probes}",
                  workers=2) as p:
        p.settled()
        for i, room in enumerate((*ROOMS, "translator")):
            assert value(first + i, "sluice_build_info", room=room) == 1
            assert ask(first + i, "/")[0] == 200
            for path in (*PROBES, "/dump", "/explain?kind=Ingress&namespace=shop&name=app-0"):
                assert ask(first + i, path)[0] == 404, path
    same = free_ports(4)
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--metrics-bind-address", f":{same}", "--health-probe-bind-address", f":{same}") as p:
        for i in range(4):
            wait_for_status(same + i, "/readyz", 200)
            assert metrics(same + i)


def test_addresses_that_cannot_be(build, sluice, tmp_path):
    def status(program, *args):
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=20, cwd=tmp_path)
        return done.returncode, done.stderr

    up = [sluice, "up", "-f", str(tmp_path), "--out", "out"]
    for bad in ("9090", ":0", ":70000", "::1:9090", "localhost:9090", "[::1:9090", "127.0.0.1:", ":9090x", "10.0.0.300:9090"):
        for program in (str(build / "sluice-translator"), *([up[0]] if bad == "9090" else [])):
            args = up[1:] if program == sluice else []
            code, text = status(program, *args, "--metrics-bind-address", bad)
            assert code == 2 and "--metrics-bind-address" in text and bad in text and ":9090" in text, text
    code, text = status(*up, "--metrics-bind-address", ":9090", "--health-probe-bind-address", ":9091")
    assert code == 2 and "apart" in text
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = status(str(build / "sluice-translator"), "--run-dir", str(tmp_path / "r"), "--health-probe-bind-address", f"127.0.0.1:{port}")
        assert code == 111 and f"port {port} cannot be listened on" in text


def test_who_is_slow_or_hostile_waits_alone(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    first = free_ports(4)
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--metrics-bind-address", f"127.0.0.1:{first}") as p:
        p.settled()
        port = first + ROOMS.index("publisher")
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        for i, s in enumerate(slow):
            s.sendall((b"GET /metrics HTT", b"", b"GET /metrics HTTP/1.1\r\nX: ", b"\0" * 100)[i % 4])
        # there is always a place for who asks at once, and the room goes on
        for i in range(3):
            begun = time.monotonic()
            assert metrics(port)
            write(tmp_path / "in/app-0.yaml", app("app-0", f"10.4.4.{i + 1}"))
            p.settled(5)
            assert time.monotonic() - begun < 5
        # who asks and does not read the answer
        deaf = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for s in deaf:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        assert metrics(port)
        # headers without end, and a request line without end
        for start in (b"GET /metrics HTTP/1.1\r\n", b"GET /"):
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.settimeout(10)
                answer = b""
                try:
                    s.sendall(start)
                    for _ in range(64):
                        s.sendall(b"X" * 1000 + (b": y\r\n" if start.endswith(b"\n") else b""))
                    answer = s.recv(100)
                except OSError:
                    pass
                assert answer == b"" or answer[9:12] in (b"413", b"414", b"431", b"400"), answer
        # whoever has not asked within some seconds is sent away
        def is_closed(s):
            s.setblocking(False)
            try:
                return s.recv(1) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True
        wait_for("slow clients are sent away", lambda: all(is_closed(s) for s in slow), 15)
        assert value(port, "process_open_fds") < 150
        for s in slow + deaf:
            s.close()
        before = value(port, "process_open_fds")
        assert before < 100


def test_ready(build, sluice, tmp_path):
    fill(tmp_path / "in", 2)
    with Rooms(build, tmp_path, tmp_path / "in", 0) as rooms:
        def where(room):
            return lambda: socket_file(rooms.run_dir, room)
        rooms_of = dict(zip(("publisher", "resolver", "watcher"), rooms.processes))
        wait_for_status(where("publisher"), "/readyz", 503)
        wait_for(lambda: ask(where("publisher")(), "/readyz"), lambda: "2 of 3 owners have not arrived" in ask(where("publisher")(), "/readyz")[2])
        assert wait_for_status(where("publisher"), "/startupz", 503)
        wait_for_status(where("publisher"), "/healthz", 200)
        wait_for_status(where("resolver"), "/readyz", 200)
        wait_for_status(where("watcher"), "/readyz", 200)
        assert value(where("publisher")(), "sluice_ready") == 0
        translator = rooms.start("translator")
        wait_for_status(where("translator"), "/readyz", 200)
        wait_for_status(where("publisher"), "/readyz", 200)
        wait_for_status(where("publisher"), "/startupz", 200)
        assert value(where("publisher")(), "sluice_ready") == 1
        rooms.end(rooms_of["publisher"])
        assert "publisher is not connected" in wait_for_status(where("resolver"), "/readyz", 503)
        assert "publisher is not connected" in wait_for_status(where("translator"), "/readyz", 503)
        assert "connected" not in wait_for_status(where("watcher"), "/readyz", 200)
        rooms.start("publisher", "--out", str(rooms.out), "--format", "json")
        for room in ("resolver", "translator", "publisher"):
            wait_for_status(where(room), "/readyz", 200)
        rooms.end(rooms_of["resolver"])
        assert "resolver is not connected" in wait_for_status(where("watcher"), "/readyz", 503)
        assert "resolver is not connected" in wait_for_status(where("translator"), "/readyz", 503)
        assert translator.poll() is None
