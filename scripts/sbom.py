#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is in the binary: a CycloneDX 1.6 document and the licences' texts, from cargo metadata and what
the console imports.

    scripts/sbom.py [FOLDER]      writes headwater.cdx.json and THIRD-PARTY.txt (target/sbom)

Every crate that is linked in or helps to build, for the platforms we build for, and every Node package
of which code is in the console, with the checksum of its lock file; what only tests use is left out. The
same tree gives the same bytes.
"""

import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import tomllib
import uuid

import console_packages

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = "headwater"
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
LICENCE_FILES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


def metadata() -> dict:
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    for target in TARGETS:
        command += ["--filter-platform", target]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def checksums() -> dict[tuple[str, str], str]:
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(one["name"], one["version"]): one["checksum"]
            for one in lock["package"] if "checksum" in one}


def reached(meta: dict) -> tuple[dict[str, list[str]], set[str]]:
    """Dependencies of each package that the binary needs, by id; and those that are linked in."""
    nodes = {node["id"]: node for node in meta["resolve"]["nodes"]}
    root = next(p["id"] for p in meta["packages"] if p["name"] == BINARY)
    edges: dict[str, list[str]] = {}
    linked: set[str] = set()
    todo = collections.deque([(root, True)])
    while todo:
        package, in_binary = todo.popleft()
        if package in edges and (package in linked or not in_binary):
            continue
        if in_binary:
            linked.add(package)
        needed = []
        for dep in nodes[package]["deps"]:
            kinds = {kind["kind"] for kind in dep["dep_kinds"]}
            if kinds <= {"dev"}:
                continue
            needed.append(dep["pkg"])
            todo.append((dep["pkg"], in_binary and None in kinds))
        edges[package] = sorted(set(needed))
    return edges, linked


def purl(package: dict) -> str:
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def node_purl(package: dict) -> str:
    return f"pkg:npm/{package['name'].replace('@', '%40')}@{package['version']}"


def node_component(package: dict) -> dict:
    return {
        "type": "library", "bom-ref": node_purl(package), "name": package["name"],
        "version": package["version"], "scope": "required", "purl": node_purl(package),
        "licenses": [{"expression": package["license"]}],
        "hashes": [{"alg": "SHA-512", "content": package["sha512"]}],
    }


def component(package: dict, linked: bool, sums: dict) -> dict:
    made = {
        "type": "library", "bom-ref": purl(package), "name": package["name"],
        "version": package["version"], "scope": "required" if linked else "excluded",
        "purl": purl(package),
    }
    if package.get("description"):
        made["description"] = " ".join(package["description"].split())
    if package.get("license"):
        # The old form of "or" is no SPDX expression.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if sum_ := sums.get((package["name"], package["version"])):
        made["hashes"] = [{"alg": "SHA-256", "content": sum_}]
    repository = package.get("repository") or ""
    if repository.startswith("http"):
        made["externalReferences"] = [{"type": "vcs", "url": repository}]
    return made


def document(meta: dict, console: dict, node: list[dict]) -> tuple[dict, list[dict]]:
    """The document, and the crates of others that are linked in."""
    packages = {package["id"]: package for package in meta["packages"]}
    edges, linked = reached(meta)
    sums = checksums()
    root = next(packages[one] for one in edges if packages[one]["name"] == BINARY)
    others = sorted((packages[one] for one in edges if packages[one] is not root), key=purl)
    locks = (ROOT / "Cargo.lock", ROOT / "console" / "package-lock.json")
    name = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    by_folder = {package["folder"]: node_purl(package) for package in node}
    needs = {purl(packages[one]): [purl(packages[to]) for to in to_all] for one, to_all in edges.items()}
    needs[purl(root)] += [by_folder[folder] for folder in console["needs"]]
    needs |= {node_purl(one): [by_folder[folder] for folder in one["needs"]] for one in node}
    application = component(root, True, sums) | {"type": "application"}
    del application["scope"]
    made = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "metadata": {"component": application},
        "components": [component(one, one["id"] in linked, sums) for one in others]
        + [node_component(one) for one in node],
        "dependencies": [{"ref": one, "dependsOn": sorted(to)} for one, to in sorted(needs.items())],
    }
    return made, [one for one in others if one["id"] in linked and one["source"]]


def notices(crates: list[dict], node: list[dict]) -> str:
    """The licence texts that the crates and packages carry; equal ones once."""
    texts: dict[str, list[str]] = collections.defaultdict(list)
    lines = ["Headwater contains these crates and, in its console, Node packages under their licences.\n"]
    folders = [(one, pathlib.Path(one["manifest_path"]).parent) for one in crates]
    for package, folder in folders + [(one, one["folder"]) for one in node]:
        name = f"{package['name']} {package['version']}"
        lines.append(f"{name}: {package.get('license') or 'see its licence file'}")
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.name.upper().startswith(LICENCE_FILES):
                texts[file.read_text(errors="replace").strip()].append(name)
    for text, names in sorted(texts.items(), key=lambda one: one[1]):
        lines += ["", "-" * 80, ", ".join(sorted(set(names))), "-" * 80, text]
    return "\n".join(lines) + "\n"


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target" / "sbom"
    folder.mkdir(parents=True, exist_ok=True)
    console, *node = console_packages.packages()
    made, crates = document(metadata(), console, node)
    sbom, texts = folder / "headwater.cdx.json", folder / "THIRD-PARTY.txt"
    sbom.write_text(json.dumps(made, indent=1) + "\n")
    texts.write_text(notices(crates, node))
    print(f"{sbom}: {len(made['components']) - len(node)} crates, {len(crates)} of them linked in, "
          f"{len(node)} Node packages\n{texts}")


if __name__ == "__main__":
    main()
