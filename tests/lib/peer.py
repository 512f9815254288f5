"""A peer of our own that speaks the protocol of the rooms, as an honest room would or not."""
import random
import time

import msgpack
import zmq

VERSION = 3
(HELLO, HEARTBEAT, CREDIT, RESYNC, OBJECT_PUT, OBJECT_DELETE, KIND_STATE, SECRET_WANTED, SECRET_VALUE, SECRET_PUT, BUNDLE, CONFIG, REJECT, DELETE,
 INVENTORY, FLUSHED, ACK, ADDRESSES, TICKET_KEY, CLASSES) = range(1, 21)
WATCHER, RESOLVER, TRANSLATOR, PUBLISHER = range(1, 5)
INGRESS, POMERIUM = 1, 7
BEAT_S = 0.25
PART_MAX = 256 << 10


def pack(x):
    return msgpack.packb(x, use_bin_type=True)


def unpack(frame):
    """Text stays bytes: values of Secrets may be anything."""
    return msgpack.unpackb(frame, raw=True, strict_map_key=False, max_bin_len=1 << 26, max_str_len=1 << 26, max_array_len=1 << 22)


class Peer:
    """A DEALER that says it is of `room`. Credit for what it takes goes back at once, unless `holds`."""

    def __init__(self, context, endpoint, room, keys=None, server_pub=None, epoch=None, holds=False, settings=False):
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        if keys:
            self.socket.curve_publickey, self.socket.curve_secretkey = (k.encode() for k in keys)
            self.socket.curve_serverkey = server_pub.encode()
        self.socket.connect(endpoint)
        self.room, self.holds, self.settings = room, holds, settings
        self.epoch = epoch or random.getrandbits(63) | 1
        self.session = self.seq = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def put(self, frame):
        """In parts. Who is not let in has nobody to send to."""
        parts = [frame[at:at + PART_MAX] for at in range(0, len(frame), PART_MAX)]
        try:
            self.socket.send_multipart(parts or [b""], zmq.NOBLOCK)
        except zmq.Again:
            pass

    def say(self, kind, body):
        """Without a number."""
        self.put(pack([kind, 0, body]))

    def send(self, kind, body):
        self.seq += 1
        self.put(pack([kind, self.seq, 0, body]))

    def receive(self, seconds):
        """(kind, body), or None."""
        if not self.socket.poll(int(seconds * 1000)):
            return None
        kind, seq, *_, body = unpack(b"".join(self.socket.recv_multipart()))
        if seq and not self.holds:
            self.say(CREDIT, [1])
        return kind, body

    def hello(self, credit=256, seconds=3.0):
        """The HELLO that answers, or None."""
        self.session += 1
        self.seq = 0
        self.say(HELLO, [VERSION, self.room, self.epoch, credit, self.session, self.settings])
        return next((body for kind, body in self.listen(seconds) if kind == HELLO), None)

    def listen(self, seconds):
        """What comes in that time, as it comes; heartbeats go out meanwhile."""
        end, beat = time.monotonic() + seconds, 0.0
        while (now := time.monotonic()) < end:
            if now >= beat and self.session:
                self.say(HEARTBEAT, [self.seq])
                beat = now + BEAT_S
            message = self.receive(0.02)
            if message:
                yield message

    def wait_for(self, kind, seconds=5.0):
        """The next body of that kind."""
        found = next((body for k, body in self.listen(seconds) if k == kind), None)
        assert found is not None, f"no message {kind} within {seconds} s"
        return found


# ---- what an honest translator says, or would ----

def varint(n):
    out = b""
    while n > 0x7f:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def field(number, value):
    """Of a protobuf message: text or bytes."""
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def route(host, to, name="r"):
    return field(2, f"https://{host}") + field(3, to) + field(7, "/") + field(28, name)


def config(bundle, *routes, settings=b"", splices=(), certificates=(), owner=None, stamp=None, ticket=None):
    """A CONFIG that answers this BUNDLE."""
    kind, namespace, name = bundle[1]
    return [ticket or bundle[0], owner or [kind, namespace.decode(), name.decode()], stamp or bundle[2], [], [], [[None, b""]], [[0, None, r] for r in routes], settings, b"", [list(s) for s in splices], [[c] for c in certificates], [], False, [], None, None]
