"""Many routes gone at once: the file keeps them, as the databroker does, until somebody says that it is meant."""
import json
import os
import re
import shutil

import pytest
from bootstrap import POMERIUM, secret
from databroker import Databroker, Up
from pipeline import CLASS, Pipeline, app, certificate, fill, read, tls_secret, wait_for, write

N = 40


def hosts(p):
    return {r["from"] for r in json.loads(read(p.out) or b"{}").get("routes", [])}


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in/keep", 3)
    fill(tmp_path / "in/many", N, start=10)
    certificate(tmp_path, "app-10.example.com")
    write(tmp_path / "in/many/s.json", tls_secret(tmp_path, "t"))
    write(tmp_path / "in/many/app-10.yaml", app("app-10", more="  tls: [{hosts: [app-10.example.com], secretName: t}]\n"))
    return tmp_path / "in"


def held(p):
    return "too many routes would go at once, they stay" in p.log()


def test_they_stay_and_others_go_on(sluice, tmp_path, folder):
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()
        before = json.loads(read(p.out))
        assert len(before["routes"]) == N + 3 and before["settings"]["certificates"]
        shutil.rmtree(folder / "many")
        wait_for(p.log, lambda: held(p))
        write(folder / "keep/app-1.yaml", app("app-1", "10.7.7.7"))
        write(folder / "keep/new.yaml", app("new"))
        wait_for(p.log, lambda: "https://new.example.com" in hosts(p) and b"10.7.7.7" in read(p.out))
        after = json.loads(read(p.out))
        assert len(after["routes"]) == N + 4 and after["settings"] == before["settings"], "with their certificate"
        (folder / "keep/app-2.yaml").unlink()  # a few may go, but now it is one more of many
        fill(folder / "many", N, start=10)  # it was an accident
        wait_for(p.log, lambda: len(hosts(p)) == N + 3 and "https://app-2.example.com" not in hosts(p))


def test_an_empty_folder_at_start(sluice, tmp_path, folder):
    with Pipeline(sluice, tmp_path, folder) as p:
        p.settled()
    before = read(p.out)
    shutil.rmtree(folder)
    os.mkdir(folder)
    for i in range(2):
        with Pipeline(sluice, tmp_path, folder) as p:
            wait_for(p.log, lambda: len(re.findall("no class is left|too many routes would go at once", p.log())) > i)
            write(folder / "more.yaml", CLASS + "---\n" + app(f"more-{i}"))
            wait_for(p.log, lambda: f"https://more-{i}.example.com" in hosts(p))
            assert len(hosts(p)) >= N + 4 and before != read(p.out)
    with Pipeline(sluice, tmp_path, folder, "--max-delete-share", "100") as p:
        wait_for(p.log, lambda: hosts(p) == {"https://more-1.example.com"})


def test_the_pomerium_object_says_that_it_is_meant(sluice, tmp_path, folder):
    write(folder / "secret.yaml", secret())
    write(folder / "pomerium.yaml", POMERIUM)
    with Pipeline(sluice, tmp_path, folder) as p:
        wait_for(p.log, lambda: len(hosts(p)) == N + 3)
        shutil.rmtree(folder / "many")
        wait_for(p.log, lambda: held(p))
        assert len(hosts(p)) == N + 3
        write(folder / "pomerium.yaml", POMERIUM.replace("name: global", 'name: global, annotations: {ingress.pomerium.io/allow-mass-delete: "true"}'))
        wait_for(p.log, lambda: len(hosts(p)) == 3)


def test_a_few_go_at_once(sluice, tmp_path):
    fill(tmp_path / "in", 20)
    with Pipeline(sluice, tmp_path, tmp_path / "in") as p:
        p.settled()
        for i in range(20):
            (tmp_path / f"in/app-{i}.yaml").unlink()
        wait_for(p.log, lambda: not hosts(p))
        assert not held(p)


@pytest.mark.parametrize("how", ["class", "controller", "files"])
def test_all_of_them_for_want_of_a_class_stay_however_few(sluice, tmp_path, how):
    folder, keep = tmp_path / "in", tmp_path / "keep"
    fill(folder, 3)
    with Pipeline(sluice, tmp_path, folder) as p:
        before = p.settled()
        shutil.copytree(folder, keep)
        if how == "class":
            (folder / "class.yaml").unlink()
        elif how == "controller":
            write(folder / "class.yaml", CLASS.replace("pomerium.io/ingress-controller", "example.com/other"))
        else:
            for path in folder.iterdir():
                path.unlink()
        wait_for(p.log, lambda: "no class is left, the routes stay" in p.log())
    assert read(p.out) == before
    with Pipeline(sluice, tmp_path, folder) as p:  # nor at the next start
        wait_for(p.log, lambda: p.log().count("no class is left") == 2)
        assert read(p.out) == before
        shutil.copytree(keep, folder, dirs_exist_ok=True)
        (folder / "app-1.yaml").unlink()
        wait_for(p.log, lambda: hosts(p) == {"https://app-0.example.com", "https://app-2.example.com"})
    (folder / "class.yaml").unlink()
    with Pipeline(sluice, tmp_path, folder, "--max-delete-share", "100") as p:
        wait_for(p.log, lambda: not hosts(p))


@pytest.mark.parametrize("at_once", [True, False])
def test_in_a_databroker_the_certificates_stay_too(sluice, tmp_path, at_once):
    """Each is a record of its own, which has no routes."""
    folder = tmp_path / "in"
    fill(folder, 3)
    certificate(tmp_path, "app-0.example.com")
    write(folder / "tls.yaml", tls_secret(tmp_path, "tls"))
    write(folder / "app-0.yaml", app("app-0", more="  tls: [{hosts: [app-0.example.com], secretName: tls}]\n"))
    with Databroker(tmp_path) as databroker, Up(sluice, tmp_path / "up", folder, databroker) as p:
        p.stored()
        before = databroker.records()
        (folder / "class.yaml").unlink()
        if not at_once:
            wait_for(p.log, lambda: "no class is left" in p.log())
        (folder / "app-0.yaml").unlink()
        (folder / "tls.yaml").unlink()
        wait_for(p.log, lambda: "no class is left" in p.log())
        write(folder / "pomerium.yaml", POMERIUM + "---\n" + secret())  # which is written
        wait_for(p.log, lambda: set(databroker.records()) > set(before) or databroker.records() != before)
        assert {name: config for name, config in databroker.records().items() if name in before and "settings" not in name} == \
               {name: config for name, config in before.items() if "settings" not in name}
        assert not [e for e in databroker.writes() if e.get("deleted")]
