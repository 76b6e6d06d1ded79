"""Tabular data: readings of sensors, found by filter, SQL and MQL."""
