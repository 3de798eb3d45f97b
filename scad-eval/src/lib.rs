//! OpenSCAD syntax tree → resolved tree of solids, with OpenSCAD's own messages.
//!
//! In goes a [`Program`](scad_parser::Program) and a [`World`] that stands for everything outside of it, out comes a [`Scene`]: the
//! geometry as a small tree without variables, loops or modules ([`Csg`]), and all that the program said.
//!
//! - Names are resolved to slots before anything runs; functions and modules when they are first called.
//! - The same program in the same world gives the same scene, bit for bit.
//! - Nothing that a program says may panic, hang or eat the machine: [`Limits`] end in ordinary errors.
//!
//! ```
//! let source = scad_parser::Source::new("box.scad", "echo(1 + 1); cube([1, 2, 3]);");
//! let program = scad_parser::parse(&source)?;
//! let scene = scad_eval::evaluate(&program, &scad_eval::MemoryWorld::default())?;
//! assert_eq!(scene.echo().collect::<Vec<_>>(), ["2"]);
//! assert_eq!(scene.geometry.to_csg(), "cube(size = [1, 2, 3], center = false);\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arguments;
mod code;
pub mod csg;
mod csg_text;
pub mod degrees;
pub mod dxf;
mod eval;
pub mod font;
mod functions;
mod host;
mod limits;
mod load;
pub mod math;
mod memory;
mod modules;
mod ops;
mod print;
mod problem;
mod random;
mod resolve;
mod scene;
mod specials;
mod suggest;
mod value;
mod world;

pub use csg::Csg;
pub use eval::Closure;
pub use limits::{Limit, Limits};
pub use load::{Options, evaluate, evaluate_with, load};
pub use scene::{Camera, Failed, Message, Scene};
pub use value::{ENDLESS, List, Object, Range, Text, Value};
pub use world::{MemoryWorld, World};
