//! What a picture shows.

use crate::camera::{Bounds, Camera};
use crate::scheme::Scheme;

/// A picture to take: from where, how large, in what colors, with what beside the shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// From where.
    pub camera: Camera,
    /// In what colors.
    pub scheme: Scheme,
    /// The shape itself.
    pub surface: Surface,
    /// Lines where faces meet at an angle.
    pub edges: bool,
    /// The coordinate axes.
    pub axes: bool,
    /// Marks and numbers along the axes.
    pub scales: bool,
    /// A cross at the center of the view.
    pub crosshairs: bool,
    /// A soft shadow on the plane below the shape.
    pub shadow: bool,
}

/// How the shape itself is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surface {
    /// Filled faces.
    #[default]
    Filled,
    /// The edges of all triangles and nothing else.
    Wireframe,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// One side is 0.
    #[error("a picture of {width} × {height} has no pixel")]
    NoPixel {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// More than can be drawn.
    #[error(
        "a picture of {width} × {height} is too large: at most {MOST_SIDE} on a side, and {} million pixels in all",
        MOST_PIXELS >> 20
    )]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Not finite, in the place that it looks at, or with an impossible angle.
    #[error(
        "the camera cannot see: its distance is to be above 0, its field of view within 0° to 180°, all numbers finite"
    )]
    Camera,
    /// The device failed.
    #[error("the graphics device failed: {0}")]
    Device(String),
}

/// The largest side of a picture, what graphics devices can do as a rule.
pub const MOST_SIDE: u32 = 16_384;
/// The largest number of pixels: 64 million, 256 MB.
pub const MOST_PIXELS: u64 = 1 << 26;

impl View {
    /// A picture with nothing beside the shape, from OpenSCAD's usual place.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            camera: Camera::default(),
            scheme: Scheme::default(),
            surface: Surface::Filled,
            edges: false,
            axes: false,
            scales: false,
            crosshairs: false,
            shadow: false,
        }
    }

    /// The same, but with the camera so near that a box fills the picture.
    #[must_use]
    pub fn framed(mut self, bounds: Option<Bounds>) -> Self {
        /// Of the picture, on each side.
        const MARGIN: f64 = 0.06;
        self.camera = self.camera.framed(bounds, self.aspect(), MARGIN);
        self
    }

    /// Width by height.
    pub(crate) fn aspect(&self) -> f64 {
        f64::from(self.width.max(1)) / f64::from(self.height.max(1))
    }

    /// Whether it can be drawn at all.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), RenderError> {
        let (width, height) = (self.width, self.height);
        if width == 0 || height == 0 {
            return Err(RenderError::NoPixel { width, height });
        }
        if width > MOST_SIDE || height > MOST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(RenderError::TooLarge { width, height });
        }
        if self.camera.is_usable() { Ok(()) } else { Err(RenderError::Camera) }
    }
}
