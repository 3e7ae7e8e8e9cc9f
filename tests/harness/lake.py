# SPDX-License-Identifier: Apache-2.0
"""The tables as other engines see them: DuckDB's `iceberg_scan` and pyiceberg, on the files."""

import pathlib

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
from pyiceberg.table import StaticTable

from .server import Server


def folder(server: Server, table: str) -> pathlib.Path:
    """The table's folder, found by the hint file that each commit writes."""
    lake = pathlib.Path(server.endpoints["lake"])
    found = [
        hint.parent.parent for hint in lake.glob("**/metadata/version-hint.text")
        if hint.parent.parent.name == table
    ]
    assert len(found) == 1, f"{table} under {lake}: {found}"
    return found[0]


def duck() -> duckdb.DuckDBPyConnection:
    """A connection with the iceberg extension from its package, not from the network."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for package in (duckdb_extension_avro, duckdb_extension_iceberg):
        home = pathlib.Path(package.__file__).parent
        extension = next(home.rglob("*.duckdb_extension"))
        connection.execute(f"LOAD '{extension}'")
    return connection


def duck_rows(server: Server, table: str, select: str = "count(*)", rest: str = "") -> list[tuple]:
    """`SELECT select FROM table rest` in DuckDB."""
    scan = f"iceberg_scan('{folder(server, table)}', version_name_format = '%s%s.metadata.json')"
    return duck().execute(f"SELECT {select} FROM {scan} AS t {rest}").fetchall()


def duck_count(server: Server, table: str) -> int:
    return duck_rows(server, table)[0][0]


def pyiceberg_table(server: Server, table: str) -> StaticTable:
    """Opened from the metadata file that the hint names."""
    home = folder(server, table) / "metadata"
    version = (home / "version-hint.text").read_text().strip()
    return StaticTable.from_metadata(str(home / f"{version}.metadata.json"))


def pyiceberg_count(server: Server, table: str) -> int:
    return pyiceberg_table(server, table).scan().to_arrow().num_rows
