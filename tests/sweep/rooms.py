"""The rooms of a pipeline as processes of their own, between servers of the tests."""
import os
import pathlib
import signal
import subprocess
import threading

BUILD = pathlib.Path(__file__).parent.parent.parent / os.environ.get("BUILD", "build")
ROOMS = ("publisher", "resolver", "translator", "settings", "watcher")
LEASE_S = 1


class Rooms:
    """The rooms, and the wire between them if there is one; who ends is started again, as `sluice up` does."""

    def __init__(self, tmp, api, sink, wire):
        self.tmp, self.ending, self.processes, self.lock = tmp, False, {}, threading.Lock()
        tmp.mkdir(exist_ok=True)
        (tmp / "run").mkdir(mode=0o700)
        self.log = open(tmp / "log", "ab")
        cluster = ["--kubeconfig", str(api.kubeconfig())]
        endpoints = wire.endpoints if wire else lambda *_: []
        self.args = {
            "publisher": ["--databroker-service-url", sink.url, "--lease-duration", f"{LEASE_S}s", "--publish-interval", "20ms"],
            "resolver": endpoints("state"),
            "watcher": [*cluster, "--api-backoff", "50ms", *endpoints("objects")],
            "translator": endpoints("jobs", "configs"),
            "settings": ["--settings"],  # past the wire: behind it all translators are one process, and the Pomerium object goes to one of its own
        }
        self.env = {**os.environ, "SHARED_SECRET": sink.secret}

    def __enter__(self):
        for room in ROOMS:
            self.start(room)
        return self

    def __exit__(self, *_):
        with self.lock:
            self.ending = True
            for process in self.processes.values():
                process.kill()
        for process in self.processes.values():
            process.wait()
        self.log.close()

    def start(self, room):
        with self.lock:
            if not self.ending:
                command = [str(BUILD / f"sluice-{room.replace('settings', 'translator')}"), "--run-dir", str(self.tmp / "run"), *self.args[room]]
                self.processes[room] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.env)

    def kill(self, room, again_s=0):
        self.processes[room].kill()
        self.processes[room].wait()
        later(again_s, self.start, room)

    def end(self, room):
        self.processes[room].terminate()
        self.processes[room].wait()
        self.start(room)

    def freeze(self, room, seconds):
        process = self.processes[room]
        process.send_signal(signal.SIGSTOP)
        later(seconds, process.send_signal, signal.SIGCONT)

    def says(self, text):
        return text in (self.tmp / "log").read_text(errors="replace")


def later(seconds, function, *args, **more):
    """On a thread of its own, unless it is now."""
    if seconds:
        threading.Timer(seconds, function, args, more).start()
    else:
        function(*args, **more)
