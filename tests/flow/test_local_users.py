"""What other users of the machine put where `sluice up` is about to work."""
import fcntl
import json
import os
import re
import subprocess

import pytest
from pipeline import Pipeline, app, certificate, fill, read, tls_secret, wait_for, write

OTHER = 41002


@pytest.fixture
def folder(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")
    fill(tmp_path / "in", 1)
    for i in range(2):  # two certificates, which config.yaml cannot hold itself
        (tmp_path / f"c{i}").mkdir()
        certificate(tmp_path / f"c{i}", f"t{i}.example.com")
        write(tmp_path / f"in/s{i}.json", tls_secret(tmp_path / f"c{i}", f"t{i}"))
        write(tmp_path / f"in/t{i}.yaml", app(f"t{i}", more=f"  tls: [{{hosts: [t{i}.example.com], secretName: t{i}}}]\n"))
    (tmp_path / "tmp").mkdir()
    os.chmod(tmp_path / "tmp", 0o1777)
    return tmp_path / "in"


def given(path, mode=0o777):
    os.chown(path, OTHER, OTHER, follow_symlinks=False)
    if not path.is_symlink():
        os.chmod(path, mode)


def refused(sluice, folder, out, *args, env=None):
    done = subprocess.run([sluice, "up", "-f", folder, "--out", out, "--once", "--timeout", "3s", *args], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    assert done.returncode == 111, done.stderr
    return done.stderr


def test_a_folder_of_another_user_in_the_place_of_ours(sluice, tmp_path, folder):
    out = tmp_path / "tmp/a.yaml"
    (tmp_path / "tmp/a.yaml.files").mkdir()
    given(tmp_path / "tmp/a.yaml.files")
    assert f"belongs to user {OTHER}" in refused(sluice, folder, out)
    assert not os.listdir(tmp_path / "tmp/a.yaml.files") and not out.exists()


def test_a_link_in_the_place_of_ours(sluice, tmp_path, folder):
    home = tmp_path / "home"
    home.mkdir(0o700)
    for name in ("ssl-my-own.pem", "cert-of-mine", "key-of-mine", "letter"):
        (home / name).write_text("x")
    (tmp_path / "tmp/b.yaml.files").symlink_to(home)
    given(tmp_path / "tmp/b.yaml.files")
    assert "in the place of our folder" in refused(sluice, folder, tmp_path / "tmp/b.yaml")
    assert len(os.listdir(home)) == 4, "nothing of it was removed"


def test_a_lock_of_another_user_says_nothing_to_a_terminal(sluice, tmp_path, folder):
    lock = tmp_path / "tmp/c.yaml.lock"
    lock.write_text("\x1b]0;PWNED\x07\x1b[31m\n")
    given(lock, 0o666)
    said = refused(sluice, folder, tmp_path / "tmp/c.yaml")
    # where the kernel does not refuse it already (fs.protected_regular)
    assert "\x1b" not in said and (f"belongs to user {OTHER}" in said or "Permission denied" in said)
    os.chown(lock, 0, 0)
    os.chmod(lock, 0o600)
    with open(lock) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = refused(sluice, folder, tmp_path / "tmp/c.yaml")
        assert "\x1b" not in said and "process unknown" in said


@pytest.mark.parametrize("owner,mode,word", [(OTHER, 0o777, f"belongs to user {OTHER}"), (OTHER, 0o700, f"belongs to user {OTHER}"),
                                             (0, 0o777, "mode is 0777"), (0, 0o720, "mode is 0720"), (0, 0o1777, "mode is 1777")])
def test_a_run_folder_that_others_can_write(sluice, tmp_path, folder, owner, mode, word):
    run = tmp_path / "tmp/run"
    run.mkdir()
    os.chown(run, owner, owner)
    os.chmod(run, mode)
    assert word in refused(sluice, folder, tmp_path / "out", "--run-dir", run)
    assert not os.listdir(run) and not (tmp_path / "out").exists()
    (tmp_path / "tmp/link").symlink_to(tmp_path)
    given(tmp_path / "tmp/link")
    assert f"belongs to user {OTHER}" in refused(sluice, folder, tmp_path / "out", "--run-dir", tmp_path / "tmp/link")


def test_in_a_pod_volumes_are_open_to_all(sluice, tmp_path, folder):
    run = tmp_path / "run"
    run.mkdir()
    os.chmod(run, 0o777)
    done = subprocess.run([sluice, "up", "-f", folder, "--out", tmp_path / "out", "--once", "--run-dir", run], timeout=30, stdin=subprocess.DEVNULL,
                          env={**os.environ, "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_link_is_written_through_and_stays(sluice, tmp_path, folder):
    (tmp_path / "target.json").touch(0o600)
    (tmp_path / "out.json").symlink_to("target.json")
    with Pipeline(sluice, tmp_path, folder) as p:
        wait_for(p.log, lambda: len(json.loads(read(tmp_path / "target.json") or b'{"routes": []}')["routes"]) == 3)
        assert (tmp_path / "out.json").is_symlink() and (tmp_path / "target.json.state").exists()
    (tmp_path / "out.json").unlink()
    (tmp_path / "out.json").symlink_to("missing.json")
    assert "link to nothing" in refused(sluice, folder, tmp_path / "out.json")
    (tmp_path / "tmp/out").symlink_to(tmp_path / "target.json")
    given(tmp_path / "tmp/out")
    assert f"belongs to user {OTHER}" in refused(sluice, folder, tmp_path / "tmp/out")


def test_a_redacted_dump_has_no_word_of_a_tenant(sluice, tmp_path):
    words = app("a1").replace("  annotations:\n    ingress", "  labels: {type: CANARY-1, state: CANARY-2, CANARY-3.example: x}\n  annotations:\n"
                              "    CANARY-4.example/host: v\n    type: CANARY-5\n    ingress")
    fill(tmp_path / "in", 1)
    write(tmp_path / "in/a1.yaml", words)
    write(tmp_path / "in/pomerium.yaml", """apiVersion: ingress.pomerium.io/v1
kind: Pomerium
metadata: {name: global}
spec:
  secrets: pomerium/bootstrap
  setResponseHeaders: {type: CANARY-6, CANARY-7: v}
  identityProvider: {provider: google, secret: pomerium/idp, requestParams: {state: CANARY-8, CANARY-9: x}}
  jwtClaimHeaders: {CANARY-0: kind}
""")
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        dump = lambda *args: subprocess.run([sluice, "dump", "--run-dir", p.run_dir, *args], capture_output=True, text=True, timeout=30).stdout
        wait_for("all is there", lambda: len(set(re.findall("CANARY-[0-9]", dump()))) == 10)
        redacted = dump("--redact")
        assert "CANARY" not in redacted and '"ingressClassName"' in redacted and '"identityProvider"' in redacted
        json.loads(redacted)
