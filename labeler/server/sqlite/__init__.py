"""The catalog on SQLite."""

from labeler.server.sqlite.catalog import SqliteCatalog

__all__ = ["SqliteCatalog"]
