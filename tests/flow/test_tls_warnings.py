"""What an Ingress is told about the certificates of its spec.tls."""
import json
import subprocess

import pytest
from pipeline import CLASS, Pipeline, app, certificate, tls_secret, translate, write

HOST = "app.example.com"


def said(sluice, tmp_path, names, when=None, kind="kubernetes.io/tls", tls=f"{{hosts: [{HOST}], secretName: t}}"):
    """The warnings of one Ingress, whose Secret has a certificate for these names, made then."""
    write(tmp_path / "in/class.yaml", CLASS)
    if when:
        alt = ",".join(f"DNS:{n}" for n in names)
        subprocess.run(["faketime", when, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=test", "-addext", f"subjectAltName={alt}", "-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.crt"],
                       check=True, capture_output=True)
    else:
        certificate(tmp_path, *names)
    write(tmp_path / "in/s.json", tls_secret(tmp_path, "t").replace("kubernetes.io/tls", kind))
    write(tmp_path / "in/app.yaml", app("app", host=HOST, more=f"  tls: [{tls}]\n"))
    status, out, sentences = translate(sluice, tmp_path / "in")
    assert status == 0 and len(json.loads(out)["routes"]) == 1, sentences
    return [line for line in sentences.splitlines() if line.startswith("shop/app: warning: spec.tls")]


@pytest.mark.parametrize("names", [[HOST], ["*.example.com"], ["x.example.org", "APP.Example.COM"]])
def test_nothing_if_it_is_right(sluice, tmp_path, names):
    assert not said(sluice, tmp_path, names)


@pytest.mark.parametrize("names", [["leaf.example.com"], ["*.com"], ["*.app.example.com"], ["example.com"]])
def test_not_for_its_host(sluice, tmp_path, names):
    for tls in (f"{{hosts: [{HOST}], secretName: t}}", "{secretName: t}"):
        (line,) = said(sluice, tmp_path, names, tls=tls)
        assert f'Secret "t" is not for "{HOST}"' in line and all(f'"{n}"' in line for n in names) and line.endswith("[SLU1228]")


def test_many_names_are_counted(sluice, tmp_path):
    (line,) = said(sluice, tmp_path, [f"h{i}.example.org" for i in range(9)])
    assert '"h4.example.org" and 4 more' in line and "h5" not in line
    hosts = ", ".join(f"h{i}.example.net" for i in range(300))
    assert len(said(sluice, tmp_path, ["x.example.org"], tls=f"{{hosts: [{hosts}], secretName: t}}")) == 100


def test_expired_and_not_yet_valid(sluice, tmp_path):
    (line,) = said(sluice, tmp_path, [HOST], "-9 days")
    assert 'Secret "t" has expired, on 2' in line and line.endswith("[SLU1229]")
    (line,) = said(sluice, tmp_path, [HOST], "+9 days")
    assert 'Secret "t" is not valid before 2' in line


def test_of_another_type(sluice, tmp_path):
    (line,) = said(sluice, tmp_path, [HOST], kind="Opaque")
    assert 'Secret "t" is of type "Opaque"' in line and line.endswith("[SLU1230]")


def test_explain_lists_the_certificates_of_each_host(sluice, tmp_path):
    folder = tmp_path / "in"
    write(folder / "class.yaml", CLASS)
    for name, names in (("exact", [HOST]), ("wild", ["*.example.com"]), ("other", ["other.example.org"])):
        certificate(tmp_path, *names)
        write(folder / f"{name}.json", tls_secret(tmp_path, name))
    tls = "".join(f"  - {{hosts: [{HOST}], secretName: {name}}}\n" for name in ("wild", "exact", "other"))
    write(folder / "app.yaml", app("app", host=HOST, more=f"  tls:\n{tls}"))
    write(folder / "bare.yaml", app("bare", host="bare.example.net"))
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()
        explain = lambda name, *args: subprocess.run([sluice, "explain", "ingress", f"shop/{name}", "--run-dir", p.run_dir, *args], capture_output=True, text=True).stdout
        (line,) = [line for line in explain("app").splitlines() if line.startswith("  certificate ")]
        said = line.split("certificate ")[1]
        assert said.startswith(f"{HOST}: shop/exact until 2") and ", which is served, shop/wild until 2" in said and "other" not in said
        assert "bare.example.net: none of ours" in explain("bare")
        hosts = json.loads(explain("app", "--json"))["publisher"]["hosts"]
        assert [c["secret"] for c in hosts[0]["certificates"]] == ["shop/exact", "shop/wild"]


def test_missing_while_another_covers_the_host(sluice, tmp_path):
    folder = tmp_path / "in"
    write(folder / "class.yaml", CLASS)
    write(folder / "app.yaml", app("app", host=HOST, more=f"  tls: [{{hosts: [{HOST}], secretName: soon}}]\n"))
    status, out, sentences = translate(sluice, folder)
    assert status == 1 and 'Secret "shop/soon" not found' in sentences and not json.loads(out).get("routes"), "nobody has one"
    certificate(tmp_path, "*.example.com")
    write(folder / "wild.json", tls_secret(tmp_path, "wild"))
    write(folder / "pomerium.yaml", "{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: global}, spec: {secrets: shop/none, certificates: [shop/wild]}}")
    status, out, sentences = translate(sluice, folder)
    (line,) = [line for line in sentences.splitlines() if line.startswith("shop/app: ")]
    assert line.startswith('shop/app: warning: spec.tls[0].secretName: Secret "shop/soon" not found') and '"shop/wild" is served' in line, line
    assert line.endswith("[SLU1232]") and [r["from"] for r in json.loads(out)["routes"]] == [f"https://{HOST}"]
