"""With no tap attached a message costs at most 50 more instructions: callgrind counts them in a real worker."""
import pathlib
import re

import pytest
from pipeline import Rooms, app, fill, write

ROOT = pathlib.Path(__file__).parent.parent.parent
N = 400


def costs(text):
    """{(file, line): instructions, with those of what the line calls}, {function: times called}"""
    lines, calls, file, function, is_call = {}, {}, "", "", False
    for line in text.split("\n"):
        if m := re.match(r"(fl|fi|fe)=(.*)", line):
            file = m[2]
        elif m := re.match(r"cfn=(.*)", line):
            function = m[1]
        elif m := re.match(r"calls=(\d+)", line):
            calls[function] = calls.get(function, 0) + int(m[1])
        elif m := re.match(r"(\d+) (\d+)$", line):
            lines[file, int(m[1])] = lines.get((file, int(m[1])), 0) + int(m[2])
    return lines, calls


def tap_lines():
    """Where the actor's loop and its ways in and out look at the tap; a statement that is not finished goes on."""
    found = set()
    for path in (ROOT / "common/actor").rglob("*.c"):
        if path.name != "taps.c":
            for i, line in enumerate(path.read_text().split("\n"), 1):
                if re.search(r"\btaps(\.|->)(sock|n_listeners)|actor_taps_(look|show)|= link->taps|->end\.taps", line):
                    found |= {(path.name, i), (path.name, i + line.endswith(","))}
    assert len(found) > 6
    return found


def test_a_tap_that_nobody_listens_to(sluice, build, tmp_path):
    if re.search(rb"__[at]san_init", (build / "sluice-translator").read_bytes()):
        pytest.skip("valgrind does not run what a sanitizer runs")
    out = tmp_path / "callgrind.out"
    fill(tmp_path / "in", 1)
    with Rooms(build, tmp_path, tmp_path / "in", 0) as rooms:
        rooms.start("translator", under=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-pos=no", "--compress-strings=no"])
        rooms.settled(sluice, tmp_path / "in", 60)
        fill(tmp_path / "in", N)
        rooms.settled(sluice, tmp_path / "in", 60)
        for i in range(N):
            write(tmp_path / "in" / f"app-{i}.yaml", app(f"app-{i}", f"10.8.{i // 250}.{i % 250 + 1}"))
        rooms.settled(sluice, tmp_path / "in", 60)
    lines, calls = costs(out.read_text())
    n_messages = calls["actor_peer_receive"] + calls["actor_send_seen"]
    assert n_messages >= 4 * N
    assert not any(name.startswith("actor_taps_show") for name in calls)
    wanted = tap_lines()
    cost = {(file, line): n for (file, line), n in lines.items() if (pathlib.Path(file).name, line) in wanted}
    assert cost, "no line of the actor was counted"
    print(f"{sum(cost.values()) / n_messages:.1f} instructions a message")
    assert sum(cost.values()) <= 50 * n_messages, cost
