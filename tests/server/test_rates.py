"""Counting who has asked too much."""

from __future__ import annotations

import contextlib

import grpc
import pytest

from labeler.server.errors import RpcError
from labeler.server.rates import AtOnce, Rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_full_at_first_and_fills_again_with_time() -> None:
    clock = Clock()
    rate = Rate(per_second=2, burst=3, clock=clock)
    assert [rate.take("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert rate.take("b") == 0
    clock.now += 0.5
    assert [rate.take("a") for _ in range(2)] == [0, 0.5]
    clock.now += 1_000
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_buckets_of_a_million_names_are_not_kept_and_the_emptiest_stay() -> None:
    clock = Clock()
    rate = Rate(per_second=1, burst=2, clock=clock)
    for _ in range(2):
        rate.take("busy")
    for number in range(30_000):
        rate.take(str(number))
    assert len(rate._buckets) <= 10_000
    assert rate.take("busy") == 1


def test_a_turn_is_given_back_whatever_happens_in_it() -> None:
    at_once = AtOnce(3, 2)
    with contextlib.ExitStack() as stack:
        for name in ("a", "a", "b"):
            stack.enter_context(at_once.turn(name))
        for name in ("a", "c"):
            with pytest.raises(RpcError) as caught, at_once.turn(name):
                raise AssertionError
            assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert caught.value.retry_after > 0
    with contextlib.suppress(ValueError), at_once.turn("a"), at_once.turn("a"):
        raise ValueError
    with at_once.turn("a"), at_once.turn("a"), at_once.turn("c"):
        pass
