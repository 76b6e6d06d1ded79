"""The schema of the catalog, one numbered step per file."""
