"""`sluice up`: starts, follows edits, ends, and its exit status."""
import json
import os
import shutil
import signal
import subprocess

from pipeline import CLASS, Pipeline, app, fill, read, translate, wait_for, write


def once(sluice, tmp_path, *args):
    return subprocess.run([sluice, "up", "--once", "--out", str(tmp_path / "out.json"), "--format", "json", *args],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_once_ends_with_0_and_the_same_as_translate(sluice, tmp_path):
    fill(tmp_path / "in", 20)
    done = once(sluice, tmp_path, "-f", str(tmp_path / "in"), "--workers", "3")
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "out.json") == translate(sluice, tmp_path / "in")[1]
    assert os.stat(tmp_path / "out.json").st_mode & 0o777 == 0o600
    assert len(json.loads(read(tmp_path / "out.json"))["routes"]) == 20


def test_once_ends_with_1_if_something_was_rejected(sluice, tmp_path):
    fill(tmp_path / "in", 2)
    write(tmp_path / "in/bad.yaml", app("bad", annotations="ingress.pomerium.io/no_such: x"))
    done = once(sluice, tmp_path, "-f", str(tmp_path / "in"))
    assert done.returncode == 1, done.stderr
    assert "no_such" in done.stderr
    assert len(json.loads(read(tmp_path / "out.json"))["routes"]) == 2


def test_usage_is_status_2(sluice, tmp_path):
    assert once(sluice, tmp_path).returncode == 2
    assert once(sluice, tmp_path, "-f", "x", "--format", "xml").returncode == 2
    assert once(sluice, tmp_path, "-f", "x", "--no-such-flag").returncode == 2


def test_no_write_when_nothing_changed(sluice, tmp_path):
    fill(tmp_path / "in", 5)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        before = os.stat(p.out)
        write(tmp_path / "in/app-1.yaml", (tmp_path / "in/app-1.yaml").read_text() + "# a comment\n")
        write(tmp_path / "in/app-2.yaml", app("app-2", "10.3.3.3"))
        p.settled()
        after = os.stat(p.out)
        assert after.st_ino != before.st_ino
        for room in ("watcher", "resolver", "translator", "publisher"):
            assert p.kill(room)
            wait_for("a new process", lambda: p.children(room))
        write(tmp_path / "in/app-3.yaml", app("app-3", "10.3.3.4"))
        p.settled()
        again = os.stat(p.out)
    # one write for app-3 and none for the restarts: the inode of the second write was replaced once
    assert again.st_ino != after.st_ino
    assert p.log().count("msg=published") <= 4


def test_follows_edits_and_keeps_the_last_good(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 3)
    with Pipeline(sluice, tmp_path, folder) as p:
        good = p.settled()
        write(folder / "app-1.yaml", "a: [1\n")  # the file breaks: its last good objects stay
        wait_for("the log names the file", lambda: "app-1.yaml" in p.log())
        write(folder / "app-9.yaml", app("app-9"))
        wait_for("app-9 is served", lambda: b"app-9.example.com" in (read(p.out) or b""))
        assert b"app-1.example.com" in read(p.out)
        (folder / "app-9.yaml").unlink()
        wait_for("app-9 is gone", lambda: read(p.out) == good)
        write(folder / "app-1.yaml", app("app-1", annotations="ingress.pomerium.io/timeout: soon"))  # now the Ingress breaks
        wait_for("rejected", lambda: "timeout" in p.log())
        assert read(p.out) == good
        write(folder / "app-1.yaml", app("app-1", annotations="ingress.pomerium.io/timeout: 7s"))
        p.settled()
        assert b'"7s"' in read(p.out)
        p.process.send_signal(signal.SIGINT)
        assert p.process.wait(10) == 0
    assert not p.children()


def test_last_good_survives_a_restart_of_everything(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 3)
    with Pipeline(sluice, tmp_path, folder) as p:
        good = p.settled()
    write(folder / "app-1.yaml", app("app-1", annotations="ingress.pomerium.io/timeout: soon"))
    with Pipeline(sluice, tmp_path, folder) as p:
        wait_for("rejected", lambda: "timeout" in p.log())
        write(folder / "app-5.yaml", app("app-5"))
        wait_for("app-5 is served", lambda: b"app-5.example.com" in (read(p.out) or b""))
        served = read(p.out)
        assert b"app-1.example.com" in served and served != good
    assert os.stat(str(p.out) + ".state").st_mode & 0o777 == 0o600


def test_a_vanished_folder_of_owners_is_deleted(sluice, tmp_path):
    folder = tmp_path / "in"
    fill(folder, 2)
    fill(folder / "sub", 30, start=10)
    with Pipeline(sluice, tmp_path, folder, "--max-delete-share", "100", workers=2) as p:
        p.settled()
        shutil.rmtree(folder / "sub")
        p.settled()
        assert len(json.loads(read(p.out))["routes"]) == 2


def test_conflicting_routes_are_both_published_with_a_warning(sluice, tmp_path):
    folder = tmp_path / "in"
    write(folder / "class.yaml", CLASS)
    write(folder / "a.yaml", app("one", host="twin.example.com"))
    write(folder / "b.yaml", app("two", host="twin.example.com"))
    status, out, sentences = translate(sluice, folder)
    assert status == 0 and len(json.loads(out)["routes"]) == 2
    for name, other in (("shop/one", "shop/two"), ("shop/two", "shop/one")):
        assert any(l.startswith(f"{name}: warning: ") and other in l for l in sentences.split("\n")), sentences


def test_places_that_cannot_work_are_named_at_once(sluice, tmp_path):
    fill(tmp_path / "in", 1)
    (tmp_path / "file").touch()
    where = ["-f", str(tmp_path / "in"), "--once"]
    for args, words in ((["--out", str(tmp_path)], "is a folder"),
                        (["--out", str(tmp_path / "no/such/out")], "No such file"),
                        (["--out", str(tmp_path / "o"), "--run-dir", str(tmp_path / ("r" * 120))], "paths of sockets are short"),
                        (["--out", str(tmp_path / "o"), "--run-dir", str(tmp_path / "file")], "Not a directory")):
        done = subprocess.run([sluice, "up", *where, *args], capture_output=True, text=True, timeout=20)
        assert done.returncode == 111 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr
    done = once(sluice, tmp_path, "-f", str(tmp_path / "missing"))
    assert done.returncode == 3 and "missing" in done.stderr and not (tmp_path / "out.json").exists()


def test_one_pipeline_in_a_run_dir_and_the_next_finds_it_free(sluice, tmp_path):
    fill(tmp_path / "in", 2)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        done = once(sluice, tmp_path, "-f", str(tmp_path / "in"), "--run-dir", str(p.run_dir), "--out", str(tmp_path / "other.json"))
        assert done.returncode == 111 and "another sluice up works in --run-dir" in done.stderr
        write(tmp_path / "in/app-7.yaml", app("app-7"))
        p.settled()
        p.process.kill()  # its sockets stay behind
    write(tmp_path / "in/app-8.yaml", app("app-8"))
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()


def test_one_pipeline_a_file_and_the_next_finds_it_free(sluice, tmp_path):
    fill(tmp_path / "in", 2)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        good = p.settled()
        for _ in range(2):
            done = once(sluice, tmp_path, "-f", str(tmp_path / "in"))
            assert done.returncode == 111 and f"another sluice up (process {p.process.pid}) writes --out" in done.stderr and done.stderr.count("\n") == 1
        assert read(p.out) == good
        p.process.kill()  # the lock goes with the process, its file stays
        p.process.wait()
    write(tmp_path / "in/app-8.yaml", app("app-8"))
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
    assert not list(tmp_path.glob("*.lock"))


def test_a_path_with_a_comma(sluice, tmp_path):
    fill(tmp_path / "a,b", 2)
    fill(tmp_path / "c", 1, start=2)
    done = once(sluice, tmp_path, "-f", str(tmp_path / "a,b"), "-f", str(tmp_path / "c"))
    assert done.returncode == 0, done.stderr
    assert len(json.loads(read(tmp_path / "out.json"))["routes"]) == 3
    assert read(tmp_path / "out.json") == translate(sluice, tmp_path / "a,b", tmp_path / "c")[1]


def test_ctrl_c_while_it_starts(sluice, tmp_path):
    fill(tmp_path / "in", 2)
    (tmp_path / "r").mkdir()
    for i in range(8):
        p = subprocess.Popen([sluice, "up", "-f", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--log-level", "error"],
                             env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "r")})
        wait_for("it made its run folder", lambda: p.poll() is not None or any((tmp_path / "r").iterdir()))
        if i % 2:
            wait_for("the rooms start", lambda: any((tmp_path / "r").glob("*/*")))
        p.send_signal(signal.SIGINT)
        assert p.wait(10) == 0
        assert not any((tmp_path / "r").iterdir())


def test_a_file_that_appears_later(sluice, tmp_path):
    write(tmp_path / "class.yaml", CLASS)
    with Pipeline(sluice, tmp_path, tmp_path / "in/late.yaml", "-f", str(tmp_path / "class.yaml")) as p:
        wait_for("the log names it", lambda: "late.yaml" in p.log())
        (tmp_path / "in").mkdir()
        write(tmp_path / "in/late.yaml", app("late"))
        wait_for(lambda: p.log()[-2000:], lambda: b"late.example.com" in (read(p.out) or b""))


def test_names_that_are_no_text_and_deep_folders(sluice, tmp_path):
    folder = tmp_path / "in"
    write(folder / "class.yaml", CLASS)
    for i in range(200):
        write(folder / f"a/b{i % 20}/c{i}/app.yaml", app(f"app-{i}", f"10.0.0.{i + 1}"))
    (folder / os.fsdecode(b"\xff\xfe")).mkdir()
    write(folder / os.fsdecode(b"\xff\xfe") / os.fsdecode(b"\xc3(.yaml"), app("odd"))
    with Pipeline(sluice, tmp_path, folder) as p:
        assert len(json.loads(p.settled())["routes"]) == 201
        write(folder / os.fsdecode(b"\xff\xfe") / "more.yaml", app("more"))
        os.chmod(folder / "a/b1/c1/app.yaml", 0o444)
        write(folder / "a/new/deep/down/app.yaml", app("down"))
        p.settled()
        assert len(json.loads(read(p.out))["routes"]) == 203
