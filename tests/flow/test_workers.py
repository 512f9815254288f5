"""Workers join and leave: each takes its share and gives it back; nothing is lost, nothing doubled."""
import json
import signal
import threading

import pytest
import zmq
from pipeline import Cutter, Rooms, app, fill, free_port, read, rejected_owners, wait_for, write

N = 300


class Work(threading.Thread):
    """Counts the bundles and results of one worker, from its tap."""

    def __init__(self, rooms, worker):
        super().__init__(daemon=True)
        self.path = rooms.run_dir / f"tap-translator-{worker.pid}"
        self.seen, self.hears, self.stopping = [], threading.Event(), threading.Event()
        self.start()
        assert self.hears.wait(20), "the tap says nothing"

    def run(self):
        wait_for("the tap is there", self.path.exists, 20)
        with zmq.Context() as context, context.socket(zmq.SUB) as s:
            s.setsockopt(zmq.LINGER, 0)
            s.setsockopt(zmq.RCVHWM, 100_000)
            s.subscribe(b"")
            s.connect(f"ipc://{self.path}")
            while not self.stopping.is_set():
                if s.poll(50):
                    topic, line = s.recv_multipart()
                    self.hears.set()  # heartbeats too
                    _, way, kind, *rest = topic.decode().split("/")
                    if kind in ("BUNDLE", "CONFIG", "REJECT"):
                        body = json.loads(line)["message"]["body"]
                        self.seen.append((kind, rest[-1], tuple(body["stamp"].values())))

    def stamps(self, kind):
        return [stamp for k, _, stamp in self.seen if k == kind]

    def close(self):
        self.stopping.set()
        self.join()


def edit(folder, round_, names=range(N)):
    """One change of one object each, so one bundle each."""
    for i in names:
        write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.{round_}.{i // 250}.{i % 250 + 1}"))


def all_handled(works, n):
    """Each bundle was given once and answered once, whoever did it."""
    def done():
        return all(sum(len(w.stamps(kind)) for w in works) == n for kind in ("BUNDLE", "CONFIG"))
    wait_for(lambda: str([(len(w.stamps("BUNDLE")), len(w.stamps("CONFIG"))) for w in works]), done, 20)
    given = [s for w in works for s in w.stamps("BUNDLE")]
    assert len(set(given)) == n
    for w in works:
        assert w.stamps("CONFIG") == w.stamps("BUNDLE")
    assert not any(w.stamps("REJECT") for w in works)


def start(build, tmp_path, workers):
    fill(tmp_path / "in", N)
    return Rooms(build, tmp_path, tmp_path / "in", workers), tmp_path / "in"


def test_every_edit_exactly_once_and_in_fair_shares(sluice, build, tmp_path):
    rooms, folder = start(build, tmp_path, 3)
    with rooms:
        rooms.settled(sluice, folder, 20)
        works = [Work(rooms, p) for p in rooms.processes[3:]]
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)
        all_handled(works, N)
        names = [name for w in works for kind, name, _ in w.seen if kind == "BUNDLE"]
        assert sorted(names) == sorted(f"app-{i}" for i in range(N))
        assert min(len(w.stamps("BUNDLE")) for w in works) >= N / 15
        for w in works:
            w.close()


def test_who_joins_takes_a_share_and_who_leaves_gives_it_back(sluice, build, tmp_path):
    rooms, folder = start(build, tmp_path, 1)
    with rooms:
        rooms.settled(sluice, folder, 20)
        first = Work(rooms, rooms.processes[3])
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)
        all_handled([first], N)

        joined = rooms.start("translator")
        second = Work(rooms, joined)
        edit(folder, 2)
        rooms.settled(sluice, folder, 20)
        all_handled([first, second], 2 * N)
        assert len(second.stamps("BUNDLE")) >= N / 10
        second.close()

        rooms.end(joined)
        before = len(first.stamps("BUNDLE"))
        edit(folder, 3)
        rooms.settled(sluice, folder, 20)
        wait_for("the one that is left does all", lambda: len(first.stamps("CONFIG")) == before + N, 20)
        assert len(set(first.stamps("CONFIG"))) == before + N
        first.close()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
def test_who_leaves_in_the_middle_loses_nothing(sluice, build, tmp_path, sig):
    rooms, folder = start(build, tmp_path, 3)
    with rooms:
        rooms.settled(sluice, folder, 20)
        stays, *leave = rooms.processes[3:]
        works = [Work(rooms, p) for p in (stays, *leave)]
        edit(folder, 1, range(N // 2))
        for worker, work in zip(leave, works[1:]):
            wait_for("it works", lambda: work.stamps("BUNDLE"), 20)
            rooms.end(worker, sig)
        edit(folder, 1, range(N // 2, N))
        rooms.settled(sluice, folder, 10)
        for work in works:
            made = work.stamps("CONFIG")
            assert len(made) == len(set(made)), "the same bundle was answered twice"
            work.close()
        answered = [s for w in works for s in w.stamps("CONFIG")]
        assert len(answered) == len(set(answered)), "a stamp was given to two workers"
    assert not rejected_owners(rooms.log())


def test_a_worker_without_a_publisher_holds_nothing_up(sluice, build, tmp_path):
    """Its way to the publisher is broken from the start: it must not sit on bundles."""
    rooms, folder = start(build, tmp_path, 1)
    with rooms:
        rooms.settled(sluice, folder, 20)
        rooms.start("translator", "--configs-endpoint", f"tcp://127.0.0.1:{free_port()}")
        edit(folder, 1)
        rooms.settled(sluice, folder, 20)
    assert not rejected_owners(rooms.log())


def test_a_worker_whose_publisher_link_is_cut_again_and_again(sluice, build, tmp_path):
    fill(tmp_path / "in", N)
    port = free_port()
    cutter, near = Cutter(port), ["--configs-endpoint", f"tcp://127.0.0.1:{port}"]
    both = ["--configs-endpoint", f"ipc://{tmp_path}/run/configs,{near[1]}"]
    rooms, folder = Rooms(build, tmp_path, tmp_path / "in", 0, publisher=both), tmp_path / "in"
    with rooms:
        rooms.start("translator", *near)
        rooms.start("translator", "--configs-endpoint", f"tcp://127.0.0.1:{cutter.port}")
        rooms.settled(sluice, folder, 20)
        for n in range(5):
            edit(folder, n + 1, range(n * 50, n * 50 + 50))
            cutter.cut()
        rooms.settled(sluice, folder, 10)
        assert len(json.loads(read(rooms.out))["routes"]) == N
    cutter.close()
    assert not rejected_owners(rooms.log())
