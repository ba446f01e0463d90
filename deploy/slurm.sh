#!/usr/bin/env bash
# Workers of one job as a Slurm array: each task is one worker, and ends with the job.
#   export PEFTSEARCH_STORAGE=postgresql+psycopg://peftsearch@database/peftsearch
#   export PEFTSEARCH_FILES=/shared/peftsearch.files PEFTSEARCH_VENV=/shared/venv
#   peftsearch run job.toml --workers 0
#   sbatch --array=1-16 deploy/slurm.sh reviews
# A password stands in ~/.pgpass, which PostgreSQL's client reads, and not in the URL.
#SBATCH --job-name=peftsearch
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=peftsearch-%A-%a.log
# 60 seconds before the limit, or a pre-emption, a worker is told to give back what it trains:
#SBATCH --signal=TERM@60
# With GPUs: sbatch --gpus-per-task=1 ...
set -euo pipefail

job=${1:?name a job: sbatch --array=1-16 deploy/slurm.sh JOB}
: "${PEFTSEARCH_STORAGE:?set it to the URL of a PostgreSQL database that all nodes reach}"
: "${PEFTSEARCH_FILES:?set it to a folder that all nodes share}"
if [[ -n ${PEFTSEARCH_VENV:-} ]]; then
  # shellcheck disable=SC1091
  source "$PEFTSEARCH_VENV/bin/activate"
fi

# A worker computes with as many threads as it was given CPUs.
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
# srun's step gets the signals, which the batch script itself would keep from it.
exec srun peftsearch worker "$job"
