"""Processes are killed, stopped and cut off at random under a stream of edits; the end state must be the same."""
import os
import random
import signal
import time

import pytest
from pipeline import Cutter, Edits, Pipeline, Reader, Rooms, fill, free_port, rejected_owners, wait_for

N = 60
ROOMS = ["watcher", "resolver", "translator", "publisher"]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_kill_9_of_anything(sluice, tmp_path, workers):
    folder = tmp_path / "in"
    fill(folder, N)
    dice, edits = random.Random(workers), Edits(folder, N, seed=workers)
    with Pipeline(sluice, tmp_path, folder, workers=workers) as p:
        p.settled(20)
        reader = Reader(p.out, {f"https://app-{i}.example.com" for i in range(N)})
        reader.start()
        for _ in range(25):
            for _ in range(dice.randrange(8)):
                edits.step()
            p.kill(dice.choice(ROOMS))
            wait_for("the pipeline is being put together again", lambda: len(p.children()) == 4 + workers, 10)
        edits.mend()
        p.settled(5)
        reader.stop()
        assert not rejected_owners(p.log()), rejected_owners(p.log())


def test_frozen_processes_lose_nothing(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, N)
    edits = Edits(folder, N, seed=7)
    with Pipeline(sluice, tmp_path, folder, workers=2) as p:
        p.settled(20)
        for room in ROOMS:
            (pid, *_) = p.children(room)
            os.kill(pid, signal.SIGSTOP)
            for _ in range(10):
                edits.step()
            wait_for("the others noticed that it is silent", lambda: time.monotonic() % 1 < 0.1, 3)
            os.kill(pid, signal.SIGCONT)
        edits.mend()
        p.settled(5)
        assert not rejected_owners(p.log())


class CutRooms(Rooms):
    """Over tcp, every connection through a proxy that can cut it."""

    def __init__(self, build, tmp, folder, workers):
        ports = {link: free_port() for link in ("objects", "jobs", "configs", "state")}
        self.cutters = {link: Cutter(port) for link, port in ports.items()}
        near = {link: f",ipc://{tmp}/run/{link}" for link in ("jobs", "configs")}  # for the settings, which go nowhere else
        bind = lambda *links: [a for link in links for a in (f"--{link}-endpoint", f"tcp://127.0.0.1:{ports[link]}{near.get(link, '')}")]
        far = lambda *links: [a for link in links for a in (f"--{link}-endpoint", f"tcp://127.0.0.1:{self.cutters[link].port}")]
        super().__init__(build, tmp, folder, workers, publisher=bind("configs", "state"), resolver=bind("objects", "jobs") + far("state"),
                         watcher=far("objects"), translator=far("jobs", "configs"), settings=[])

    def __exit__(self, *failure):
        super().__exit__(*failure)
        for cutter in self.cutters.values():
            cutter.close()


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_cut_connections(sluice, build, tmp_path, workers):
    folder = tmp_path / "in"
    fill(folder, N)
    dice, edits = random.Random(workers), Edits(folder, N, seed=workers + 100)
    with CutRooms(build, tmp_path, folder, workers) as rooms:
        rooms.settled(sluice, folder, 20)
        reader = Reader(rooms.out, {f"https://app-{i}.example.com" for i in range(N)})
        reader.start()
        for _ in range(25):
            for _ in range(dice.randrange(8)):
                edits.step()
            time.sleep(dice.random() * 0.2)  # not a wait for anything: the moments of the cuts are spread
            rooms.cutters[dice.choice(list(rooms.cutters))].cut()
        edits.mend()
        rooms.settled(sluice, folder, 5)
        reader.stop()
    assert not rejected_owners(rooms.log())
