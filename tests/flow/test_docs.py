"""The documentation holds: links lead somewhere, tables agree with the code, examples work as they stand."""
import copy
import json
import pathlib
import re
import subprocess

import examples
import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGES.md", ROOT / "tests/README.md", ROOT / "common/msg/PROTOCOL.md",
                *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/README.md")])
INGRESS = yaml.safe_load(examples.blocks((ROOT / "docs/annotations.md").read_text(), "yaml")[0])
PREFIX = "ingress.pomerium.io/"


def anchor(title):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower().replace("`", "")).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links(page):
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{target} leads nowhere"
        if part:
            assert part in {anchor(t) for t in re.findall(r"(?m)^#+ (.*)$", path.read_text())}, f"{target}: no such heading"


# ---- annotations.md ----

def test_annotations_are_those_of_the_translator():
    known = re.findall(r'\{ "([a-z0-9_]+)", GROUP_', (ROOT / "translator/ingress/annotations.c").read_text())
    assert len(known) > 50
    assert set(examples.annotations()) == set(known)


def ingress(**annotations):
    """The page's own Ingress with other annotations, in the shape that TCP, UDP and SSH routes need."""
    made = copy.deepcopy(INGRESS)
    made["metadata"]["annotations"] = {PREFIX + k: v for k, v in annotations.items()}
    if any(k in annotations for k in ("tcp_upstream", "udp_upstream", "ssh_upstream", "path_regex")):
        path = made["spec"]["rules"][0]["http"]["paths"][0]
        path["pathType"] = "ImplementationSpecific"
        path.pop("path")
        if "path_regex" in annotations:
            path["path"] = "^/(a|b)/.*$"
    if "subtle_allow_empty_host" in annotations:
        made["spec"]["rules"][0].pop("host")
    return made


@pytest.fixture(scope="module")
def plain(sluice, tmp_path_factory):
    """The route of the page's own Ingress."""
    return examples.accepted(sluice, [ingress()], tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("name", sorted(examples.annotations()))
def test_annotation(sluice, tmp_path, plain, name):
    """Its example is accepted, and the route is another one than without it."""
    example, beside = examples.annotations()[name]
    more = {beside: examples.annotations()[beside][0]} if beside else {}
    routes = examples.accepted(sluice, [ingress(**{name: example}, **more)], tmp_path)
    if name == "subtle_allow_empty_host":
        assert routes[0]["from"] == "https://*"
        return
    assert routes != plain


# ---- every manifest in docs/ ----

@pytest.mark.parametrize("page", [p for p in PAGES if "kind: " in p.read_text()], ids=lambda p: str(p.relative_to(ROOT)))
def test_manifests(sluice, tmp_path, page):
    """Fenced manifests, each block by itself, are translated without a rejection."""
    for block in examples.blocks(page.read_text(), "yaml"):
        documents = [d for d in yaml.safe_load_all(block) if d]
        if any(d.get("kind") == "Ingress" for d in documents):
            examples.accepted(sluice, documents, tmp_path)


def with_http_route(page):
    """The objects of each block that has an HTTPRoute, but for those above it."""
    for block in examples.blocks((ROOT / page).read_text(), "yaml"):
        documents = [d for d in yaml.safe_load_all(block) if d]
        if any(d.get("kind") == "HTTPRoute" for d in documents):
            yield from (d for d in documents if d["kind"] in ("HTTPRoute", "Service"))


def test_http_routes(sluice, tmp_path):
    """Those of the cookbook and of gateway.md, below the Gateway there."""
    before = [d for d in yaml.safe_load_all(examples.blocks((ROOT / "docs/gateway.md").read_text(), "yaml")[0]) if d["kind"] != "HTTPRoute"]
    (gateway,) = [d for d in before if d["kind"] == "Gateway"]
    certificate = {**examples.secrets_of_demo()["upstream-client"], "metadata": {"namespace": "edge", "name": gateway["spec"]["listeners"][0]["tls"]["certificateRefs"][0]["name"]}}
    below = [*with_http_route("docs/gateway.md"), *with_http_route("docs/cookbook.md")]
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("edge", "shop")]
    status, stdout, stderr = examples.run(sluice, [*before, *namespaces, certificate, *below], tmp_path, "translate", "--format", "json")
    assert status == 0, stderr
    made = {route["from"].removeprefix("https://"): route for route in json.loads(stdout)["routes"]}
    assert set(made) == {host for route in below if route["kind"] == "HTTPRoute" for host in route["spec"]["hostnames"]} and len(made) == 4
    assert made["old-shop.example.com"]["redirect"] == {"host_redirect": "shop.example.com", "response_code": 301}
    assert made["plain-grpc.example.com"]["to"] == ["h2c://plain-grpc.shop.svc.cluster.local:50051"]
    canary = made["basket.example.com"]
    assert dict(zip(canary["to"], canary["load_balancing_weights"])) == {f"http://{name}.shop.svc.cluster.local:80": weight for name, weight in (("basket", 9), ("basket-next", 1))}


# ---- the documentation of the controller that this one replaces ----

SEED = next(iter(sorted((ROOT.parent / "shared/seed").glob("*.txt"))), None)
needs_seed = pytest.mark.skipif(not SEED, reason="shared/seed is not beside this clone")


def seed_blocks():
    """(number, documents): manifests as they stand; annotations alone on an Ingress of ours."""
    for number, block in enumerate(examples.blocks(SEED.read_text(), "yaml")):
        documents = [d for d in yaml.safe_load_all(block) if d]
        if "kind" in documents[0]:
            yield number, documents
            continue
        annotations = {k.removeprefix(PREFIX): v for k, v in documents[0].items()}
        options = ["lb_policy_option"]
        if annotations.get("lb_policy") == options[0]:
            options = re.findall(r"(?m)^\| \[`([A-Z_]+)`\]", SEED.read_text())
            assert len(options) == 5
        for option in options:
            yield number, [ingress(**{k: option if v == "lb_policy_option" else v for k, v in annotations.items()})]


@needs_seed
def test_every_example_of_the_old_documentation(sluice, tmp_path):
    n = 0
    for number, documents in seed_blocks():
        n += 1
        if not any(d["kind"] == "Ingress" for d in documents):
            assert {d["kind"] for d in documents} == {"Issuer"}  # cert-manager's, not ours
            continue
        examples.accepted(sluice, documents, tmp_path)
    assert n >= 15


@needs_seed
def test_every_annotation_of_the_old_documentation():
    named = set(re.findall(r"ingress\.pomerium\.io/([a-z0-9_]+)", SEED.read_text())) - {"v1"}
    named |= set(re.findall(r"`([a-z_]+_lb_config)`", SEED.read_text()))
    assert len(named) > 25
    assert named <= set(examples.annotations()), named - set(examples.annotations())


# ---- migrate-ingress-nginx.md ----

MIGRATE = ROOT / "docs/migrate-ingress-nginx.md"


def test_what_nginx_annotations_become(sluice):
    """The table is what the program prints."""
    done = subprocess.run([sluice, "migrate", "--list"], capture_output=True, text=True, check=True)
    assert done.stdout in MIGRATE.read_text(), "put the output of `sluice migrate --list` there"


def test_example_of_a_migration(sluice):
    """The first block becomes the second, comments included."""
    text = MIGRATE.read_text()
    done = subprocess.run([sluice, "migrate", "-"], input=examples.blocks(text, "yml")[0], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == examples.blocks(text, "yaml")[0]


def test_codes_of_notes():
    source = "".join(p.read_text() for p in (ROOT / "cli/migrate").rglob("*.c"))
    codes = set(re.findall(r'cli_migrate_source_note\([^;]*?, "([a-z0-9-]+)",', source)) | set(re.findall(r'\{ "([a-z-]+)", STR\("\*"\)', source))
    named = {code for cells in examples.rows(MIGRATE.read_text()) if len(cells) == 2 for code in re.findall(r"`([a-z0-9-]+)`", cells[0])}
    assert len(codes) > 14 and codes <= named, codes - named


# ---- settings.md and the index ----

def test_settings_are_those_of_the_translator():
    source = (ROOT / "translator/settings/crd_table.c").read_text()
    known = set(re.findall(r'(?m)^\t\{ "([A-Za-z0-9.]+)", CRD_', source))
    objects = {field for field in known if any(other.startswith(field + ".") for other in known)}
    named = [cells[0].strip("`") for cells in list(examples.rows((ROOT / "docs/settings.md").read_text()))[1:]]
    assert len(named) == len(set(named)) > 70
    assert known - objects <= set(named) <= known


def test_settings_example(sluice, tmp_path):
    """Good but for the Secrets, which nobody has made."""
    documents = list(yaml.safe_load_all(examples.blocks((ROOT / "docs/settings.md").read_text(), "yaml")[0]))
    status, _, stderr = examples.run(sluice, documents, tmp_path)
    assert status == 1
    assert stderr == 'global: spec.secrets: Secret "pomerium/bootstrap" not found [SLU2001]\n'


@pytest.mark.parametrize("folder", ["docs", "docs/decisions"])
def test_index(folder):
    index = (ROOT / folder / "README.md").read_text()
    wrong = [p.name for p in (ROOT / folder).glob("*.md") if p.name != "README.md" and index.count(f"({p.name})") != 1]
    assert not wrong, "each page stands there once"


# ---- flags ----

# Of curl, kubectl, systemctl, Pomerium, oauth2-proxy and the models; then of the Go controller, without a successor.
FOREIGN = {"config", "for", "force-conflicts", "server-side", "set", "field-selector", "now", "tail", "previous", "allow-downgrades", "resolve", "unix-socket",
           "email-domain", "allowed-group", "trail",
           "leader-election-id", "leader-election-namespace",
           "sync-api-url", "sync-api-token", "sync-api-namespace-id", "certificate-controller-name"}
ALWAYS = {"help", "version"}


def flags(*command):
    """Long names of the flags that a program or verb takes."""
    done = subprocess.run([*command, "--help=table"], capture_output=True, text=True, check=True)
    return {cells[1] for cells in (line.split("\t") for line in done.stdout.splitlines()[1:]) if len(cells) > 4 and cells[4]}


@pytest.fixture(scope="module")
def verbs(sluice):
    done = subprocess.run([sluice, "--help=table"], capture_output=True, text=True, check=True)
    names = [line.split("\t")[1] for line in done.stdout.splitlines()[1:]] + ["explain ingress"]
    return {name: flags(sluice, *name.split()) for name in names}


@pytest.fixture(scope="module")
def rooms(build):
    return {room: flags(build / f"sluice-{room}") for room in ("watcher", "resolver", "translator", "publisher")}


def test_flags_page(build, verbs, rooms):
    """Equal to what the programs say, every flag of every one of them."""
    done = subprocess.run([ROOT / "scripts/make-flags", build], capture_output=True, text=True, check=True)
    page = (ROOT / "docs/flags.md").read_text()
    assert page == done.stdout, "run `make flags`"
    named = set(re.findall(r"(?m)^\| .*?`--([a-z0-9-]+)` \|", page))
    assert named == set().union(*verbs.values(), *rooms.values())
    assert len(named) > 50


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_flags_that_are_named(verbs, rooms, page):
    """Each --flag is one of ours; on a command line of `sluice VERB` it is one of that verb."""
    text = page.read_text()
    known = ALWAYS | FOREIGN | set().union(*verbs.values(), *rooms.values())
    named = set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)", text))
    assert named <= known, f"{named - known}: no program takes it"
    for verb, rest in re.findall(r"\bsluice (explain ingress|[a-z]+)\b([^`#|\n]*)", text):
        used = set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)", rest))
        if used and verb in verbs:
            assert used <= verbs[verb] | ALWAYS, f"sluice {verb}{rest}"


# ---- architecture.md, security.md ----

def test_walks():
    """Each hop of the four walks is a function of its file, and none comes twice in a walk."""
    text = re.search(r"(?ms)^## Four walks$(.*?)^## ", (ROOT / "docs/architecture.md").read_text())[1]
    walks = re.split(r"(?m)^\*\*", text)[1:]
    assert len(walks) == 4
    for walk in walks:
        hops = []
        for cells in list(examples.rows(walk))[1:]:
            for name in re.findall(r"`([\w/]+\.c|\w+)`", cells[1]):
                if name.endswith(".c"):
                    path = ROOT / cells[0] / name
                else:
                    hops.append((path, name))
                    assert re.search(rf"(?m)^[a-z].*[ *]{name}\([^;]*$", path.read_text()), f"{path}: there is no {name}"
        assert len(hops) == len(set(hops)) > 5


def test_what_shows_it_is_there():
    text = (ROOT / "docs/security.md").read_text()
    named = [name for cells in examples.rows(text) for name in re.findall(r"`(tests/[\w/*.]+)`", cells[-1])]
    assert len(named) > 10 and not [name for name in named if not list(ROOT.glob(name))]


# ---- cookbook.md ----

def test_the_cookbook_has_every_criterion():
    known = re.findall(r'(?m)^\t\{ "([a-z_]+)", SHAPE_', (ROOT / "translator/ppl/ppl_criteria.c").read_text())
    text = (ROOT / "docs/cookbook.md").read_text()
    assert len(known) > 15 and not [name for name in known if f"`{name}" not in text]


# ---- the README ----

def test_from_source(build, tmp_path):
    """The README's way, after `make`."""
    block = re.search(r"\*\*From source\*\*:\n\n```sh\nmake\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    done = subprocess.run(["sh", "-euc", block.replace("build/sluice", str(build.resolve() / "sluice")).replace("/tmp/pomerium.yaml", str(tmp_path / "out.yaml"))],
                          cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "owner       Ingress production/my-app" in done.stdout, done.stdout + done.stderr
    assert "https://app.company.com" in (tmp_path / "out.yaml").read_text()


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


# ---- pictures ----

def test_pictures():
    """Those of boxes and arrows are what is drawn from their texts."""
    done = subprocess.run([ROOT / "scripts/make-pictures", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
