"""What two workers on the same CPUs get done, each with all of them or with its share.

    python benchmarks/shared_cpus.py [--seconds 15] [--rounds 4]

Each round, two processes at once train six layers of width 384 on batches of 16 x 32 tokens, as
workers of two pools do: once with as many threads as there are CPUs, once with their share
(`workers/processes/shared_cpus.py`). A trial is 50 steps. Waiting threads sleep, as in pools.
"""

import argparse
import os
import time
from multiprocessing import get_context
from multiprocessing.queues import Queue

from peftsearch.workers.processes.shared_cpus import share
from peftsearch.workers.runtime.threads import count_cpus, find_cpus, wait_passively

STEPS = 50
WORKERS = 2


def train(threads: int, seconds: float, done: "Queue[tuple[int, float]]") -> None:
    """Steps within so many seconds, and the CPU seconds that they took."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    layer = nn.TransformerEncoderLayer(384, 12, 1536, batch_first=True)
    model, batch = nn.TransformerEncoder(layer, 6), torch.randn(16, 32, 384)
    model(batch).sum().backward()
    steps, ends, used = 0, time.monotonic() + seconds, time.process_time()
    while time.monotonic() < ends:
        model(batch).sum().backward()
        steps += 1
    done.put((steps, time.process_time() - used))


def measure(threads: int, seconds: float) -> tuple[float, float]:
    """Trials per minute of all workers, and CPU seconds of one."""
    context = get_context("spawn")
    done = context.Queue()
    started = [
        context.Process(target=train, args=(threads, seconds, done)) for _ in range(WORKERS)
    ]
    for process in started:
        process.start()
    found = [done.get() for _ in started]
    for process in started:
        process.join()
    trials = sum(steps for steps, _ in found) / STEPS
    return trials / seconds * 60, sum(used for _, used in found) / trials


def main() -> None:
    """Alternate, and print each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    os.environ.pop("OMP_NUM_THREADS", None)
    wait_passively(os.environ)
    cpus = find_cpus()
    mine = share(cpus, [cpus] * (WORKERS - 1), count_cpus())
    for _ in range(asked.rounds):
        for threads in (count_cpus(), mine):
            rate, used = measure(threads, asked.seconds)
            load = os.getloadavg()[0]
            print(
                f"{threads} threads each: {rate:.2f} trials a minute, {used:.1f} CPU seconds a "
                f"trial (load {load:.0f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
