"""When does an answer agree with the reference? The rules are those of cases/README.md."""
import json
import re

SORTED = {
    "certificates": lambda c: (c.get("cert_bytes", ""), c.get("key_bytes", "")),
    "match_subject_alt_names": lambda m: (m.get("san_type", ""), m.get("pattern", "")),
    "otel_resource_attributes": str,
    "otel_exporter_otlp_traces_headers": str,
}


def without_nulls(v):
    """A null says the same as no key."""
    if isinstance(v, dict):
        return {k: without_nulls(x) for k, x in v.items() if x is not None}
    if isinstance(v, list):
        return [without_nulls(x) for x in v]
    return v


def in_order(settings):
    """Lists of settings that have no order of their own, sorted."""
    out = {}
    for key, v in settings.items():
        if key in SORTED and isinstance(v, list):
            v = sorted(v, key=SORTED[key])
        elif isinstance(v, dict):
            v = in_order(v)
        out[key] = v
    return out


def normal(config):
    config = without_nulls(config)
    if isinstance(config.get("settings"), dict):
        config["settings"] = in_order(config["settings"])
        if not config["settings"]:
            del config["settings"]
    return config


def normal_bootstrap(options):
    """File names are ours to choose: what the files hold counts, and which parameters name one."""
    options = without_nulls(options)
    connection = re.sub(r"(sslrootcert|sslcert|sslkey)=[^&]*", r"\1=FILE", options.get("databroker_storage_connection", ""))
    base, _, query = connection.partition("?")
    options["databroker_storage_connection"] = [base, sorted(query.split("&"))]
    options["storage_files"] = sorted((options.get("storage_files") or {}).values())
    return options


def assert_rejected(case, area, status, stdout, stderr):
    """A rejection: exit status 1, a sentence for a person, nothing of it printed."""
    assert status == 1, f"should be rejected, exit status was {status}: {stderr}"
    sentences = "\n".join(l for l in stderr.split("\n") if ": warning: " not in l)
    assert len(sentences.split()) >= 4, f"no sentence: {stderr!r}"
    if area == "ingress":
        assert re.search(r"(?m)^[a-z0-9.-]+/[a-z0-9.-]+: ", sentences), f"no line `namespace/name: sentence`: {stderr!r}"
    if area != "ppl":
        assert all(re.search(r" \[SLU\d{4}\]$", l) for l in sentences.split("\n") if l), f"a sentence without the code of its rule: {stderr!r}"
        assert '"from"' not in stdout, "a route was printed for what should be rejected"
    assert_mentions(case, sentences)


def assert_mentions(case, text):
    mention = case / "mention.txt"
    for word in mention.read_text().split("\n") if mention.exists() else []:
        assert word in text, f"the sentence does not mention {word!r}: {text}"


def arguments(case):
    path = case / "args.txt"
    return [a for a in path.read_text().split("\n") if a] if path.exists() else []


def expected(case):
    return json.loads((case / "expected.json").read_text())


def certificates(config):
    """Each once: which certificate serves which host is Pomerium's choice among all it has."""
    return {tuple(sorted(c.items())) for c in config.get("settings", {}).get("certificates", [])}


def expected_status(case):
    """Without one the reference is wrong (reference.status.json), and other tests say what is right."""
    return json.loads((case / "expected.status.json").read_text())


def normal_status(v):
    """More features may be reported, and the sentence of a policy that does not compile is ours."""
    if isinstance(v, dict):
        v = {k: normal_status(x) for k, x in v.items() if k not in ("supportedFeatures", "attachedListenerSets")}
        if v.get("type") == "Valid":
            v.pop("message", None)
        return v
    return [normal_status(x) for x in v] if isinstance(v, list) else v
