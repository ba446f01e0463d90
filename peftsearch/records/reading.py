"""One reading of a test split: somebody looked how something scores there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """An entry of the ledger, which outlives its job.

    Attributes:
        data: SHA-256 of the rows and labels that were read.
        number: 1 for the first reading of these data, and so on.
        job_uid: The job's id of its own, which no other has.
        job: The job's name at that time.
        subject: What was scored: keys of configurations, and how many trainings of each.
        created: When, in seconds since the epoch.
    """

    data: str
    number: int
    job_uid: str
    job: str
    subject: str
    created: float
