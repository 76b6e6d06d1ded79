"""The wire: `.proto` files and their generated code in `wire`, and what turns messages into values and errors."""
