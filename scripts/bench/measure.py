"""What every benchmark against a peer needs: timed processes, rounds that alternate, medians, machine facts, a table."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Run:
    """One finished process: seconds on the wall, seconds of user CPU, what it said, and its peak of memory in bytes."""

    wall: float
    user: float
    code: int
    stdout: str
    stderr: str
    peak: int


@dataclass
class Series:
    """The runs of one command over all rounds; `error` is the first reason why one of them does not count."""

    runs: list = field(default_factory=list)
    error: str | None = None

    def median(self, of="wall"):
        return statistics.median(getattr(run, of) for run in self.runs) if self.runs and not self.error else None


def timed(command, env=None, timeout=300, good_codes=(0,)):
    """Runs `command` to its end and returns `(run, error)`; user CPU is that of the process and its own children."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **(env or {})})
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    run = Run(wall, usage.ru_utime, process.returncode, *texts, usage.ru_maxrss * 1024)
    if run.code in good_codes:
        return run, None
    said = (run.stderr or run.stdout).strip().splitlines()
    why = f"no end after {timeout} s" if wall >= timeout else f"exit {run.code}"
    return run, f"{why}: {said[0][:160]}" if said else why


def alternate(commands, rounds, env=None, cold=False, **options):
    """Runs each of `commands` (name → words) once a round, the first to run changing from round to round.

    A command that failed once is not run again. One round before the first warms the file cache and is not counted, unless
    `cold` leaves it out.
    """
    series = {name: Series() for name in commands}
    for idx in range(0 if cold else -1, rounds):
        names = list(commands) if idx % 2 else list(reversed(commands))
        for name in names:
            if series[name].error:
                continue
            run, series[name].error = timed(commands[name], env, **options)
            if idx >= 0:
                series[name].runs.append(run)
    return series


def ratio(ours, peer, of="wall"):
    """The median of the rounds' own ratios, so that a slow minute of the machine weighs on both sides alike."""
    if ours.error or peer.error or not ours.runs or not peer.runs:
        return None
    pairs = [(getattr(a, of), getattr(b, of)) for a, b in zip(ours.runs, peer.runs)]
    return statistics.median(a / b for a, b in pairs if b > 0) if any(b > 0 for _, b in pairs) else None


def peak(command, timeout=300):
    """The most memory in bytes that `command` has at a time, and whether that is exact, in a run of its own.

    GNU time tells it. Without GNU time it is what the system counts for our child, which begins as a copy of this process
    and so is never less than this process has.
    """
    with tempfile.NamedTemporaryFile("r") as told:
        exact = Path("/usr/bin/time").is_file()
        words = ["/usr/bin/time", "-f", "%M", "-o", told.name, "--", *command] if exact else command
        run, _ = timed(words, timeout=timeout, good_codes=range(256))
        said = told.read().split()
    return (int(said[-1]) * 1024, True) if exact and said and said[-1].isdigit() else (run.peak, False)


def example(repository, package, name, profile):
    """Builds an example; its path, or `None`, and why not."""
    build = ["cargo", "build", "--quiet", "--profile", profile, "--package", package, "--example", name,
             "--message-format", "json"]
    built = subprocess.run(build, cwd=repository, capture_output=True, text=True, check=False)
    artifacts = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    # Binaries of the package that examples need come along, so the name decides.
    paths = [item["executable"] for item in artifacts if item.get("executable") and item["target"]["name"] == name]
    if paths:
        return paths[0], None
    why = (built.stderr.strip() or "cargo failed").splitlines()[0]
    return None, f"the example `{name}` does not build: {why}"


def update(path, name, text):
    """Puts `text` between the markers `name: begin` and `name: end` of a file."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    old = path.read_text(encoding="utf-8")
    head, found_begin, rest = old.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        sys.exit(f"{path.name} has no markers `{begin.strip()}` and `{end}`")
    path.write_text(head + begin + text.strip() + "\n" + end + tail, encoding="utf-8")


def cache_folder():
    """Where downloaded peers and libraries are kept, outside the repository."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "cadmonkey-bench"


def version(command, word="--version"):
    """The first line that `command --version` prints, on whichever stream; `None` where there is no such program."""
    if not shutil.which(str(command)):
        return None
    run, _ = timed([command, word], timeout=20)
    said = (run.stdout + run.stderr).strip().splitlines()
    return said[0] if said else "unknown version"


def machine():
    """Processor, cores, load and system in one line."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores{load}, {platform.system()} {platform.machine()}"


def seconds(value):
    """A duration with a unit that suits it and three digits; a dash for `None`."""
    if value is None:
        return "–"
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale or unit == "µs":
            return f"{value / scale:.3g} {unit}" if value / scale < 999.5 else f"{value / scale:.0f} {unit}"


def megabytes(value):
    """Bytes as megabytes, with two digits where there are few; a dash for `None`."""
    if value is None:
        return "–"
    return f"{value / 1e6:.0f} MB" if value >= 10e6 else f"{value / 1e6:.1f} MB"


def table(headings, rows):
    """A markdown table, padded so that it reads as plain text too; numbers stand to the right."""
    cells = [headings] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[col]) for row in cells) for col in range(len(headings))]

    def line(row):
        padded = [cell.ljust(width) if col == 0 else cell.rjust(width)
                  for col, (cell, width) in enumerate(zip(row, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = "| " + " | ".join("-" * width if col == 0 else "-" * (width - 1) + ":" for col, width in enumerate(widths)) + " |"
    return "\n".join([line(cells[0]), rule] + [line(row) for row in cells[1:]])
