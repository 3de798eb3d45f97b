"""What the kernel part of `scripts/bench/geometry` makes, as OpenSCAD programs.

Random numbers have fixed seeds, and leaves are transformed by one matrix or translated only, so that both sides begin with
the same bits.
"""

from dataclasses import dataclass

CROSSING, APART = 1.0, 0.3  # the goals: surfaces that cross are the kernel's work, the others can be had without it

# Bars along the three axes through the holes of a carpet, down to `level`; they stand out, so that no faces coincide.
MENGER = """\
function carpet(n) = n == 0 ? [[0, 0]]
    : [for (c = carpet(n - 1), i = [0:2], j = [0:2]) if (i != 1 || j != 1) 3 * c + [i, j]];
side = 27;
difference() {
    cube(side);
    for (level = [1:LEVEL], c = carpet(level - 1)) {
        s = side / 3 ^ level;
        at = (3 * c + [1, 1]) * s;
        translate([at.x, at.y, -1]) cube([s, s, side + 2]);
        translate([at.x, -1, at.y]) cube([s, side + 2, s]);
        translate([-1, at.x, at.y]) cube([side + 2, s, s]);
    }
}
"""

RANDOM_SPHERES = """\
count = COUNT;
space = 5 * count ^ (1 / 3);
at = rands(0, space, 3 * count, 1);
radius = rands(1.5, 3, count, 2);
for (i = [0:count - 1]) translate([at[3 * i], at[3 * i + 1], at[3 * i + 2]]) sphere(radius[i], $fn = 32);
"""

DISJOINT_SPHERES = """\
for (x = [0:SIDE - 1], y = [0:SIDE - 1]) translate([x * 5, y * 5, 0]) sphere(2, $fn = 32);
"""

PLATE = """\
difference() {
    cube([5 * SIDE + 5, 5 * SIDE + 5, 3]);
    for (x = [1:SIDE], y = [1:SIDE]) translate([x * 5, y * 5, -1]) cylinder(r = 2, h = 5, $fn = 32);
}
"""

CROSSING_CYLINDERS = """\
count = COUNT;
turn = rands(0, 360, 3 * count, 3);
for (i = [0:count - 1]) rotate([turn[3 * i], turn[3 * i + 1], turn[3 * i + 2]])
    cylinder(r = 2, h = 100, center = true, $fn = 64);
"""

CUBES = """\
for (x = [0:SIDE - 1], y = [0:SIDE - 1], z = [0:SIDE - 1]) translate([x, y, z]) cube(1);
"""

# Faces only name the points: the hull takes all of them.
HULL = """\
count = COUNT;
number = rands(-1, 1, 3 * count, 4);
points = [for (i = [0:count - 1]) let (p = [number[3 * i], number[3 * i + 1], number[3 * i + 2]]) PLACE];
hull() polyhedron(points, [for (i = [0:3:count - 3]) [i, i + 1, i + 2]]);
"""

L_SOLID = "difference() { cube(10); translate([5, 5, 5]) cube(10); }"


@dataclass
class Workload:
    """A row of the table; `goal` is for ours / peer, `None` where the row only explains."""

    name: str
    what: str
    program: str
    goal: float | None


def spheres(fn):
    program = f"difference() {{ sphere(10, $fn = {fn}); translate([5, 3, 2]) sphere(10, $fn = {fn}); }}\n"
    return Workload(f"spheres-{fn}", f"sphere − sphere, $fn = {fn}", program, CROSSING)


def menger(level):
    return Workload(f"menger-{level}", f"Menger sponge, level {level}", MENGER.replace("LEVEL", str(level)), CROSSING)


def minkowski(name, what, solid, fn):
    return Workload(name, f"minkowski: {what} ⊕ sphere, $fn = {fn}",
                    f"minkowski() {{ {solid} sphere(2, $fn = {fn}); }}\n", None)


def workloads(tiny=False):
    """All rows; `tiny` ones only try whether everything works."""

    def sized(name, what, program, word, full, small, goal, shown=lambda size: size):
        size = small if tiny else full
        return Workload(name, what.format(shown(size)), program.replace(word, str(size)), goal)

    points = 600 if tiny else 9999  # a multiple of 3
    return [
        *[spheres(fn) for fn in ((8, 16) if tiny else (32, 100, 256))],
        *[menger(level) for level in ((1,) if tiny else (2, 3))],
        sized("random-spheres", "union of {} random spheres", RANDOM_SPHERES, "COUNT", 500, 8, CROSSING),
        sized("crossing-cylinders", "union of {} crossing cylinders", CROSSING_CYLINDERS, "COUNT", 60, 4, CROSSING),
        sized("disjoint-spheres", "union of {} disjoint spheres", DISJOINT_SPHERES, "SIDE", 20, 3, APART,
              lambda size: size**2),
        sized("plate", "plate − {} cylinders", PLATE, "SIDE", 20, 3, APART, lambda size: size**2),
        sized("cubes", "union of {} face-sharing cubes", CUBES, "SIDE", 10, 3, APART, lambda size: size**3),
        Workload("hull-cube", f"hull of {points} points in a cube", hull(points, "p"), None),
        Workload("hull-sphere", f"hull of {points} points on a sphere", hull(points, "p / norm(p)"), None),
        minkowski("minkowski-cube", "cube", "cube(10);", 8 if tiny else 32),
        minkowski("minkowski-l", "L", L_SOLID, 8 if tiny else 32),
    ]


def hull(points, place):
    return HULL.replace("COUNT", str(points)).replace("PLACE", place)
