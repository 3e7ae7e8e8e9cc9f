# SPDX-License-Identifier: Apache-2.0
"""The binary under test and one-shot runs of its command line."""

import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def target() -> pathlib.Path:
    """Where cargo builds."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))


def path() -> str:
    """`HEADWATER_BIN`, or the dev build of this workspace."""
    return os.environ.get("HEADWATER_BIN") or str(target() / "debug" / "headwater")


def example(name: str) -> str:
    """An example of the workspace, as `cargo test` builds it among others; built if it is not there."""
    built = target() / "debug" / "examples" / name
    if not built.exists():
        command = ["cargo", "build", "--quiet", "--workspace", "--example", name]
        subprocess.run(command, cwd=REPOSITORY, check=True)
    return str(built)


def clean_environment(**more: str) -> dict[str, str]:
    """The caller's environment without anything that would steer the server or a client."""
    steering = ("HEADWATER_", "AWS_", "PG", "RUST_LOG")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(steering)}
    return {**kept, **more}


def run(*args: str, stdin: str | None = None, env: dict[str, str] | None = None,
        check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess:
    """Runs `headwater ARGS`; with `check`, a failure shows what the command said."""
    done = subprocess.run(
        [path(), *args], input=stdin, env=clean_environment(**(env or {})),
        capture_output=True, text=True, timeout=timeout,
    )
    if check and done.returncode != 0:
        raise AssertionError(
            f"headwater {' '.join(args)} ended with {done.returncode}\n"
            f"stdout: {done.stdout}\nstderr: {done.stderr}"
        )
    return done
