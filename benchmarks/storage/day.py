"""A thousand workers with trials of two minutes on one PostgreSQL server, in made-up time.

Usage: python -m benchmarks.storage.day [--workers 1000] [--minutes 10] [--ended 10000]
The job begins with so many ended trials (`tests.seeding`), one running for each worker and as many
queued. Of the ended as large a share are repeats as a search makes: without any, the next thousand
proposals would be. From then on a clock of our own goes from event to event, and at each the real
calls are made by this one process: a worker that is free takes its turn and claims, one whose
trial ended records it, the one that proposes reads what is new, proposes and queues. A proposal
takes as long in that time as it took CPU, everything that is asked of the store as long as it
took CPU here and at the server. Trainings are made up. So nothing here waits for a processor
that others use.
"""

import argparse
import heapq
import itertools
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import psutil
from sqlalchemy import create_engine, text

from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal, Trial, without_circumstances
from peftsearch.search.memory import Memory
from peftsearch.search.proposals import propose_each
from peftsearch.storage.store import Store
from peftsearch.workers.processes.known_trials import KnownTrials
from tests.cluster import Cluster, find_programs, run_cluster
from tests.seeding import draw, seed_job

NAME, LEASE = "day", 3600.0
BATCH, GROUP, POLL, BEAT = 64, 2.0, 0.5, 5.0
"""As of `workers.processes`: proposals from the same records, seconds between two insertions, a
look of a worker that waits, and a beat of one that trains."""
TRIAL = 120.0


class Meter:
    """CPU seconds of this process and of the server by what was asked, and how often it was."""

    def __init__(self, cluster: Cluster) -> None:
        asked = (cluster.folder / "data" / "postmaster.pid").read_text().split()[0]
        self._server = psutil.Process(int(asked))
        self.here: dict[str, list[float]] = defaultdict(list)

    def ask(self, name: str, action: Callable[..., Any], *arguments: Any) -> Any:
        """Do it and note what it took here."""
        began = time.process_time()
        found = action(*arguments)
        self.here[name].append(time.process_time() - began)
        return found

    def server(self) -> float:
        """CPU seconds of all its processes so far, those that ended included."""
        own = self._server.cpu_times()
        spent = own.user + own.system + own.children_user + own.children_system
        for child in self._server.children():
            with_child = child.cpu_times()
            spent += with_child.user + with_child.system
        return spent


@dataclass
class Crowd:
    """The workers, the one that proposes, and their clock in seconds."""

    store: Store
    job: Job
    meter: Meter
    workers: int
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    events: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    proposing: float = 0.0
    ended: int = 0
    proposed: Counter[str] = field(default_factory=Counter)
    least: int = 10**9

    def __post_init__(self) -> None:
        self._order, self._memory = itertools.count(), Memory()
        self._known = KnownTrials(self.store, self.job.id, without_circumstances)
        self._token = 0

    def begin(self) -> None:
        """Fill the queue twice over, and let each worker be somewhere in a trial."""
        spec, store = self.job.spec, self.store
        fresh = draw(spec, 2 * self.workers, seed=77).configurations
        self._token = store.take_suggestion_lease(self.job.id, "proposer", LEASE) or 0
        for i in range(0, len(fresh), BATCH):
            some = fresh[i : i + BATCH]
            new = [Proposal(x, 10**6 + i + j, "search") for j, x in enumerate(some)]
            store.insert(self.job.id, self._token, new, [spec.count_costs(x) for x in some])
        for worker in range(self.workers):
            store.register_worker(self.job.id, f"w{worker}", f"host{worker // 8}", 1, "cuda:0")
            trial = store.claim(self.job.id, f"w{worker}", LEASE)
            assert trial is not None
            self._plan(self.rng.uniform(0, TRIAL), self._end(f"w{worker}", trial))
        self._propose()  # reads all, and fills the memory; not counted
        self._plan(0.0, self.propose)

    def run(self, seconds: float, most: float) -> float:
        """Until that time of the clock, or for so many real seconds; the clock's time then."""
        until, at = time.monotonic() + most, 0.0
        while self.events and self.events[0][0] < seconds and time.monotonic() < until:
            at, _, act = heapq.heappop(self.events)
            act(at)
        return at

    def propose(self, at: float) -> None:
        """A turn of the one that proposes: what it finds is queued in groups."""
        missing = self.workers - self.store.queued(self.job.id)
        self.least = min(self.least, self.workers - missing)
        if missing <= 0:
            self._plan(at + POLL, self.propose)
            return
        found = self._propose(min(missing, BATCH))
        spent = found[-1][1] if found else POLL
        for _, group in itertools.groupby(found, key=lambda x: x[1] // GROUP):
            some = list(group)
            self._plan(at + some[-1][1], self._insert([x for x, _ in some]))
        self.proposing += spent
        self._plan(at + spent, self.propose)

    def _propose(self, number: int = BATCH) -> list[tuple[Proposal, float]]:
        """Proposals, and the CPU seconds after which there is each."""
        began = time.process_time()
        trials = self._known.read()
        asked = number, self.job.spec.seed, None, self._memory
        return [
            (x, time.process_time() - began) for x in propose_each(self.job.spec, trials, *asked)
        ]

    def _insert(self, proposals: list[Proposal]) -> Callable[[float], None]:
        def act(at: float) -> None:
            costs = [self.job.spec.count_costs(x.configuration) for x in proposals]
            asked = self.job.id, self._token, proposals, costs
            self.meter.ask("insert", self.store.insert, *asked)
            self.proposed.update(x.origin for x in proposals)

        return act

    def _turn(self, worker: str, since: float) -> Callable[[float], None]:
        def act(at: float) -> None:
            trial = self.meter.ask("turn and claim", self._claim, worker)
            if trial is None:
                self._plan(at + POLL, self._turn(worker, since))
                return
            self.waits.append(at - since)
            beat = self.store.heartbeat, worker, 1, 2
            self.meter.ask("beat", *beat)
            self.meter.ask("renew", self.store.renew, trial.id, trial.attempt, LEASE)
            self._plan(at + TRIAL * self.rng.uniform(0.8, 1.2), self._end(worker, trial))

        return act

    def _claim(self, worker: str) -> Trial | None:
        """What a turn of the loop asks."""
        store, job_id = self.store, self.job.id
        store.signs(job_id)
        store.heartbeat(worker)
        store.requeue_expired(job_id)
        store.job(job_id)
        store.workers(job_id)
        store.queued(job_id)
        store.take_suggestion_lease(job_id, worker, LEASE)
        found = store.claim(job_id, worker, LEASE)
        store.rest()
        return found

    def _end(self, worker: str, trial: Trial) -> Callable[[float], None]:
        def act(at: float) -> None:
            cost = trial.measurements[self.job.spec.objectives.cost]
            quality = min(0.95, 0.55 + 0.02 * len(str(int(cost))) + self.rng.gauss(0, 0.03))
            values = {**trial.measurements, self.job.spec.task.quality: quality, "loss": 0.3}
            self.meter.ask("complete", self._record, trial, values)
            self.ended += 1
            self._plan(at, self._turn(worker, at))

        return act

    def _record(self, trial: Trial, values: dict[str, float]) -> None:
        self.store.job(self.job.id)
        curve = {(i + 0.5) / 20: 0.5 for i in range(20)}
        self.store.complete(trial.id, trial.attempt, values, {"kind": "made up"}, None, curve)

    def _plan(self, at: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (at, next(self._order), act))


def tell(crowd: Crowd, seconds: float, server: float) -> Iterator[str]:
    """What it took; a day has 86,400 seconds of each processor."""
    ended, meter = crowd.ended, crowd.meter
    yield f"{seconds / 60:.1f} minutes of {crowd.workers} workers: {ended} trials ended, " + (
        f"{60 * ended / seconds:.0f} a minute, proposed {dict(crowd.proposed)}"
    )
    waited = sum(x > 0 for x in crowd.waits)
    yield f"least queued when the one that proposes looked: {crowd.least}; waits for a claim: " + (
        f"{waited} of {len(crowd.waits)}, longest {max(crowd.waits):.1f} s"
    )
    yield (
        f"proposing: {crowd.proposing / max(1, crowd.proposed.total()):.3f} CPU s a proposal, "
        + (f"{crowd.proposing / seconds:.2f} of one processor")
    )
    for name, taken in meter.here.items():
        yield f"{name}: {len(taken)} times, {1000 * fmean(taken):.1f} ms of CPU here"
    beats = crowd.workers / BEAT
    beat, renewal = (fmean(meter.here[x]) for x in ("beat", "renew"))
    yield f"server: {1000 * server / max(1, ended):.1f} ms of CPU for a trial with one beat, " + (
        f"{server / seconds:.2f} of one processor; {beats:.0f} beats and renewals a second are "
        f"wanted, {1000 * (beat + renewal):.1f} ms of CPU each at the workers"
    )


def mark_repeats(url: str) -> None:
    """Let 15 % of the ended trials be repeats, which is the share of a search."""
    with create_engine(url).begin() as connection:
        connection.execute(text("UPDATE trials SET origin = 'repeat' WHERE number % 20 > 16"))


def measure_beats(crowd: Crowd, times: int = 300) -> float:
    """CPU seconds of the server for a beat and a renewal, over a connection that stays."""
    trial = crowd.store.open_trials(crowd.job.id)[0]
    before = crowd.meter.server()
    for i in range(times):
        crowd.store.heartbeat(f"w{i % crowd.workers}", 1, 2)
        crowd.store.renew(trial.id, trial.attempt, LEASE)
    return (crowd.meter.server() - before) / times


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--ended", type=int, default=10_000)
    parser.add_argument("--most", type=float, default=1800.0, help="seconds that go by at most")
    options = parser.parse_args()
    programs = find_programs()
    assert programs is not None, "no programs of PostgreSQL here"
    with run_cluster(programs) as cluster:
        url = cluster.url("postgres")
        with Store.open(url):
            seed_job(url, NAME, options.ended)
        mark_repeats(url)
        with Store.open(url) as store:
            crowd = Crowd(store, store.find_job(NAME), Meter(cluster), options.workers)
            crowd.begin()
            print("begun", flush=True)
            before = crowd.meter.server()
            seconds = crowd.run(60 * options.minutes, options.most)
            for line in tell(crowd, seconds, crowd.meter.server() - before):
                print(line, flush=True)
            each = measure_beats(crowd)
            beats = options.workers / BEAT
            print(
                f"a beat and a renewal: {1000 * each:.2f} ms of CPU of the server, "
                + (f"{each * beats:.2f} of one processor for all")
            )


if __name__ == "__main__":
    main()
