"""The web server of a process: asks over its socket file or over TCP, reads Prometheus' text format."""
import http.client
import json
import re
import socket

from pipeline import is_for_settings, wait_for


class _Local(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def socket_file(run_dir, room, pid=None):
    """Of a process that is there (the only one of the room but for the translator of the settings, or that one), or None."""
    found = sorted(run_dir.glob(f"web-{room}-{pid or '*'}"), key=lambda path: (not is_for_settings(path.name.split("-")[2]), path))
    return found[-1] if found else None


def ask(where, path, method="GET", timeout=5):
    """(status, headers, body) from a socket file or a TCP port; status 0: nobody is there, or it says nothing in time."""
    client = http.client.HTTPConnection("127.0.0.1", where, timeout=timeout) if isinstance(where, int) else _Local(where, timeout)
    try:
        client.request(method, path)
        answer = client.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8")
    except (OSError, http.client.HTTPException):
        return 0, {}, ""
    finally:
        client.close()


SERIES = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"(?:,(?=[^}]))?)*\})? (\S+)')


def parse(text):
    """{series as written: number}; every line has to be of the format."""
    series, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} has two TYPE lines"
            types[name] = kind
            continue
        found = SERIES.fullmatch(line)
        assert found, f"not a series: {line!r}"
        assert line.rsplit(" ", 1)[0] not in series, f"twice: {line}"
        base = re.sub(r"_(bucket|sum|count)$", "", found[1])
        assert found[1] in types or types.get(base) == "histogram", f"no TYPE before {line!r}"
        series[line.rsplit(" ", 1)[0]] = float(found[3])
    return series


def metrics(where, timeout=5):
    status, headers, body = ask(where, "/metrics", timeout=timeout)
    assert status == 200, (where, status)
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return parse(body)


def value(where, name, **labels):
    """The only series of that name whose labels are these (and others)."""
    found = [n for s, n in metrics(where).items()
             if s.split("{")[0] == name and all(f'{k}="{v}"' in s for k, v in labels.items())]
    assert len(found) == 1, f"{len(found)} series {name} {labels}"
    return found[0]


def wait_for_status(where, path, status, seconds=10.0):
    """Waits until the path answers with this status; returns the body. `where` may be a function that finds it."""
    def answer():
        place = where() if callable(where) else where
        return ask(place, path) if place is not None else (0, {}, "")
    wait_for(lambda: f"{path} says {answer()}, not {status}", lambda: answer()[0] == status, seconds)
    return answer()[2]


def json_of(where, path):
    status, _, body = ask(where, path, timeout=60)
    return status, json.loads(body)
