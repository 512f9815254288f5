"""`sluice metrics`: one text, and one set of probes, of all processes of a pipeline."""
import http.server
import os
import signal
import subprocess
import threading

import pytest
from pipeline import Pipeline, fill, free_port, wait_for
from web import ask, parse

ROOMS = ("watcher", "resolver", "translator", "publisher")


@pytest.fixture(scope="module")
def pipeline(sluice, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("gather")
    fill(tmp / "in", 3)
    with Pipeline(sluice, tmp, tmp / "in", workers=2) as p:
        p.settled()
        yield p


class Server:
    """`sluice metrics` on two ports of its own."""

    def __init__(self, sluice, run_dir, *args):
        self.metrics, self.probes = free_port(), free_port()
        self.command = [sluice, "metrics", "--run-dir", str(run_dir), "--metrics-bind-address", f"127.0.0.1:{self.metrics}",
                        "--health-probe-bind-address", f"127.0.0.1:{self.probes}", *args]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        wait_for("it listens", lambda: ask(self.probes, "/healthz")[0] == 200)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(10) == 0


def once(sluice, run_dir, *args):
    return subprocess.run([sluice, "metrics", "--run-dir", str(run_dir), *args], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def test_every_room_is_in_it_and_promtool_finds_nothing(sluice, pipeline):
    done = once(sluice, pipeline.run_dir)
    assert done.returncode == 0, done.stderr
    series = parse(done.stdout)
    for room in ROOMS[:2] + ROOMS[3:]:
        assert series[f'sluice_ready{{room="{room}"}}'] == 1 and series[f'sluice_gathered{{room="{room}"}}'] == 1
        assert series[f'process_open_fds{{room="{room}"}}'] > 0
    for pid in pipeline.children("translator"):
        assert series[f'sluice_ready{{pid="{pid}",room="translator"}}'] == 1
    assert series['sluice_publisher_routes{room="publisher"}'] == 3
    checked = subprocess.run(["promtool", "check", "metrics"], input=done.stdout, capture_output=True, text=True)
    assert checked.returncode == 0 and not checked.stdout + checked.stderr


def test_served_anew_at_each_scrape(sluice, pipeline):
    with Server(sluice, pipeline.run_dir) as server:
        status, headers, text = ask(server.metrics, "/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert parse(text)['sluice_publisher_routes{room="publisher"}'] == 3
        fill(pipeline.folder, 1, start=90)
        wait_for("the fourth route is counted", lambda: parse(ask(server.metrics, "/metrics")[2])['sluice_publisher_routes{room="publisher"}'] == 4)
        assert ask(server.metrics, "/metrics", "HEAD")[0] == 200
        assert ask(server.metrics, "/metrics", "POST")[0] == 405
        assert ask(server.metrics, "/readyz")[0] == 404 and ask(server.probes, "/metrics")[0] == 404


def test_probes_speak_for_all(sluice, pipeline):
    with Server(sluice, pipeline.run_dir) as server:
        for path in ("/readyz", "/startupz", "/healthz"):
            assert ask(server.probes, path)[::2] == (200, "ok\n")
        (publisher,) = pipeline.children("publisher")
        os.kill(publisher, signal.SIGSTOP)
        try:
            status, _, said = ask(server.probes, "/readyz")
            assert status == 503 and said.startswith("publisher: it does not answer")
            assert ask(server.probes, "/healthz")[0] == 200
            series = parse(ask(server.metrics, "/metrics", timeout=15)[2])
            assert series['sluice_gathered{room="publisher"}'] == 0 and series['sluice_gathered{room="watcher"}'] == 1
        finally:
            os.kill(publisher, signal.SIGCONT)
        wait_for("it is ready again", lambda: ask(server.probes, "/readyz")[0] == 200)


def test_nobody_runs(sluice, tmp_path):
    done = once(sluice, tmp_path)
    assert done.returncode == 3 and "no pipeline runs" in done.stderr and done.stderr.count("\n") == 1
    with Server(sluice, tmp_path) as server:
        status, _, said = ask(server.probes, "/readyz")
        assert status == 503 and sorted(said.splitlines()) == sorted(f"{room}: it does not run" for room in ROOMS)
        assert ask(server.metrics, "/metrics")[0] == 200


def test_pomerium_comes_as_it_is(sluice, pipeline):
    text = "# HELP envoy_up x\n# TYPE envoy_up gauge\nenvoy_up{room=\"own\",b=\"}\"} 1\n# TYPE process_open_fds gauge\nprocess_open_fds 77\n"

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass
    port = free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{port}/metrics"
    series = parse(once(sluice, pipeline.run_dir, "--pomerium-metrics-url", url).stdout)
    assert series['envoy_up{room="own",b="}"}'] == 1 and series["process_open_fds"] == 77 and series['process_open_fds{room="watcher"}'] > 0
    server.shutdown()
    server.server_close()
    series = parse(once(sluice, pipeline.run_dir, "--pomerium-metrics-url", url).stdout)
    assert series['sluice_gathered{room="pomerium"}'] == 0 and series['sluice_gathered{room="publisher"}'] == 1


def test_many_slow_clients_and_one_that_asks(sluice, pipeline):
    with Server(sluice, pipeline.run_dir) as server:
        import socket
        slow = [socket.create_connection(("127.0.0.1", server.metrics)) for _ in range(60)]
        assert ask(server.metrics, "/metrics")[0] == 200
        for s in slow:
            s.close()


def test_usage(sluice, tmp_path):
    for args in (["--metrics-bind-address", "nonsense"], ["--health-probe-bind-address", ":99999"], ["extra"]):
        done = once(sluice, tmp_path, *args)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
