"""`sluice record` and `sluice replay`: what was seen, in one file, without the values of Secrets."""
import base64
import json
import os
import re
import subprocess

from pipeline import Pipeline, Replay, app, certificate, fill, read, tls_secret, wait_for, write

HEADERS = "ingress.pomerium.io/set_request_headers_secret: headers"


def secret(value):
    return (f"apiVersion: v1\nkind: Secret\nmetadata: {{name: headers, namespace: shop}}\n"
            f"data: {{X-Token: {base64.b64encode(value.encode()).decode()}}}\n")


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def run(*args):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stderr


def recorded(sluice, tmp):
    """A recording of some edits, and what `sluice translate` made of their end."""
    folder = tmp / "in"
    fill(folder, 5)
    write(folder / "secret.yaml", secret("Bearer first-token-123"))
    certificate(tmp, "app-0.example.com")
    write(folder / "tls.yaml", tls_secret(tmp, "tls"))
    write(folder / "app-0.yaml", app("app-0", annotations=HEADERS, more="  tls: [{hosts: [app-0.example.com], secretName: tls}]\n"))
    with Pipeline(sluice, tmp, folder, "--record", str(tmp / "recording")) as p:
        p.settled()
        write(folder / "app-1.yaml", app("app-1", "10.9.9.9"))
        (folder / "app-2.yaml").unlink()
        p.settled()
        write(folder / "secret.yaml", secret("Bearer other-token-456"))
        write(folder / "app-9.yaml", app("app-9"))
        p.settled()
    return tmp / "recording", json.loads(read(p.out))


def without_secrets(config):
    text = re.sub(r'"X-Token":\s*"[^"]*"', '"X-Token":""', json.dumps(config))
    return re.sub(r'"(cert_bytes|key_bytes)":\s*"[^"]*"', r'"\1":""', text)


def test_the_end_is_the_same(sluice, tmp_path):
    recording, want = recorded(sluice, tmp_path)
    assert os.stat(recording).st_mode & 0o777 == 0o600
    assert not re.search(r"first-token|other-token", recording.read_text())
    stand_ins = [base64.b64decode(line["value"]["data"]["tls.key"]).decode() for line in lines(recording) if "tls.key" in line.get("value", {}).get("data", {})]
    assert stand_ins and not set(stand_ins[0].split("\n")[2:-2]) & set((tmp_path / "tls.key").read_text().split("\n"))
    assert lines(recording)[0] == {"sluice": "recording", "version": 1}
    for speed in ("max", "1", "50"):
        with Replay(sluice, tmp_path / f"at-{speed}", recording, "--replay-speed", speed) as p:
            p.played()
            wait_for(lambda: p.log()[-3000:], lambda: read(p.out) and without_secrets(json.loads(read(p.out))) == without_secrets(want))
            assert "X-Token" in read(p.out).decode() and "cert_bytes" in read(p.out).decode()


def test_kills_while_it_is_played(sluice, tmp_path):
    recording, want = recorded(sluice, tmp_path)
    with Replay(sluice, tmp_path / "again", recording, "--replay-speed", "0.5") as p:
        for room in ("resolver", "watcher", "publisher", "resolver"):
            wait_for(p.log, lambda: p.kill(room))
        p.played(60)
        wait_for(lambda: p.log()[-3000:], lambda: read(p.out) and without_secrets(json.loads(read(p.out))) == without_secrets(want), 30)


def test_without_secrets_it_is_a_second_source(sluice, tmp_path):
    """Byte for byte; and the verb needs nothing but a folder."""
    fill(tmp_path / "in", 3)
    process = subprocess.Popen([sluice, "record", tmp_path / "recording", "-f", tmp_path / "in"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        wait_for("all is recorded", lambda: (tmp_path / "recording").exists() and (tmp_path / "recording").read_text().count('"put":"Ingress"') == 3)
    finally:
        process.terminate()
        assert process.communicate(timeout=20)[0] == b""
    with Replay(sluice, tmp_path / "again", tmp_path / "recording") as p:
        p.settled(10.0, tmp_path / "in")


def test_a_recording_that_is_damaged(sluice, tmp_path):
    """What cannot be read is left out, by its line; a recorder that was killed leaves half of one, and the next goes on behind it."""
    recording, _ = recorded(sluice, tmp_path)
    whole = recording.read_text()
    put = next(line for line in whole.splitlines() if '"put":"Ingress"' in line and "app-3" in line)
    bad = tmp_path / "bad"
    bad.write_text(whole.replace(put, put[:60]) + "\n\0\xff nonsense\n[]\n" + whole + put[:50])
    with Replay(sluice, tmp_path / "again", bad) as p:
        p.played()
        wait_for(p.log, lambda: "app-3" in (read(p.out) or b"").decode())
        left_out = re.findall(r'a line of the recording is left out" line=(\d+)', p.log())
        assert len(left_out) == 4 and "left_out=4" in p.log()
        assert len(p.children()) == 5


def test_what_cannot_be_recorded_or_played(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    assert run(sluice, "replay")[0] == 2
    assert run(sluice, "record", "-f", tmp_path / "in")[0] == 2
    rc, said = run(sluice, "replay", tmp_path / "none", "--out", tmp_path / "out")
    assert rc == 3 and "No such file" in said
    rc, said = run(sluice, "replay", tmp_path / "in/class.yaml", "--replay-speed", "fast", "--out", tmp_path / "out")
    assert rc == 3 and '"fast"' in said and "max" in said
    rc, said = run(sluice, "replay", tmp_path / "in/class.yaml", "-f", tmp_path / "in", "--out", tmp_path / "out")
    assert rc == 2 and "played alone" in said
    rc, said = run(sluice, "record", tmp_path, "-f", tmp_path / "in")
    assert rc == 3 and "is a folder" in said
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    with Pipeline(sluice, tmp_path, tmp_path / "in", "--record", str(link)) as p:
        wait_for(p.log, lambda: "the recording" in p.log() and "cannot be written" in p.log())
    assert not (tmp_path / "target").exists()


def test_a_full_disk_ends_the_recording_and_nothing_else(sluice, tmp_path):
    fill(tmp_path / "in", 3)
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", small], check=True)
    try:
        with Pipeline(sluice, tmp_path, tmp_path / "in", "--record", str(small / "recording")) as p:
            p.settled()
            wait_for(p.log, lambda: "the recording ends" in p.log())
            write(tmp_path / "in/app-7.yaml", app("app-7"))
            p.settled()
            assert p.log().count("the recording ends") == 1
    finally:
        subprocess.run(["umount", "-l", small], check=True)
