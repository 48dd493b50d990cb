"""A database for the benchmark alone, on a server that flushes what it commits."""

import os
from urllib.parse import urlsplit

import psycopg


def fresh_database() -> str:
    """A database of its own beside the given one, made anew."""
    given = urlsplit(os.environ["DATABASE_URL"])
    admin_url = given._replace(path="/postgres").geturl()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS afterword_bench_live WITH (FORCE)")
        admin.execute("CREATE DATABASE afterword_bench_live")
    return given._replace(path="/afterword_bench_live").geturl()


def durable(database: str) -> bool:
    """Whether this server flushes what it commits."""
    with psycopg.connect(database) as asking:
        row = asking.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    return row == ("on", "on")
