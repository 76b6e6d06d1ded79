"""Services that last as long as a module's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.server.served import Served

Start = Callable[..., Served]


@pytest.fixture(scope="module")
def serve_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts services that last as long as the module's tests."""
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(tmp_path_factory.mktemp("served") / "data", *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()


@pytest.fixture(scope="module")
def plaintext(serve_module: Start) -> Served:
    return serve_module("--insecure", "--listen", "127.0.0.1:0")


@pytest.fixture(scope="module")
def over_tls(serve_module: Start) -> Served:
    return serve_module("--listen", "127.0.0.1:0")
