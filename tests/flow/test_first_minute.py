"""The first minute: what `make run` shows."""
import pathlib
import re
import signal
import subprocess

from pipeline import wait_for

ROOT = pathlib.Path(__file__).parent.parent.parent


def make_run(sluice, tmp_path, once=""):
    """The command line of `make run`, which writes into another folder."""
    line = subprocess.run(["make", "-n", "run", f"BUILD={tmp_path}", *once.split()], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (command,) = [words for words in line.splitlines() if words.startswith(f"{tmp_path}/sluice up")]
    (tmp_path / "demo").mkdir()
    return [sluice, *command.split()[1:]]


def test_make_run_shows_the_table_first(sluice, tmp_path):
    """80 columns, the Ingresses in the first of them, and no other warnings than those of the documentation's own doubles."""
    done = subprocess.run(make_run(sluice, tmp_path, "ONCE=1"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=60)
    assert done.returncode == 0
    lines = done.stdout.strip().splitlines()
    table = lines[:lines.index("")] if "" in lines else [line for line in lines if not line.startswith("ts=")]
    assert re.split(r" {2,}", table[0])[:2] == ["INGRESS", "HOST"] and table[-1] == "22 routes"
    assert max(map(len, table)) <= 80
    shown = re.search(r"make test .*?^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)[1].splitlines()
    assert set(shown) - set(table) == {"..."}, "what the README shows of it"
    rest = [line for line in lines[len(table):] if line]
    assert len(rest) == 4 and all("level=warn" in line and "https://mcp.example.com" in line for line in rest), rest


def test_make_run_says_how_to_look_on(sluice, tmp_path):
    """The verbs that it names answer."""
    process = subprocess.Popen(make_run(sluice, tmp_path), cwd=ROOT, stdout=(tmp_path / "said").open("w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        said = wait_for("the hint", lambda: "--run-dir" in (text := (tmp_path / "said").read_text()) and text.endswith("\n") and text)
        hint = said[said.index("In another terminal"):]
        run_dir = re.search(r"--run-dir (\S+)", hint)[1]
        verbs = re.findall(rf"(?m)^  {re.escape(str(sluice))} (.*?)  ", hint)
        assert verbs == ["routes", "explain URL", "explain ingress NAME", "web", "top", "tap"]
        for verb, words in ((f"routes --run-dir {run_dir}", "INGRESS"), (f"explain https://app.company.com/ --run-dir {run_dir}", "production/my-app"),
                            (f"explain ingress production/my-app --run-dir {run_dir}", "production/my-app"), (f"top --once --run-dir {run_dir}", "publisher")):
            done = subprocess.run([sluice, *verb.split()], cwd=ROOT, capture_output=True, text=True, timeout=30)
            assert words in done.stdout, (verb, done)
        assert all(len(line) <= 80 + len(str(sluice)) for line in hint.splitlines() if not line.startswith("ts=") and "--run-dir" not in line)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
