# SPDX-License-Identifier: Apache-2.0
"""`make sbom`: a valid CycloneDX document that names what is linked in, the same each time."""

import json
import subprocess

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from harness.binary import REPOSITORY


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sbom")
    subprocess.run([REPOSITORY / "scripts" / "sbom.py", folder], check=True, timeout=120)
    return folder


def test_it_is_valid_cyclonedx(made):
    text = (made / "headwater.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_it_names_what_is_linked_in_and_leaves_out_what_tests_use(made):
    sbom = json.loads((made / "headwater.cdx.json").read_text())
    scopes = {one["name"]: one["scope"] for one in sbom["components"]}
    assert scopes["rustls"] == scopes["datafusion"] == scopes["hw-session"] == "required"
    assert "proptest" not in scopes and "xtask" not in scopes
    assert sbom["metadata"]["component"]["name"] == "headwater"
    foreign = [one for one in sbom["components"] if not one["name"].startswith("hw-")]
    assert all(one["hashes"] and one["licenses"] for one in foreign)
    refs = {one["bom-ref"] for one in sbom["components"]} | {sbom["metadata"]["component"]["bom-ref"]}
    assert all(set(one["dependsOn"]) <= refs for one in sbom["dependencies"])


def test_it_names_the_node_packages_of_which_code_is_in_the_console(made):
    sbom = json.loads((made / "headwater.cdx.json").read_text())
    node = {one["name"]: one for one in sbom["components"] if one["purl"].startswith("pkg:npm/")}
    assert {"svelte", "@sveltejs/kit", "uplot", "@codemirror/view", "@lezer/common"} <= set(node)
    assert not {"vite", "typescript", "svelte-check", "axe-core", "magic-string"} & set(node)
    # As deny.toml has it for crates: permissive licences.
    allowed = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
    foreign = {name for name, one in node.items() if one["licenses"][0]["expression"] not in allowed}
    assert not foreign, f"not a licence that may be linked in: {foreign}"
    assert "svelte" in (made / "THIRD-PARTY.txt").read_text()


def test_licence_texts_are_there_and_nothing_differs_the_next_time(made, tmp_path):
    assert "Permission is hereby granted" in (made / "THIRD-PARTY.txt").read_text()
    subprocess.run([REPOSITORY / "scripts" / "sbom.py", tmp_path], check=True, timeout=120)
    for name in ("headwater.cdx.json", "THIRD-PARTY.txt"):
        assert (made / name).read_bytes() == (tmp_path / name).read_bytes()
