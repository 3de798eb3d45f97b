//! Geometry and a view → picture, without a display.
//!
//! ```text
//! Geometry ── Model ──┐
//!                     ├── Plan ──┬── cpu ──→ Image, Maps
//!            View ────┘          └── gpu (feature `wgpu`)
//! ```
//!
//! - Both renderers follow the same [plan](crate::Model), sample in the same places and agree but for roundings.
//! - The processor's pictures are the same bytes on every machine and any number of threads.
//! - No window, no display, no file: an [`Image`] is bytes, and writes itself as a PNG to whatever takes bytes.
//!
//! ```
//! use csg_mesh::{Options, make};
//! use raster::{View, render};
//!
//! let source = scad_parser::Source::new("box.scad", "difference() { cube(10); translate([5, 5, -1]) cylinder(r = 2, h = 20); }");
//! let program = scad_parser::parse(&source)?;
//! let scene = scad_eval::evaluate(&program, &scad_eval::MemoryWorld::default())?;
//! let geometry = make(&scene, &Options::default()).geometry.expect("it is small");
//! let image = render(&geometry, &View::new(64, 64))?;
//! assert_eq!(image.pixel(0, 0), [0xff, 0xff, 0xe5, 0xff]);
//! assert_eq!(&image.to_png()[1..4], b"PNG");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axes;
mod camera;
mod cpu;
#[cfg(feature = "wgpu")]
mod gpu;
mod image;
mod lines;
mod maps;
mod model;
mod normals;
mod plan;
mod renderer;
mod scheme;
mod shadow;
mod sheet;
mod view;

pub use camera::{Bounds, Camera, Projection, STANDARD_VIEWS, standard_views};
#[cfg(feature = "wgpu")]
pub use gpu::{Devices, GpuRenderer};
pub use image::{Image, write_animation};
pub use maps::{Maps, part_color};
pub use model::{Model, Shading};
pub use renderer::{Choice, CpuRenderer, HAS_WGPU, Renderer, choose};
pub use scheme::{Rgb, Scheme};
pub use sheet::{columns, sheet, sheet_views, tiled};
pub use view::{MOST_PIXELS, MOST_SIDE, RenderError, Surface, View};

use csg_mesh::Geometry;

/// A picture of geometry, drawn by the processor, with the camera where the view says but so near that the shape fills the
/// picture.
///
/// Whoever draws many keeps a [`Renderer`], and a [`Model`] for all pictures of a shape.
///
/// # Errors
/// [`RenderError`] says what is wrong with the view.
pub fn render(geometry: &Geometry, view: &View) -> Result<Image, RenderError> {
    let model = Model::new(geometry, Shading::Flat);
    let view = view.framed(model.bounds());
    let mut images = CpuRenderer.images(&model, &[view])?;
    Ok(images.pop().expect("one view makes one picture"))
}
