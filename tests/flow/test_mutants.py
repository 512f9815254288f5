"""Frames that are almost right, of every message, from peers with and without a right to send them: no process ends, and the others go on."""
import collections
import pathlib
import random
import re

import msgpack
import pytest
import zmq
from curve import CurveRooms
from peer import HELLO, RESYNC, TRANSLATOR, WATCHER, RESOLVER, Peer
from pipeline import app, fill, read, wait_for, write

CORPUS = pathlib.Path(__file__).parent.parent / "fuzz/corpus/msg"
N, FRAMES = 5, 3000
ODD = [None, 0, 1, -1, 2**63, 2**64 - 1, -2**63, "", "\0", "é" * 40, "a" * 70000, b"", b"\xff" * 300, True, False, [], {}, {"a": b"b"}, [[]], "../../x", "a/b", 1.5,
       [None] * 100]


def templates():
    """(type, body) of a good frame of each message."""
    frames = [msgpack.unpackb(path.read_bytes(), raw=True, strict_map_key=False) for path in sorted(CORPUS.iterdir())]
    return [(frame[0], frame[-1]) for frame in frames]


class Mutator:
    def __init__(self, seed):
        self.dice = random.Random(seed)

    def value(self, x):
        """One part of it is something else."""
        if isinstance(x, list) and x and self.dice.random() < 0.75:
            y = list(x)
            i = self.dice.randrange(len(y))
            y[i] = self.value(y[i])
            if self.dice.random() < 0.05:
                y.insert(i, y[i])
            if self.dice.random() < 0.05:
                y.pop(i)
            return y
        return self.dice.choice([*ODD, x])

    def bytes(self, frame):
        frame = bytearray(frame)
        for _ in range(self.dice.randrange(1, 6)):
            i = self.dice.randrange(len(frame))
            way = self.dice.randrange(4)
            if way == 0:
                frame[i] ^= 1 << self.dice.randrange(8)
            elif way == 1:
                frame[i] = self.dice.randrange(256)
            elif way == 2:
                del frame[i:i + self.dice.randrange(1, 5)]
            else:
                frame[i:i] = self.dice.randbytes(self.dice.randrange(1, 5))
            if not frame:
                frame = bytearray(b"\x93")
        return bytes(frame)


def send_mutants(peer, mutator, n):
    """After each refusal the link starts over, so each of these is looked at."""
    good = templates()
    for _ in range(n):
        kind, body = mutator.dice.choice(good)
        peer.seq += 1
        whole = [kind, peer.seq, 0, mutator.value(body)]
        peer.put(msgpack.packb(whole, use_bin_type=True) if mutator.dice.random() < 0.6 else mutator.bytes(msgpack.packb([*whole[:3], body], use_bin_type=True)))
        message = peer.receive(0.001)
        if message and message[0] == RESYNC:
            peer.hello(credit=mutator.dice.choice([0, 1, 256, 1 << 20]), seconds=0.5)


@pytest.mark.parametrize("seed", [1, 2])
def test_mutants_of_every_message(sluice, build, tmp_path, seed):
    folder = tmp_path / "in"
    fill(folder, N)
    mutator = Mutator(seed)
    with CurveRooms(build, tmp_path, folder, n_keys=2) as rooms, zmq.Context() as context:
        rooms.worker(0)
        rooms.settled(sluice, folder, 20)
        sent = 0
        while sent < FRAMES:
            # By the links that its key is good for, as what it is and as what it is not.
            link, room = mutator.dice.choice([(rooms.jobs, TRANSLATOR), (rooms.configs, TRANSLATOR), (rooms.configs, RESOLVER), (rooms.jobs, WATCHER)])
            with Peer(context, link, room, rooms.pairs[1], rooms.server_pub) as peer:
                peer.hello(seconds=0.5)
                send_mutants(peer, mutator, 60)
            sent += 60
            assert not any(process.poll() for process in rooms.processes), rooms.log()[-3000:]
        for i in range(N):
            write(folder / f"app-{i}.yaml", app(f"app-{i}", f"10.80.{seed}.{i + 1}"))
        wait_for(rooms.log, lambda: read(rooms.out).count(f"10.80.{seed}.".encode()) == N, 60)
        rooms.settled(sluice, folder, 30)
        kinds = collections.Counter(re.findall(r"level=(?:warn|error) (?:room=\S+ )?msg=(\".*?\"|\S+)", rooms.log()))
        assert kinds and max(kinds.values()) < 200, f"a storm of log lines: {kinds.most_common(5)}"
