"""Folders with CURVE keys, as Kubernetes mounts them: files that are symbolic links through ..data, swapped as a whole."""
import os
import shutil

import zmq
from pipeline import Rooms, free_port
from web import socket_file, value


class Keys:
    """One folder of --curve-dir."""

    def __init__(self, folder):
        self.folder, self.n, self.files = folder, 0, {}
        folder.mkdir()

    def put(self, **files):
        """server_key="...", clients_pub=[...]: new contents, all at one moment; None takes a file away."""
        self.files.update(files)
        self.n += 1
        fresh = self.folder / f"..{self.n}"
        fresh.mkdir()
        for name, keys in self.files.items():
            if keys is not None:
                path = fresh / name.replace("_", ".")
                path.write_text("\n".join([keys] if isinstance(keys, str) else keys) + "\n")
                path.chmod(0o600)
                link = self.folder / path.name
                if not link.is_symlink():
                    link.symlink_to(f"..data/{path.name}")
        swap = self.folder / "..data_tmp"
        swap.symlink_to(fresh.name)
        os.replace(swap, self.folder / "..data")
        shutil.rmtree(self.folder / f"..{self.n - 1}", ignore_errors=True)
        return self


def pair():
    """(public, secret)"""
    return tuple(key.decode() for key in zmq.curve_keypair())


class CurveRooms(Rooms):
    """Watcher, resolver and publisher on ipc, and ends on tcp with CURVE for translators from elsewhere."""

    def __init__(self, build, tmp, folder, n_keys=1, pod=None, others=()):
        """`pod`: the files of its folder, if others than those made here. `others`: more lines of clients.pub."""
        self.server_pub, self.server_key = pair()
        self.pairs = [pair() for _ in range(n_keys)]
        self.pod = Keys(tmp / "pod").put(**(pod or {"server_key": self.server_key, "clients_pub": ["# who may connect", *(p for p, _ in self.pairs), *others]}))
        self.elsewhere = []
        self.objects, self.jobs, self.configs, self.state = (f"tcp://127.0.0.1:{free_port()}" for _ in range(4))
        near = lambda link: ["--" + link + "-endpoint", f"{getattr(self, link)},ipc://{tmp}/run/{link}"]
        keys = ["--curve-dir", str(self.pod.folder)]
        self.tmp = tmp
        super().__init__(build, tmp, folder, 0, resolver=[*keys, *near("objects"), *near("jobs"), "--state-endpoint", f"ipc://{tmp}/run/state"],
                         publisher=[*keys, *near("configs"), *near("state")])

    def worker(self, i=0, server_pub=None, keys=None, files=None):
        """A translator elsewhere, with a folder of its own for its keys; returns both."""
        folder = Keys(self.tmp / f"elsewhere-{len(self.elsewhere)}")
        folder.put(**(files or {"server_pub": server_pub or self.server_pub, "client_key": (keys or self.pairs[i])[1]}))
        self.elsewhere.append(folder)
        return self.start("translator", "--curve-dir", str(folder.folder), "--jobs-endpoint", self.jobs, "--configs-endpoint", self.configs), folder

    def refused(self):
        """Connections that the resolver has refused on account of their keys, from its metrics."""
        return value(socket_file(self.run_dir, "resolver"), "sluice_peers_refused_total", reason="key")

    def dealer(self, context, endpoint, keys=None, server_pub=None):
        """A peer of our own; without keys it speaks in clear."""
        s = context.socket(zmq.DEALER)
        s.setsockopt(zmq.LINGER, 0)
        if keys:
            s.curve_publickey, s.curve_secretkey = (k.encode() for k in keys)
            s.curve_serverkey = (server_pub or self.server_pub).encode()
        s.connect(endpoint)
        return s
