"""A run over processes: each generation all are told what all gained, and nothing more."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Generic
from uuid import uuid4

import numpy as np

from .lanes import Lane
from .maps import Maps, Plan, State, Weights
from .replica import News, Replica
from .resampling import Matrix

_REPLICAS: dict[tuple[str, int], Replica[Any]] = {}
"""Of this process, by run and worker."""


class Conductor(Generic[State]):
    """Sequential Monte Carlo over workers that may come at any time.

    Entangled Monte Carlo (Jun, Wang and Bouchard-Cote, NIPS 2012): all workers resample alike from
    weights alone, and compute again what they lack. The result is that of `maps.run_alone`, to the
    last bit, however many there are. For the same run in one process, each worker may be a thread.

    Args:
        maps: The proposal; it goes to each worker once.
        plan: What the run is.
    """

    def __init__(self, maps: Maps[State], plan: Plan) -> None:
        self._maps, self._plan, self._run = maps, plan, uuid4().hex
        self._workers: list[Lane] = []
        self._history: list[News] = []
        self._gains: Matrix | None = None
        self._broken = False

    def join(self, lane: Lane) -> None:
        """One more worker, from the next generation on.

        Args:
            lane: With a single process of its own, such as `ProcessPoolExecutor(1)` or a
                `RayLane`: what a worker holds stays in its process.
        """
        arguments = self._maps, self._plan, tuple(self._history)
        lane.submit(_begin, self._key(len(self._workers)), *arguments).result()
        self._workers.append(lane)

    def advance(self, generations: int = 1) -> None:
        """So many generations more.

        Raises:
            ValueError: No worker has joined.
            RuntimeError: A generation failed before: its workers no longer know the same.
        """
        if not self._workers:
            raise ValueError("expected a worker; got none; call join first")
        if self._broken:
            raise RuntimeError("expected workers that know the same; one failed; begin a new run")
        for _ in range(generations):
            self._broken = True
            news = News(tuple(range(len(self._workers))), self._gains)
            answers = self._ask(_advance, news)
            self._history.append(news)
            self._gains = np.empty(self._plan.particles)
            for slots, gains in answers:
                self._gains[slots] = gains
            self._broken = False

    def weights(self) -> Weights:
        """Those of the last generation."""
        weights = Weights(self._plan)
        for generation, news in enumerate([*self._history[1:], News((), self._gains)]):
            weights.resample(generation)
            if news.gains is not None:
                weights.gain(news.gains)
        return weights

    def state(self, slot: int) -> State:
        """A particle of the last generation, which the first worker computes if it must."""
        found: State = self._workers[0].submit(_state, self._key(0), slot).result()
        return found

    def steps(self) -> list[int]:
        """Particles that each worker computed, some of them again."""
        return self._ask(_steps)

    def close(self) -> None:
        """Let the workers forget the run."""
        self._ask(_end)

    def _key(self, worker: int) -> tuple[str, int]:
        return self._run, worker

    def _ask(self, action: Any, *arguments: Any) -> list[Any]:
        asked: Sequence[Future[Any]] = [
            lane.submit(action, self._key(i), *arguments) for i, lane in enumerate(self._workers)
        ]
        return [x.result() for x in asked]


def _begin(key: tuple[str, int], maps: Maps[Any], plan: Plan, history: Sequence[News]) -> None:
    _REPLICAS[key] = Replica(maps, plan, key[1], history)


def _advance(key: tuple[str, int], news: News) -> Any:
    return _REPLICAS[key].advance(news)


def _state(key: tuple[str, int], slot: int) -> Any:
    return _REPLICAS[key].state(slot)


def _steps(key: tuple[str, int]) -> int:
    return _REPLICAS[key].steps


def _end(key: tuple[str, int]) -> None:
    _REPLICAS.pop(key, None)
