"""Schemas of report formats, from where their programs publish them, and what checks a report by them; kept in the user's cache."""
import io
import pathlib
import subprocess
import sys
import tarfile
import urllib.request

CACHE = pathlib.Path.home() / ".cache" / "sluice-schemas"
# SARIF 2.1.0 as Microsoft's own matcher has it; the schema of JUnit reports that pytest keeps to, which is Jenkins'
SARIF = ("https://registry.npmjs.org/@microsoft/jest-sarif/-/jest-sarif-1.0.0-beta.0.tgz", "package/lib/schemas/sarif-2.1.0-rtm.5.json")
JUNIT = ("pytest==8.3.5", "testing/example_scripts/junit-10.xsd")


def python():
    """One with jsonschema and xmlschema."""
    path = CACHE / "venv" / "bin" / "python"
    if not (CACHE / "venv" / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE / "venv"], check=True)
        subprocess.run([path, "-m", "pip", "install", "-q", "jsonschema==4.23.0", "xmlschema==3.4.3"], check=True)
        (CACHE / "venv" / "ready").touch()
    return str(path)


def keep(name, archive, member):
    path = CACHE / name
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(archive()), mode="r:gz") as tar:
            found = next(m for m in tar.getnames() if m.endswith(member))
            path.write_bytes(tar.extractfile(found).read())
    return str(path)


def sarif():
    return keep("sarif.json", lambda: urllib.request.urlopen(SARIF[0], timeout=60).read(), SARIF[1])


def junit():
    def source():
        folder = CACHE / "pytest"
        subprocess.run([python(), "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, JUNIT[0]], check=True)
        return next(folder.glob("pytest-*.tar.gz")).read_bytes()

    return keep("junit.xsd", source, JUNIT[1])


def check(kind, text):
    """Nothing, or what is wrong with the report."""
    program = {"sarif": "import json, sys, jsonschema; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))",
               "junit": "import io, sys, xmlschema; xmlschema.XMLSchema(sys.argv[1]).validate(io.BytesIO(sys.stdin.buffer.read()))"}[kind]
    done = subprocess.run([python(), "-c", program, {"sarif": sarif, "junit": junit}[kind]()], input=text, capture_output=True, text=True, timeout=120)
    return done.stderr
