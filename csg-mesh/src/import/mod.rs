//! Files for `import()`.

mod drawing;
mod dxf;
mod svg;

pub use drawing::{Drawing, DrawingProblem, Region};
pub use dxf::{DxfOptions, dxf};
pub use svg::{SvgOptions, svg};
