//! OpenSCAD syntax tree → resolved tree of solids.
