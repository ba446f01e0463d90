"""Preparations of jobs whose quality is an accuracy."""

from peftsearch.records.preparation import Floor, HeadChoice, Preparation


def prepare(features: float, tfidf: float = 0.65) -> Preparation:
    """Two floors of 400 validation rows, and a head."""
    floors = (
        Floor("tfidf", "TF-IDF with logistic regression", {"accuracy": tfidf}, 0.02),
        Floor("features", "logistic regression on frozen features", {"accuracy": features}, 0.02),
    )
    return Preparation(floors, HeadChoice("mean", "probe"), ("the head reads the mean",))
