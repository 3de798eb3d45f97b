//! Ideas → records: programs that are drawn from the object library or written by teachers, checked, and kept with what made
//! them. And what a shape resembles:
//!
//! ```
//! use csg_mesh::{Geometry, Options, make};
//! use datagen::descriptor::{Descriptor, SAME, distance};
//!
//! let descriptor = |text: &str| {
//!     let source = scad_parser::Source::new("shape.scad", text);
//!     let world = scad_eval::MemoryWorld::default();
//!     let scene = scad_eval::evaluate(&scad_parser::parse(&source)?, &world).expect("it has no errors");
//!     let Ok(Geometry::Solid(mesh)) = make(&scene, &Options::default()).geometry else { panic!("it is a solid") };
//!     Ok::<_, scad_parser::Diagnostics>(Descriptor::of(&mesh))
//! };
//! let ball = descriptor("sphere(10, $fn = 48);")?;
//! assert!(distance(&ball, &descriptor("translate([5, 0, 90]) sphere(12, $fn = 64);")?) < SAME);
//! assert!(distance(&ball, &descriptor("cube(20);")?) > SAME);
//! # Ok::<(), scad_parser::Diagnostics>(())
//! ```

pub mod descriptor;
mod draws;
pub mod in_order;
mod neighbors;
pub mod object;
pub mod prompt;
pub mod random;
pub mod record;
pub mod rewrite;
pub mod stage;
pub mod synth;
pub mod teacher;
pub mod verdict;

pub use draws::draw;
pub use neighbors::{Neighbor, Neighbors};
