"""Reads exported files with other people's readers and compares what they hold with facts.json; see check-exports.

    check-exports.py FOLDER        holds FORMAT/SHAPE.SUFFIX and facts.json

Colors are compared as areas: how much of the surface has which color. OpenSCAD's yellow counts as no color.
"""

import json
import math
import sys
from collections import Counter, defaultdict
from pathlib import Path

import ezdxf
import ezdxf.recover
import lib3mf
import numpy as np
import pypdf
import pypdfium2
import svgelements
import trimesh
import vtk
from lxml import etree

vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_ERROR)  # not that there is no screen

MILLIMETERS_PER_POINT = 25.4 / 72
SUFFIXES = {"binstl": "stl", "asciistl": "stl"}
# What each format can say of color.
NO_COLOR, OPAQUE, TRANSLUCENT = range(3)
COLORS = {"binstl": NO_COLOR, "asciistl": NO_COLOR, "obj": OPAQUE}
DEFAULT_COLOR = "f9d72cff"


class Surface:
    """Triangles as they are in a file, and a color for each (`rrggbbaa` or `none`)."""

    def __init__(self, vertices, triangles, colors=None):
        self.vertices = np.array(vertices, dtype=float).reshape(-1, 3)
        self.triangles = np.array(triangles, dtype=int).reshape(-1, 3)
        colors = ["none"] * len(self.triangles) if colors is None else colors
        self.colors = ["none" if color == DEFAULT_COLOR else color for color in colors]

    def facts(self):
        corners = self.vertices[self.triangles]
        centered = corners - corners.reshape(-1, 3).mean(axis=0)
        crosses = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        areas = np.sqrt((crosses**2).sum(axis=1)) / 2
        by_color = defaultdict(float)
        for color, area in zip(self.colors, areas):
            by_color[color] += float(area)
        return {
            "dimension": 3,
            "volume": float(np.einsum("ij,ij->", centered[:, 0], np.cross(centered[:, 1], centered[:, 2])) / 6),
            "area": float(areas.sum()),
            "low": self.vertices.min(axis=0).tolist(),
            "high": self.vertices.max(axis=0).tolist(),
            "closed": self.is_closed(),
            "colors": dict(by_color),
        }

    def is_closed(self):
        """Edges balance; corners in the same place are one, for formats without indices and with split vertices."""
        balance = Counter()
        for triangle in self.vertices[self.triangles].tolist():
            a, b, c = map(tuple, triangle)
            assert a != b and b != c and c != a, "a triangle has two corners in one place"
            for start, end in ((a, b), (b, c), (c, a)):
                balance[start, end] += 1
                balance[end, start] -= 1
        return not any(balance.values())


def hex_color(parts):
    """`rrggbbaa` of three or four parts of 255."""
    parts = [int(round(float(part))) for part in parts]
    return "".join(f"{part:02x}" for part in parts + [255] * (4 - len(parts)))


def read_with_trimesh(path, file_type=None):
    mesh = trimesh.load(path, file_type=file_type, process=False, force="mesh")
    return Surface(mesh.vertices, mesh.faces)


def read_off(path):
    surface = read_with_trimesh(path)
    faces = path.read_text().splitlines()[2 + len(surface.vertices) :]
    colors = [hex_color(face.split()[4:]) if len(face.split()) > 4 else "none" for face in faces]
    assert len(colors) == len(surface.triangles)
    return Surface(surface.vertices, surface.triangles, colors)


def read_obj(path):
    mesh = trimesh.load(path, process=False, force="mesh", maintain_order=True)
    if mesh.visual.kind != "vertex":
        return Surface(mesh.vertices, mesh.faces)
    colors = [{hex_color(mesh.visual.vertex_colors[vertex]) for vertex in face} for face in mesh.faces]
    assert all(len(of_face) == 1 for of_face in colors), "a face has several colors"
    return Surface(mesh.vertices, mesh.faces, [of_face.pop() for of_face in colors])


def read_ply(path):
    mesh = trimesh.load(path, process=False)
    if mesh.visual.kind != "face":
        return Surface(mesh.vertices, mesh.faces)
    return Surface(mesh.vertices, mesh.faces, [hex_color(color) for color in mesh.visual.face_colors])


def read_3mf(path):
    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0, [reader.GetWarning(idx) for idx in range(reader.GetWarningCount())]
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    objects = model.GetMeshObjects()
    assert objects.MoveNext()
    mesh = objects.GetCurrentMeshObject()
    vertices = [list(vertex.Coordinates) for vertex in mesh.GetVertices()]
    triangles = [list(triangle.Indices) for triangle in mesh.GetTriangleIndices()]
    materials = {}
    groups = model.GetBaseMaterialGroups()
    while groups.MoveNext():
        group = groups.GetCurrentBaseMaterialGroup()
        for material in group.GetAllPropertyIDs():
            color = group.GetDisplayColor(material)
            materials[group.GetResourceID(), material] = hex_color([color.Red, color.Green, color.Blue, color.Alpha])
    own = mesh.GetObjectLevelProperty() if materials else None
    colors = []
    for properties in mesh.GetAllTriangleProperties():
        key = properties.ResourceID, properties.PropertyIDs[0]
        colors.append(materials[key] if key in materials else materials[own[:2]] if own else "none")
    if not objects.MoveNext():
        with_trimesh = read_with_trimesh(path)
        assert with_trimesh.vertices.shape == (len(vertices), 3) and len(with_trimesh.triangles) == len(triangles)
        # Closed by its indices too, as the specification wants it.
        if Surface(vertices, triangles).is_closed():
            assert mesh.IsManifoldAndOriented(), "not manifold"
        return Surface(vertices, triangles, colors)
    raise AssertionError("several objects")


def read_amf(path):
    root = etree.parse(str(path)).getroot()
    assert root.tag == "amf" and root.get("unit") == "millimeter"
    (mesh,) = root.findall("object/mesh")
    vertices = [[float(place.findtext(axis)) for axis in "xyz"] for place in mesh.findall("vertices/vertex/coordinates")]
    triangles, colors = [], []
    for volume in mesh.findall("volume"):
        for triangle in volume.findall("triangle"):
            triangles.append([int(triangle.findtext(corner)) for corner in ("v1", "v2", "v3")])
            color = triangle.find("color")
            color = volume.find("color") if color is None else color
            parts = None if color is None else [255 * float(color.findtext(part)) for part in "rgba"]
            colors.append(hex_color(parts) if parts else "none")
    return Surface(vertices, triangles, colors)


def read_glb(path):
    scene = trimesh.load(path, process=False)
    # The linear factors themselves, since trimesh rounds them to bytes.
    content = path.read_bytes()
    described = json.loads(content[20 : 20 + int.from_bytes(content[12:16], "little")])
    factors = {part["name"]: part["pbrMetallicRoughness"]["baseColorFactor"] for part in described["materials"]}
    vertices, triangles, colors = [], [], []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        mesh = scene.geometry[name]
        placed = trimesh.transform_points(mesh.vertices, matrix)
        triangles.extend((mesh.faces + len(vertices)).tolist())
        vertices.extend(([1000 * x, -1000 * z, 1000 * y] for x, y, z in placed.tolist()))  # back to Z up, millimeters
        factor = factors[mesh.visual.material.name]
        assert (mesh.visual.material.alphaMode == "BLEND") == (factor[3] < 1)
        colors.extend([hex_color([255 * srgb(part) for part in factor[:3]] + [255 * factor[3]])] * len(mesh.faces))
    # trimesh turns and scales in f64, which blurs the last digits: round them off.
    size = np.abs(vertices).max()
    vertices = np.round(np.array(vertices) / size, 9) * size
    used = sorted(set(np.array(triangles).flatten().tolist()))
    renamed = {vertex: idx for idx, vertex in enumerate(used)}
    return Surface(vertices[used], [[renamed[vertex] for vertex in triangle] for triangle in triangles], colors)


def srgb(linear):
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def read_wrl(path):
    importer = vtk.vtkVRMLImporter()
    importer.SetFileName(str(path))
    importer.Update()
    actors = importer.GetRenderer().GetActors()
    actors.InitTraversal()
    vertices, triangles, colors = [], [], []
    while (actor := actors.GetNextActor()) is not None:
        actor.GetMapper().Update()
        mesh = actor.GetMapper().GetInput()
        part = actor.GetProperty()
        color = hex_color([255 * value for value in (*part.GetDiffuseColor(), part.GetOpacity())])
        for idx in range(mesh.GetNumberOfCells()):
            corners = mesh.GetCell(idx).GetPointIds()
            assert corners.GetNumberOfIds() == 3
            triangles.append([len(vertices) + offset for offset in range(3)])
            vertices.extend(mesh.GetPoint(corners.GetId(offset)) for offset in range(3))
            colors.append(color)
    return Surface(vertices, triangles, colors)


def drawing_facts(contours):
    """Inside is where an odd number of contours runs around; they do not cross, so nesting is that of first corners."""
    contours = [np.array(contour, dtype=float) for contour in contours]
    area = 0.0
    for contour in contours:
        following = np.roll(contour, -1, axis=0)
        signed = ((contour[:, 0] * following[:, 1]) - (following[:, 0] * contour[:, 1])).sum() / 2
        depth = sum(other is not contour and encloses(other, contour[0]) for other in contours)
        area += abs(signed) * (-1) ** depth
    points = np.concatenate(contours)
    return {
        "dimension": 2,
        "area": float(area),
        "perimeter": float(sum(np.sqrt(((c - np.roll(c, -1, axis=0)) ** 2).sum(axis=1)).sum() for c in contours)),
        "contours": len(contours),
        "low": points.min(axis=0).tolist(),
        "high": points.max(axis=0).tolist(),
    }


def encloses(contour, point):
    inside = False
    for (x0, y0), (x1, y1) in zip(contour, np.roll(contour, -1, axis=0)):
        if (y0 > point[1]) != (y1 > point[1]) and point[0] < x0 + (point[1] - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside


def read_svg(path):
    root = etree.parse(str(path)).getroot()
    page = [float(value) for value in root.get("viewBox").split()]
    assert [root.get("width"), root.get("height")] == [f"{length:g}mm" for length in page[2:]]
    # svgelements has pixels of 1/96 inch, and puts the corner of the page at the origin.
    drawing = svgelements.SVG.parse(str(path), reify=True)
    (shape,) = drawing.elements(lambda element: isinstance(element, svgelements.Path))
    contours = []
    for part in shape.as_subpaths():
        part = svgelements.Path(part)
        points = [
            [segment.end.x * 25.4 / 96 + page[0], -(segment.end.y * 25.4 / 96 + page[1])]
            for segment in part
            if not isinstance(segment, svgelements.Close)
        ]
        contours.append(points)
    return drawing_facts(contours)


def read_dxf(path):
    document, auditor = ezdxf.recover.readfile(path)
    assert not auditor.has_errors and not auditor.has_fixes, (auditor.errors, auditor.fixes)
    assert document.acad_release == "R12", document.acad_release
    ezdxf.readfile(path)  # the strict reader takes it too
    following = {}
    for line in document.modelspace().query("LINE"):
        following.setdefault(tuple(line.dxf.start)[:2], []).append(tuple(line.dxf.end)[:2])
    contours = []
    while following:
        at = next(iter(following))
        contour = []
        while at in following:
            contour.append(at)
            ends = following[at]
            at, rest = ends[0], ends[1:]
            following[contour[-1]] = rest
            if not rest:
                del following[contour[-1]]
        assert at == contour[0], "an outline is open"
        contours.append(contour)
    return drawing_facts(contours)


def read_pdf(path):
    reader = pypdf.PdfReader(path, strict=True)
    (page,) = reader.pages
    unit = float(page.get("/UserUnit", 1)) * MILLIMETERS_PER_POINT
    matrix, contours, painted = None, [], None
    for operands, operator in page.get_contents().operations:
        operands = [float(operand) for operand in operands]
        if operator == b"cm":
            matrix = operands
        elif operator in (b"m", b"l"):
            if operator == b"m":
                contours.append([])
            contours[-1].append([unit * (matrix[0] * operands[0] + matrix[4]), unit * (matrix[3] * operands[1] + matrix[5])])
        elif operator in (b"B*", b"f*"):
            painted = operator
    assert painted and matrix[1:3] == [0, 0]
    facts = drawing_facts(contours)
    # Where on the page is up to the writer, but it has to be on it: with a margin, and centered.
    page_size = [unit * float(length) for length in page.mediabox[2:]]
    for axis in range(2):
        before, after = facts["low"][axis], page_size[axis] - facts["high"][axis]
        assert before > 9.99 and abs(before - after) < 1e-3, (before, after)
    check_picture(path, facts, page_size, unit)
    facts["size"] = [high - low for low, high in zip(facts.pop("low"), facts.pop("high"))]
    return facts


def check_picture(path, facts, page_size, unit):
    """What PDFium paints: as many pixels as the drawing has area."""
    page = pypdfium2.PdfDocument(path)[0]
    pixels = 1 - page.render(scale=1, grayscale=True).to_numpy().astype(float).squeeze() / 255
    share = pixels.sum() / pixels.size
    stroke = facts["perimeter"] * 0.35
    expected = (0.17 * (facts["area"] - stroke / 2) + stroke) / (page_size[0] * page_size[1])
    assert abs(share - expected) < 0.15 * expected, f"painted {share:.4f} of the page, expected {expected:.4f}"


READERS = {
    "binstl": lambda path: read_with_trimesh(path, "stl"),
    "asciistl": lambda path: read_with_trimesh(path, "stl_ascii"),
    "off": read_off,
    "obj": read_obj,
    "3mf": read_3mf,
    "amf": read_amf,
    "ply": read_ply,
    "glb": read_glb,
    "wrl": read_wrl,
    "svg": read_svg,
    "dxf": read_dxf,
    "pdf": read_pdf,
}


def expected_colors(colors, can):
    if can == TRANSLUCENT:
        return colors
    merged = defaultdict(float)
    for color, area in colors.items():
        merged["none" if can == NO_COLOR or color == "none" else color[:6] + "ff"] += area
    return dict(merged)


def differences(wanted, found, tolerance):
    """Each fact that is not there, or off by more than the tolerance; places may be off by that part of the size."""
    size = max(high - low for low, high in zip(wanted["low"], wanted["high"]))
    wanted = dict(wanted)
    if "size" in found:
        wanted["size"] = [high - low for low, high in zip(wanted.pop("low"), wanted.pop("high"))]
    for name, value in wanted.items():
        if name == "volume" and not wanted["closed"]:
            continue
        other = found.get(name)
        if isinstance(value, list):
            good = all(abs(one - two) <= tolerance * size for one, two in zip(value, other))
        elif isinstance(value, dict):
            good = value.keys() == other.keys() and all(near(value[key], other[key], tolerance) for key in value)
        elif isinstance(value, bool) or name in ("dimension", "contours"):
            good = value == other
        else:
            good = near(value, other, tolerance)
        if not good:
            yield f"{name}: expected {value}, found {other}"


def near(one, two, tolerance):
    return math.isclose(one, two, rel_tol=tolerance)


def main():
    folder = Path(sys.argv[1])
    shapes = json.loads((folder / "facts.json").read_text())
    checked = failed = 0
    for format, reader in READERS.items():
        dimension = 2 if format in ("svg", "dxf", "pdf") else 3
        for shape, facts in shapes.items():
            if facts["dimension"] != dimension:
                continue
            facts = dict(facts)
            tolerance = facts.pop("tolerance", 1e-5)
            if "colors" in facts:
                facts["colors"] = expected_colors(facts["colors"], COLORS.get(format, TRANSLUCENT))
            path = folder / format / f"{shape}.{SUFFIXES.get(format, format)}"
            try:
                found = reader(path)
                problems = list(differences(facts, found.facts() if isinstance(found, Surface) else found, tolerance))
            except Exception as error:  # a reader that refuses the file is a finding, whatever it throws
                problems = [f"{type(error).__name__}: {error}"]
            checked += 1
            failed += bool(problems)
            for problem in problems:
                print(f"{path.relative_to(folder)}: {problem}")
    print(f"{checked} files in {len(READERS)} formats, {failed} not as expected")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
