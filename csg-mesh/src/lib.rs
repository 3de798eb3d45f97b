//! Nothing yet: `Csg` → `Mesh`, the primitives, booleans, hulls, extrusions and file formats of OpenSCAD.
