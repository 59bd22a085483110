"""``docplatform sql``: questions to the lake's tables."""

from __future__ import annotations

import json

import click

from docplatform.composition import Platform
from docplatform.settings import load_settings


@click.command()
@click.argument("query")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def sql(query: str, style: str) -> None:
    r"""Ask the lake's tables a question in SQL (DuckDB's), read-only. docs/tables.md lists tables and columns.

    \b
    Examples:
      docplatform sql "select extension, count(*) from routed_documents group by 1"
      docplatform sql --format csv "select name, category, confidence from predictions"
      docplatform sql "select name, reason, message from quarantine where state = 'open'"
    """
    platform = Platform(load_settings())
    table = platform.lake.sql(query)
    if style == "json":
        for row in table.to_pylist():
            click.echo(json.dumps(row, default=str, ensure_ascii=False))
        return
    frame = table.to_pandas()
    click.echo(frame.to_csv(index=False), nl=False) if style == "csv" else click.echo(
        frame.to_string(index=False, max_colwidth=80) if len(frame) else "no rows"
    )
