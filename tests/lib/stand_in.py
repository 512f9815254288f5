"""A Pomerium that `sluice` starts itself: the program tests/fakes/pomerium, which is a databroker too."""
import json
import os
import pathlib

from databroker import ROOT, Databroker, binary
from pipeline import Pipeline

PROGRAM = ROOT / "tests/fakes/pomerium/pomerium"


class StandIn(Databroker):
    """Its databroker is asked as any other; who starts it gets `env`."""

    def __init__(self, tmp):
        super().__init__(tmp)
        self.tmp = self.tmp.resolve()
        os.symlink(binary(), self.tmp / "databroker")
        os.symlink(ROOT / "common/pb/wire-schema.tsv", self.tmp / "schema")
        (self.tmp / "control").write_text(str(self.control))
        self.drain(0)
        self.env = {"STAND_IN": str(self.tmp), "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "GRPC_ADDR": f"127.0.0.1:{self.port}"}

    def drain(self, seconds):
        (self.tmp / "drain").write_text(str(seconds))

    def events(self, kind=None):
        path = self.tmp / "events"
        found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [e for e in found if kind in (None, e["event"])]

    def left(self):
        """Processes that are still there: of it, and of those that it started."""
        found = []
        for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"STAND_IN={self.tmp}\0".encode() in environ.read_bytes() and "Z" not in (environ.parent / "stat").read_text().rsplit(")", 1)[1].split()[0]:
                    found.append((int(environ.parent.name), (environ.parent / "comm").read_text().strip()))
            except OSError:
                continue
        return found


class Whole(Pipeline):
    """`sluice up --pomerium`, or another verb that starts one."""

    def __init__(self, sluice, tmp, folder, stand_in, *args, verb="up", env=None):
        tmp.mkdir(exist_ok=True)
        super().__init__(sluice, tmp, folder, env={**stand_in.env, **(env or {})})
        program = ["--pomerium", str(PROGRAM)] if verb == "up" else []
        self.stand_in = stand_in
        self.args = [sluice, verb, "-f", str(folder), "--run-dir", str(self.run_dir), *program, *args]
