"""What the compiler and the linker were to put into the programs, looked for in the programs themselves."""
import os
import pathlib
import platform
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
PROGRAMS = ["sluice", "sluice-watcher", "sluice-resolver", "sluice-translator", "sluice-publisher"]
pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the instructions that are looked for are those of amd64")


def output(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout


def missing(path):
    """Names of what this program lacks."""
    header, dynamic, segments = (output("readelf", option, path) for option in ("-hW", "-dW", "-lW"))
    imports = set(re.findall(r"\b(__\w+_chk(?:_fail)?)@", output("readelf", "-W", "--dyn-syms", path)))
    code = output("objdump", "-d", "--no-show-raw-insn", path)
    has = {
        "PIE": "DYN (Position-Independent" in header and re.search(r"FLAGS_1.*\bPIE\b", dynamic),
        "RELRO": "GNU_RELRO" in segments,
        "BIND_NOW": re.search(r"\(FLAGS\).*BIND_NOW", dynamic),
        "stack that is not executable": re.search(r"GNU_STACK .* RW +0x", segments),
        "stack protector": "__stack_chk_fail" in imports,
        "FORTIFY": imports - {"__stack_chk_fail"},
        "stack clash protection": re.search(r"\bsub +\$0x1000,%rsp\n[^\n]*\borq +\$0x0,\(%rsp\)", code),
        "CET": re.search(r"<main>:\n[^\n]*\bendbr64\b", code),
    }
    return {name for name, there in has.items() if not there}


@pytest.fixture(scope="module")
def plain(build):
    if build != ROOT / "build":
        pytest.skip("a sanitizer has its own libc calls")
    return build


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_missing(plain, program):
    assert not missing(plain / program)


def test_every_object_is_marked_for_cet(plain):
    """Debian's start files are not, so the linker drops the mark from the programs; nothing of ours is in the way."""
    members = [m for library in plain.glob("*.a") for m in output("readelf", "-nW", library).split("\nFile: ")[1:]]
    assert len(members) > 150
    assert not [m.split("\n")[0] for m in members if "IBT, SHSTK" not in m]


# ---- the test can fail: a program without one of the flags lacks that and nothing else ----

SAMPLE = r"""
#include <stdio.h>
#include <string.h>
__attribute__((noinline)) static size_t far(const char *text) { char big[20000]; snprintf(big, sizeof(big), "%s", text); return strlen(big); }
int main(int argc, char **argv) { char copy[8]; strcpy(copy, argv[argc - 1]); return (int)far(copy); }
"""
FLAGS = {
    "PIE": ("-fPIE -pie", "-no-pie"),
    "RELRO": ("-Wl,-z,relro", "-Wl,-z,norelro"),
    "BIND_NOW": ("-Wl,-z,now", "-Wl,-z,lazy"),
    "stack that is not executable": ("-Wl,-z,noexecstack", "-Wl,-z,execstack"),
    "stack protector": ("-fstack-protector-strong", "-fno-stack-protector"),
    "FORTIFY": ("-D_FORTIFY_SOURCE=3", ""),
    "stack clash protection": ("-fstack-clash-protection", "-fno-stack-clash-protection"),
    "CET": ("-fcf-protection=full", "-fcf-protection=none"),
}


@pytest.mark.parametrize("name", [None, *FLAGS])
def test_what_is_left_out_is_found(tmp_path, name):
    (tmp_path / "sample.c").write_text(SAMPLE)
    words = " ".join(flags[key == name] for key, flags in FLAGS.items()).split()
    subprocess.run(["gcc", "-O2", "-w", "-U_FORTIFY_SOURCE", *words, "sample.c", "-o", "sample"], cwd=tmp_path, check=True)
    assert missing(tmp_path / "sample") == ({name} if name else set())


# ---- the level of _FORTIFY_SOURCE shows only where a size is known at run time ----

GROWN = r"""/* probe: a copy into memory whose size is known at run time only */
#include <stdlib.h>
#include <string.h>
void *probe(size_t size, const void *from, size_t len);
void *probe(size_t size, const void *from, size_t len) { void *to = malloc(size); return to ? memcpy(to, from, len) : to; }
"""


def symbols_of_probe(tmp_path, *more):
    """The probe, compiled by the line that the Makefile has for a file of ours."""
    (tmp_path / "probe.c").write_text(GROWN)
    done = subprocess.run(["make", "-n", "V=1", "-W", "common/base/buf.c", "build/obj/common/base/buf.o", *more], cwd=ROOT, check=True,
                          capture_output=True, text=True, env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"})
    (line,) = [line for line in done.stdout.splitlines() if " -c -o build/obj/common/base/buf.o " in line]
    line = line.replace("build/obj/common/base/buf.o", str(tmp_path / "probe.o")).replace("common/base/buf.c", str(tmp_path / "probe.c"))
    subprocess.run(["sh", "-euc", line.replace(" -MMD -MP", "")], cwd=ROOT, check=True)
    return output("nm", tmp_path / "probe.o")


def test_fortify_is_of_level_3(plain, tmp_path):
    assert "__memcpy_chk" in symbols_of_probe(tmp_path)
    assert "__memcpy_chk" not in symbols_of_probe(tmp_path, "CFLAGS=-O2 -D_FORTIFY_SOURCE=2", "SAN=-U_FORTIFY_SOURCE")
