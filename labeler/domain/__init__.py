"""What is labeled: immutable values and pure functions. Imports the standard library alone."""
