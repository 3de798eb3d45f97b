"""Times C++ Manifold (PyPI `manifold3d`) on leaves that `geometry_bench --leaves` wrote: `manifold_peer.py LEAVES SECONDS`.

Runs in the benchmark's own environment, and prints one JSON line as `geometry_bench` does. A run takes in the leaves as
arrays, computes the whole tree of operations (forced by asking for its number of triangles) and gives the result as
arrays; `median_s` is all of it, `operations_s` the middle part alone.
"""

import gc
import json
import statistics
import sys
import time
from functools import reduce
from pathlib import Path

import numpy as np
from manifold3d import Error, Manifold, Mesh64, OpType

MOST_RUNS = 20  # as geometry_bench
LEAF, HULL, MINKOWSKI = 0, 4, 5
BOOLEANS = {1: OpType.Add, 2: OpType.Subtract, 3: OpType.Intersect}


def main(path, enough):
    before = memory("VmRSS")
    arrays = read_tree(Path(path).read_bytes())
    gc.collect()
    forget_peak()
    times, operations, above = [], [], None
    while not times or (len(times) < MOST_RUNS and sum(times) < enough):
        start = time.perf_counter()
        tree = taken_in(arrays)
        ready = time.perf_counter()
        made = make(tree)
        triangles = made.num_tri()
        done = time.perf_counter()
        mesh = made.to_mesh64()
        times.append(time.perf_counter() - start)
        operations.append(done - ready)
        del tree, mesh
        if above is None and before:
            above = max(memory("VmHWM") - before, 0)
        if made.status() != Error.NoError:
            sys.exit(f"{made.status()}")
        volume = made.volume()
        del made  # outside the clock
    print(json.dumps({"triangles": triangles, "volume": volume, "runs": len(times), "min_s": min(times),
                      "median_s": statistics.median(times), "memory": above,
                      "operations_s": statistics.median(operations)}))


def read_tree(data):
    at = 0

    def numbers(count, kind="<u4"):
        nonlocal at
        values = np.frombuffer(data, kind, count, at)
        at += values.nbytes
        return values

    def node():
        tag, count = (int(value) for value in numbers(2))
        if tag != LEAF:
            return tag, [node() for _ in range(count)]
        triangles = int(numbers(1)[0])
        corners = numbers(count * 3, "<f8").reshape(-1, 3).copy()
        return tag, (corners, numbers(triangles * 3).reshape(-1, 3).astype(np.uint64))

    return node()


def taken_in(tree):
    """The tree with its leaves as the library's solids."""
    tag, inner = tree
    if tag != LEAF:
        return tag, [taken_in(each) for each in inner]
    solid = Manifold(Mesh64(*inner))
    # Points whose hull is to be taken need not be closed.
    return tag, solid if solid.status() == Error.NoError else inner[0]


def make(tree):
    tag, inner = tree
    if tag == LEAF:
        if isinstance(inner, np.ndarray):
            sys.exit("a leaf is not closed")
        return inner
    if tag == HULL:
        points = [each[1] if isinstance(each[1], np.ndarray) else make(each).to_mesh64().vert_properties for each in inner]
        return Manifold.hull_points(np.concatenate(points)[:, :3])
    operands = [make(each) for each in inner]
    if tag == MINKOWSKI:
        return reduce(Manifold.minkowski_sum, operands)
    return Manifold.batch_boolean(operands, BOOLEANS[tag])


def memory(name):
    """Bytes, or `None` where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)


def forget_peak():
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
