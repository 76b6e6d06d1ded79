"""The schema of tabular.db, step by step."""
