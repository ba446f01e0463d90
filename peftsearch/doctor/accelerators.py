"""What torch would train on."""

from peftsearch.workers.runtime.threads import count_threads

from .finding import Finding, failure, fine


def examine_torch() -> Finding:
    """Devices, and the threads of one worker. It imports torch, which takes a second or two."""
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library that it links is missing
        return failure("torch", f"it cannot be imported ({error}); install it again")
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    devices = ", ".join(f"cuda:{i} {name}" for i, name in enumerate(gpus)) or "cpu alone"
    return fine("torch", f"{torch.__version__}, {devices}, threads: {count_threads()}")
