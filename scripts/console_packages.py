# SPDX-License-Identifier: Apache-2.0
"""The Node packages of which code ends up in the console, for the SBOM.

Imports are followed as the bundler follows them, from the console's own files and the runtime that
Svelte and SvelteKit put around them. What the bundler leaves out of a file is not known here, so this
may name a package too many; it leaves none out. What only builds the console is not named.
"""

import base64
import json
import pathlib
import re
import sys

CONSOLE = pathlib.Path(__file__).resolve().parent.parent / "console"
SOURCES = (".ts", ".js", ".svelte")
KIT = "@sveltejs/kit/src/runtime"
RUNTIME = ("svelte/internal/client", "svelte/internal/disclose-version", f"{KIT}/client/entry.js")
CONDITIONS = {"svelte", "browser", "import", "module", "production", "default"}
ENDINGS = ("", ".js", ".mjs", ".ts", "/index.js", "/index.ts")
COMMENTS = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
TYPES = re.compile(r"\b(?:import|export)\s+type\b[^'\"]*['\"][^'\"]*['\"]")
IMPORTS = re.compile(r"(?:\bfrom|\bimport)\s*\(?\s*['\"]([^'\"\n]+)['\"]")


def imports(file: pathlib.Path) -> set[str]:
    text = COMMENTS.sub("", file.read_text(errors="replace"))
    return set(IMPORTS.findall(TYPES.sub("", text)))


def chosen(target) -> str | None:
    """What a browser gets of an entry of `exports` or `imports`."""
    if isinstance(target, dict):
        found = (chosen(value) for name, value in target.items() if name in CONDITIONS)
        return next((one for one in found if one), None)
    return target if isinstance(target, str) else None


def looked_up(table: dict, name: str) -> str | None:
    if name in table:
        return chosen(table[name])
    for pattern, target in table.items():
        before, star, after = pattern.partition("*")
        if star and name.startswith(before) and name.endswith(after):
            path = chosen(target)
            return path and path.replace("*", name[len(before):len(name) - len(after)])
    return None


def home(file: pathlib.Path) -> pathlib.Path | None:
    """The folder of the package that a file is of; `None` for the console's own."""
    parts = file.relative_to(CONSOLE).parts
    if "node_modules" not in parts:
        return None
    last = len(parts) - 1 - parts[::-1].index("node_modules")
    depth = 2 if parts[last + 1].startswith("@") else 1
    return CONSOLE.joinpath(*parts[:last + 1 + depth])


def installed(name: str, near: pathlib.Path) -> pathlib.Path | None:
    for folder in [near, *near.parents]:
        if (package := folder / "node_modules" / name / "package.json").is_file():
            return package.parent
        if folder == CONSOLE:
            return None
    return None


def entry(package: pathlib.Path, path: str) -> pathlib.Path | None:
    """The file that `package/path` names."""
    about = json.loads((package / "package.json").read_text())
    table = about.get("exports")
    if path.startswith("src/runtime/"):
        target = path
    elif table is None:
        target = path or about.get("module") or about.get("main") or "index.js"
    elif isinstance(table, dict) and any(name.startswith(".") for name in table):
        target = looked_up(table, f"./{path}" if path else ".")
    else:
        target = chosen(table)
    return target and existing(package / target)


def existing(path: pathlib.Path) -> pathlib.Path | None:
    there = (pathlib.Path(f"{path}{ending}") for ending in ENDINGS)
    return next((file.resolve() for file in there if file.is_file()), None)


def resolved(name: str, file: pathlib.Path) -> pathlib.Path | None:
    """The file of a package that an import names; `None` for the console's own and the bundler's."""
    package = home(file)
    if name.startswith("$app/"):
        name = f"{KIT}/app/{name.removeprefix('$app/')}"
    if name.startswith(".") and package:
        return existing(file.parent / name)
    if name.startswith("#") and package:
        own = json.loads((package / "package.json").read_text()).get("imports", {})
        target = looked_up(own, name)
        return target and existing(package / target)
    if not re.match(r"@?[a-z]", name):
        return None
    parts = name.split("/")
    depth = 2 if name.startswith("@") else 1
    found = installed("/".join(parts[:depth]), file.parent)
    return found and entry(found, "/".join(parts[depth:]))


def walked() -> dict[pathlib.Path, set[pathlib.Path]]:
    """The packages, and which others each imports; those of the console itself are under it."""
    edges: dict[pathlib.Path, set[pathlib.Path]] = {CONSOLE: set()}
    todo = [file for file in (CONSOLE / "src").rglob("*") if file.suffix in SOURCES]
    start = CONSOLE / "package.json"
    begun = [(start, name) for name in RUNTIME]
    seen: set[pathlib.Path] = set()
    while todo or begun:
        if begun:
            names = [begun.pop()]
        else:
            file = todo.pop()
            names = [(file, name) for name in imports(file)]
        for file, name in names:
            target = resolved(name, file)
            if target is None:
                continue
            owner, user = home(target), home(file) or CONSOLE
            edges.setdefault(owner, set())
            if owner != user:
                edges[user].add(owner)
            if target not in seen and target.suffix != ".css":
                seen.add(target)
                todo.append(target)
    return edges


def packages() -> list[dict]:
    """Name, version, licence, SHA-512 (hexadecimal), folder, and which of the others it needs; the
    first, without a name, is the console."""
    if not (CONSOLE / "node_modules").is_dir():
        sys.exit("console/node_modules is not there: run scripts/install.sh build")
    lock = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    found = []
    for folder, needs in sorted(walked().items()):
        about = lock["" if folder == CONSOLE else str(folder.relative_to(CONSOLE))]
        name = str(folder).rpartition("node_modules/")[2] if folder != CONSOLE else ""
        digest = about.get("integrity", "").removeprefix("sha512-")
        found.append({
            "name": name, "version": about["version"], "license": about["license"],
            "sha512": base64.b64decode(digest).hex(), "folder": folder, "needs": sorted(needs),
        })
    return found
