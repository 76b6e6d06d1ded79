"""The data service: the RPCs over a catalog of metadata and a store of bytes."""
