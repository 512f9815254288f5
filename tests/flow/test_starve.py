"""One tenant that wants all translators for itself: what it gets, in jobs and in order. How long others wait is in `make bench`."""
import contextlib
import itertools
import re
import signal
import subprocess
import threading

import pytest
import zmq
from curve import CurveRooms
from hostile import SHAPES, ingress, put, service
from peer import BUNDLE, TRANSLATOR, Peer
from pipeline import Pipeline, Rooms, app, fill, read, wait_for, write
from test_hostile import memory_mb, with_crashing_translator
from web import socket_file, value

N_INNOCENT = 10
MEMORY_MB = 400


class Tap:
    """Who sent what about which owner, from `sluice tap`; a tap that hears too much misses lines."""

    def __init__(self, sluice, run_dir, *filters):
        self.lines = []
        self.process = subprocess.Popen([sluice, "tap", "--json", "--run-dir", str(run_dir), *filters], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")), daemon=True).start()

    def sent(self, kind, owner):
        return sum(f"/out/{kind}/{owner}" in line for line in self.lines)

    def order(self, kind):
        """Owners of the messages of this kind, in their order."""
        return [match[1] for line in list(self.lines) if (match := re.search(rf"/out/{kind}/([^\"]+)", line))]

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


def rejections(log):
    return re.findall(r'msg="?rejected"? .*?owner=aaa/x .*', log)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_version_of_a_hostile_ingress_costs_one_look(sluice, tmp_path, shape):
    """It used to go out to the translators again and again, all of them, for good."""
    make, refuser, sentence = SHAPES[shape]
    folder = tmp_path / "in"
    fill(folder, N_INNOCENT)
    with Pipeline(sluice, tmp_path, folder, workers=2) as p:
        p.settled()
        tap = Tap(sluice, p.run_dir)
        wait_for("the tap hears", lambda: tap.lines, 20)
        for edit in range(3):
            put(folder, "hostile.yaml", make(edit))
            wait_for(lambda: p.log()[-3000:], lambda: len(rejections(p.log())) == edit + 1 or re.search(sentence, p.log()) and tap.sent("REJECT", "aaa/x") > edit, 60)
            write(folder / f"app-{edit}.yaml", app(f"app-{edit}", f"10.77.0.{edit + 1}"))
            wait_for("the others go on", lambda: f"10.77.0.{edit + 1}".encode() in read(p.out), 30)
        assert re.search(sentence, p.log()), p.log()[-3000:]
        assert tap.sent("REJECT", "aaa/x") == 3
        assert tap.sent("BUNDLE", "aaa/x") == (3 if refuser == "translator" else 0)
        assert tap.sent("CONFIG", "aaa/x") == 0
        assert "starting it again" not in p.log() and b"x.example.com" not in read(p.out)
        assert memory_mb(p) < MEMORY_MB
        tap.close()


# ---- turns ----

def stopped_worker(rooms):
    """The only one; what it holds stays where it is."""
    rooms.processes[3].send_signal(signal.SIGSTOP)
    return rooms.processes[3]


def test_a_namespace_with_thousands_waiting_holds_up_no_other(sluice, build, tmp_path):
    """Thousands of one namespace wait; of another one owner changes after them and goes out in one of the next turns."""
    folder, n = tmp_path / "in", 2000
    fill(folder, 2)
    crowd = lambda edit: "---\n".join(app(f"c-{i}", f"10.{edit}.{i // 250}.{i % 250 + 1}", namespace="crowd") for i in range(n))
    write(folder / "crowd.yaml", crowd(1))
    with Rooms(build, tmp_path, folder, 1) as rooms:
        rooms.settled(sluice, folder, 60)
        tap, edits = Tap(sluice, rooms.run_dir, "BUNDLE"), itertools.count(1)
        wait_for("the tap hears", lambda: write(folder / "app-0.yaml", app("app-0", f"10.66.0.{next(edits) % 250 + 1}")) or tap.lines, 20)
        worker = stopped_worker(rooms)
        waiting = lambda: value(socket_file(rooms.run_dir, "resolver"), "sluice_resolver_jobs", state="waiting")
        write(folder / "crowd.yaml", crowd(2))
        wait_for("they wait", lambda: waiting() > n - 100, 30)
        write(folder / "app-1.yaml", app("app-1", "10.77.0.1"))
        before = waiting()
        wait_for("it waits too", lambda: waiting() > before or before > n - 64)
        held = tap.order("BUNDLE")
        worker.send_signal(signal.SIGCONT)
        rooms.settled(sluice, folder, 60)
        everybody = {"shop/app-1", *(f"crowd/c-{i}" for i in range(n))}
        wait_for("all of them", lambda: everybody <= set(tap.order("BUNDLE")), 30)
        # Two namespaces: of what goes out from now on it is the first or the second.
        place = tap.order("BUNDLE").index("shop/app-1") - len(held)
        assert place <= 2, place
        tap.close()


def test_a_crowd_with_one_key_gets_a_job_each_at_most(sluice, build, tmp_path):
    """Thirty peers that take what they can get and answer nothing: who has answered nothing gets one job, and one a second and key."""
    folder = tmp_path / "in"
    fill(folder, N_INNOCENT)
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        crowd = []
        for _ in range(30):  # one after the other: so many strangers at once would be shut down in the handshake
            crowd.append(Peer(context, rooms.jobs, TRANSLATOR, rooms.pairs[1], rooms.server_pub, holds=True))
            assert crowd[-1].hello(credit=1 << 20, seconds=10)
        taken = {i: 0 for i in range(30)}
        done = threading.Event()

        def take():
            while not done.is_set():
                for i, peer in enumerate(crowd):
                    taken[i] += sum(kind == BUNDLE for kind, _ in peer.listen(0.01))
        thread = threading.Thread(target=take)
        thread.start()
        for edit in range(5):
            for i in range(N_INNOCENT):
                write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.78.{edit}.{i + 1}"))
        rooms.settled(sluice, folder, 60)
        done.set()
        thread.join()
        for peer in crowd:
            peer.socket.close()
        assert max(taken.values()) <= 1, taken


# ---- who ends, or never ends ----

def with_limit(process, mebibytes):
    subprocess.run(["prlimit", f"--pid={process}", f"--as={int(mebibytes * (1 << 20))}"], check=True)


def set_aside(pipeline):
    return re.findall(r'"owner set aside: it crashes translators, or holds them up" owner=(\S+) again_minutes=(\d+)', pipeline.log())


@contextlib.contextmanager
def expect_set_aside(sluice, p, folder, owner):
    """After at most three jobs, two of them alone; whoever else was there goes on."""
    tap = Tap(sluice, p.run_dir)
    wait_for("the tap hears", lambda: tap.lines, 20)
    yield
    wait_for(lambda: p.log()[-3000:], lambda: set_aside(p) == [(owner, "1")], 60)
    wait_for(lambda: p.log()[-3000:], lambda: re.search(rf"rejected.*{owner}.*has crashed two translators, or held them up", p.log()), 20)
    for i in range(N_INNOCENT):
        write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.79.0.{i + 1}"))
    wait_for("the others go on", lambda: read(p.out).count(b"10.79.0.") == N_INNOCENT, 30)
    assert 2 <= tap.sent("BUNDLE", owner) <= 3, tap.sent("BUNDLE", owner)
    assert tap.sent("REJECT", owner) == 1
    assert not re.search(rf"set aside.*owner=(?!{owner} )", p.log())
    tap.close()


def test_a_translator_without_memory(sluice, tmp_path):
    """Its owner is set aside, and the others go on."""
    folder = tmp_path / "in"
    fill(folder, N_INNOCENT)
    with Pipeline(sluice, tmp_path, folder, workers=2, env={"MALLOC_ARENA_MAX": "1"}) as p:  # else each thread reserves some
        p.settled()
        # Room for a small Ingress, none for a large one; those that are started anew inherit it.
        size = max(int(re.search(r"VmPeak:\s+(\d+)", open(f"/proc/{pid}/status").read())[1]) for pid in p.children("translator")) / 1024
        for pid in [*p.children("translator"), p.process.pid]:
            with_limit(pid, size + 6)
        with expect_set_aside(sluice, p, folder, "aaa/x"):
            put(folder, "hostile.yaml", [service("x"), ingress("x", 0, 9000, {"description": "x" * 1000})])
        assert p.log().count("out of memory") in (2, 3)


def test_a_translator_that_never_ends(build, tmp_path):
    """It ends itself when one bundle has taken two seconds of its CPU."""
    folder = tmp_path / "in"
    fill(folder, N_INNOCENT)
    sluice = with_crashing_translator(build, tmp_path / "bin")
    with Pipeline(sluice, tmp_path, folder, workers=2, env={"SPIN_ON": "spinner"}) as p:
        p.settled()
        with expect_set_aside(sluice, p, folder, "shop/spinner"):
            write(folder / "spinner.yaml", app("spinner"))
        assert p.log().count("one bundle has taken too much CPU") in (2, 3)
