//! Resolved tree of solids → closed mesh, with OpenSCAD's vertices and messages.
//!
//! ```text
//! Scene ── mesher ──→ Shape: Polygons (flat) or parts (solid) ──→ Geometry ──→ export: stl off obj 3mf amf ply glb wrl svg dxf pdf
//!             │                    │                                  ├──→ facts, shape_hash, printability
//!          import             clip, boolean ── prism ── kernel
//! ```
//!
//! - [`Mesh`] is closed, oriented and finite; what is not is a [`Soup`], and says so.
//! - Whatever a program says, [`make`] ends: with geometry, with messages, or at one of the [`Limits`].
//! - The same scene gives the same bits on any number of threads.
//! - No file is opened, no clock is read; files come as bytes with the scene, and [`export::write`] takes an `impl Write`.
//!
//! ```
//! use csg_mesh::{Facts, Geometry, Options, facts, make};
//!
//! let source = scad_parser::Source::new("box.scad", "difference() { cube(10); translate([5, 5, -1]) cylinder(r = 2, h = 20); }");
//! let program = scad_parser::parse(&source)?;
//! let scene = scad_eval::evaluate(&program, &scad_eval::MemoryWorld::default())?;
//! let made = make(&scene, &Options::default());
//! let Ok(geometry @ Geometry::Solid(_)) = &made.geometry else { panic!("a box with a hole is a solid") };
//! let Facts::Solid(facts) = facts(geometry) else { panic!("and has the facts of one") };
//! assert!(facts.closed && facts.genus == 1 && facts.volume < 1000.0);
//! let mut stl = Vec::new();
//! csg_mesh::export::write(geometry, csg_mesh::export::Format::Stl, &mut stl)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod affine;
mod boolean;
mod cache;
mod clip;
mod components;
mod convex_sum;
pub mod export;
mod facts;
mod hull2d;
pub mod import;
pub mod kernel;
mod made;
mod mesher;
mod origins;
mod parts;
mod polygons;
mod printability;
mod prism;
mod problem;
mod roof;
#[cfg(test)]
mod sample;
mod shape_hash;
mod simple;
mod solid;
mod triangulate;

pub use affine::{Affine, Place};
pub use facts::{Facts, FlatFacts, SolidFacts, facts};
pub use made::{Geometry, Limit, Limits, Made, Marked, Options, Stop, make, make_with, marked};
pub use mesher::hash_kind;
pub use polygons::Polygons;
pub use printability::{BedFit, PrintProblem, Printability, Printer, Stand, printability};
pub use shape_hash::shape_hash;
pub use solid::{Mesh, NotClosed, Origin, Soup};
