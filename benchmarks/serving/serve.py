"""Start the server: `python -m benchmarks.serving.serve`, in a container or on this machine.

The contract is SageMaker's: the container is started with the one argument `serve`, finds the model
in `/opt/ml/model`, listens on port 8080 of every address, and answers `GET /ping` and
`POST /invocations`. ECS needs no more than that. Where SageMaker says so, it holds several models
(`benchmarks.serving.several_models`); where Lambda started it, it asks for its requests
(`benchmarks.serving.lambda_runtime`). `train` and `score` are in `benchmarks.serving.jobs`.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes.isolation import THREAD_VARIABLES
from benchmarks.processes.orphans import die_with
from benchmarks.serving.cpu_affinity import take_core

FOLDER_IN_CONTAINER = "/opt/ml/model"
PORT = 8080
MULTI_MODEL = "SAGEMAKER_MULTI_MODEL"
"""Variable that SageMaker sets to `true` where the container holds several models."""
PARENT = "ADVISOR_SERVING_PARENT"
"""Process that the server must not outlive; none in a container."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.serve", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"], help="as SageMaker calls it")
    parser.add_argument("--model", default=FOLDER_IN_CONTAINER, help="model folder")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", PORT))
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=os.environ.get("ADVISOR_SERVING_WORKERS", "1"),
        help="worker processes, one per core; `auto` for one on each core that may be used",
    )
    parser.add_argument(
        "--handling",
        choices=["inline", "executor", "batch"],
        default=os.environ.get("ADVISOR_SERVING_HANDLING", "inline"),
    )
    parser.add_argument("--max-batch-rows", type=int, default=64)
    parser.add_argument("--max-wait-ms", type=float, default=0.0)
    parser.add_argument("--times", action="store_true", help="tell service times in a header")
    parser.add_argument("--stall-s", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--stall-every", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--cores", default="", help="cores to stay on, e.g. 1,2")
    parser.add_argument("--first", action="store_true", help="run before other programs if allowed")
    parser.add_argument("--folder", default="", help="folder of the user's own modules")
    return parser


def _workers(text: str) -> int:
    """Return a count of workers; SageMaker passes only `serve`, so that it is a variable too."""
    if text != "auto":
        return int(text)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return count or 1


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped, train or score; return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["train"], ["score"]):
        from benchmarks.serving.jobs import main as run_job

        return run_job(words[0], words[1:])
    options = _parser().parse_args(words)
    if parent := os.environ.get(PARENT):
        die_with(int(parent))
        os.environ[PARENT] = str(os.getpid())  # of the workers
    if options.workers < 1:
        print("serve: --workers must be at least 1", file=sys.stderr)
        return 1
    # One thread per worker: set before numpy is imported, here and in the workers.
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")
    if os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        return _serve_lambda(options)
    if uri := os.environ.get("ADVISOR_MODEL_URI"):
        from benchmarks.errors import BenchmarkError
        from benchmarks.serving.objects import model_at_start

        try:
            options.model = str(model_at_start(uri))
        except BenchmarkError as error:
            print(f"serve: {error}", file=sys.stderr)
            return 1
    settings = {
        "MODEL": options.model,
        "HANDLING": options.handling,
        "MAX_BATCH_ROWS": options.max_batch_rows,
        "MAX_WAIT_MS": options.max_wait_ms,
        "TIMES": "1" if options.times else "",
        "FIRST": "1" if options.first else "",
        "WORKER_COUNT": options.workers,
        "STALL_S": options.stall_s,
        "STALL_EVERY": options.stall_every,
    }
    os.environ |= {f"ADVISOR_SERVING_{name}": str(value) for name, value in settings.items()}
    if options.folder:
        # After all others, and told to the workers apart from PYTHONPATH, which comes first.
        sys.path.append(options.folder)
        os.environ["ADVISOR_SERVING_FOLDER"] = options.folder
    cores = tuple(int(c) for c in options.cores.split(",") if c)
    # Workers go first by themselves: see `benchmarks.serving.cpu_affinity`.
    take_core(cores, first=False)
    return _serve(options)


def _serve_lambda(options: argparse.Namespace) -> int:
    """Answer Lambda's requests until it ends the container."""
    from benchmarks.errors import BenchmarkError
    from benchmarks.serving.lambda_runtime import interface_of_environment, run_loop
    from benchmarks.serving.objects import model_at_start
    from benchmarks.serving.package import load_package

    interface = interface_of_environment()
    assert interface is not None
    try:
        uri = os.environ.get("ADVISOR_MODEL_URI")
        package = load_package(model_at_start(uri) if uri else Path(options.model))
    except BenchmarkError as error:
        print(f"serve: {error}", file=sys.stderr)
        with contextlib.suppress(OSError):
            interface.failed(str(error), kind="Runtime.ModelNotLoaded")
        return 1
    with contextlib.suppress(OSError, KeyboardInterrupt):
        run_loop(package, interface)
    return 0


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    from benchmarks.errors import BenchmarkError
    from benchmarks.serving.package import read_manifest
    from benchmarks.serving.patience import Patient, allow_more_files

    try:
        if os.environ.get(MULTI_MODEL, "").lower() == "true":
            from benchmarks.serving.several_models import shared_folder

            os.environ["ADVISOR_SERVING_SHARED"] = str(shared_folder())
        else:
            read_manifest(Path(options.model))
    except BenchmarkError as error:
        print(f"serve: {error}", file=sys.stderr)
        return 1
    allow_more_files()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.run(
                "benchmarks.serving.app:app_from_environment",
                factory=True,
                host=options.host,
                port=options.port,
                workers=options.workers,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                http=Patient,
                backlog=4_096,
                timeout_keep_alive=75,  # longer than a load balancer's 60 s, which must close first
            )
    except BenchmarkError as error:  # the model cannot be loaded here
        print(f"serve: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
