"""The kernel part of `scripts/bench/geometry`: `csg_mesh::make` against C++ Manifold on the same leaves and cores."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from kernel_workloads import workloads
from measure import alternate, example, megabytes, seconds

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
PEER = ["manifold3d>=3.5,<3.6", "numpy"]
HEADINGS = ["what", "ours", "ours, plain", "C++ Manifold", "ratio", "ratio, plain", "ratio to operations", "goal"]
AGREE = 1e-6  # by so much of itself may a volume differ: hulls and sums meet sharp corners that both sides round


def kernel(bench):
    """Adds one row for each workload to a table of its own."""
    binary, why = example(REPOSITORY, "csg-mesh", "geometry_bench", bench.cargo_profile)
    if not binary:
        return bench.remark(f"kernel: left out, {why}")
    python = peer_environment(bench)
    cores, pinned = bench.cores, hasattr(os, "sched_setaffinity")
    # The count of threads is ours only: Manifold's library takes as many as there are cores to run on.
    threads = {"RAYON_NUM_THREADS": str(len(cores))}
    before = os.sched_getaffinity(0) if pinned else None
    if pinned:
        os.sched_setaffinity(0, cores)  # what is started from here inherits it
    try:
        rows = [row(bench, workload, binary, python, threads) for workload in workloads(bench.tiny)]
    finally:
        if pinned:
            os.sched_setaffinity(0, before)
    where = f"both pinned to cores {','.join(map(str, cores))}" if pinned else "not pinned to cores"
    peer = f"manifold3d {package_version(python, 'manifold3d')}" if python else "no peer"
    bench.table(f"Kernel: one operation tree in one process, {peer}; {len(cores)} threads each, {where}. Ours makes leaves, "
                "operations and the checked mesh; C++ takes the same leaves as arrays and gives the mesh as arrays (in brackets "
                "its operations alone). "
                "`plain` is ours without shortcuts. Memory is the peak of the first run above the idle process.",
                HEADINGS, rows)


def row(bench, workload, binary, python, threads):
    program = bench.scratch / f"{workload.name}.scad"
    program.write_text(workload.program, encoding="utf-8")
    time = ["--seconds", "0.05" if bench.tiny else "1"]
    commands = {"ours": [binary, *time, program], "plain": [binary, "--plain", *time, program]}
    leaves = bench.scratch / f"{workload.name}.leaves"
    if python:
        written = subprocess.run([binary, "--leaves", leaves, program], capture_output=True, text=True, check=False)
        if written.returncode == 0:
            commands["peer"] = [python, HERE / "manifold_peer.py", leaves, time[1]]
        else:
            bench.remark(f"{workload.what}: no leaves: {written.stderr.strip()[:160]}")
    series = alternate(commands, bench.rounds or 5, threads)
    for side, runs in series.items():
        if runs.error:
            bench.remark(f"{workload.what}: {side}: {runs.error}")
    said = {side: [json.loads(run.stdout) for run in runs.runs] for side, runs in series.items() if not runs.error}
    if (ours := said.get("ours")) and (plain := said.get("plain")):
        differ(bench, workload, "ours and plain", ours[0], plain[0])
    if (ours := said.get("ours")) and (peer := said.get("peer")):
        differ(bench, workload, "ours and C++", ours[0], peer[0])
    shortcut, straight = (rounds_ratio(said, side) for side in ("ours", "plain"))
    reached = None if workload.goal is None or shortcut is None else shortcut <= workload.goal
    return bench.shown([workload.what, *(cell(said.get(side)) for side in ("ours", "plain", "peer")),
                        times(shortcut), times(straight), times(rounds_ratio(said, "ours", "operations_s")),
                        goal(workload.goal, reached)])


def rounds_ratio(said, side, to="median_s"):
    """The median over the rounds of the ratio of their medians."""
    if not said.get(side) or not said.get("peer"):
        return None
    return statistics.median(a["median_s"] / b[to] for a, b in zip(said[side], said["peer"]))


def cell(runs):
    if not runs:
        return "–"
    median = statistics.median(run["median_s"] for run in runs)
    alone = "operations_s"
    taken = f" ({seconds(statistics.median(run[alone] for run in runs))})" if alone in runs[0] else ""
    peaks = [run["memory"] for run in runs if run["memory"] is not None]
    return f"{seconds(median)}{taken}, {megabytes(statistics.median(peaks) if peaks else None)}"


def times(value):
    return "–" if value is None else f"{value:.3f}×"


def goal(value, reached):
    return "–" if value is None else f"≤ {value}×" + {None: "", True: " ✓", False: " ✗"}[reached]


def differ(bench, workload, who, one, other):
    """Says so where two sides did not make the same solid."""
    if abs(one["volume"] - other["volume"]) > AGREE * abs(other["volume"]):
        bench.remark(f"{workload.what}: {who} differ: volume {one['volume']} and {other['volume']}")
    elif one["triangles"] != other["triangles"]:
        bench.remark(f"{workload.what}: {who} have {one['triangles']:,} and {other['triangles']:,} triangles")


def peer_environment(bench):
    """Python with the peer, made on the first use; `None`, with a remark, where it cannot be."""
    folder = bench.kept / "venv"
    python = folder / "bin/python"
    try:
        if not python.is_file():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, text=True)
        if subprocess.run([python, "-c", "import manifold3d, numpy"], capture_output=True, check=False).returncode:
            install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *PEER]
            subprocess.run(install, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return bench.remark(f"kernel: no peer, {PEER[0]} cannot be installed: {said[-1] if said else error}")
    return python


def package_version(python, package):
    ask = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False).stdout.strip()
