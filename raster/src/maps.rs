//! What each pixel shows, as numbers.

use std::io::{self, Write};

use crate::image::{Image, compress};
use crate::model::{Model, Role};
use crate::plan::DepthRange;
use crate::view::View;

/// The triangle in the middle of each pixel. Rows run from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ids {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Counted through the layers that are drawn, from 1; 0 where there is nothing.
    pub(crate) triangles: Vec<u32>,
    /// Its depth there, 0 to 1.
    pub(crate) depth: Vec<f32>,
}

/// What each pixel of a view shows of the shape, in the middle of the pixel: no pixel is mixed from two things.
///
/// What is marked with `%` or `#` is no part of it, and what is transparent counts as if it were not.
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Distance from the camera along its view, in the program's unit; infinite where there is nothing.
    pub depth: Vec<f32>,
    /// The outward unit normal of the face, in the camera's frame: x right, y up, z toward the viewer; zeros where there is
    /// nothing. Of an inner side the normal points away.
    pub normal: Vec<[f32; 3]>,
    /// The part, from 1: [`Model::spans`] says where part `n` comes from, at `n - 1`. 0 where there is nothing, or nobody
    /// knows.
    pub part: Vec<u32>,
    /// Whether there is anything.
    pub silhouette: Vec<bool>,
}

impl Maps {
    pub(crate) fn new(model: &Model, view: &View, ids: &Ids, range: DepthRange) -> Self {
        let shapes: Vec<_> = model.layers.iter().filter(|layer| layer.role == Role::Shape).collect();
        let axes = view.camera.axes().map(|axis| axis.map(|value| value as f32));
        let found = |id: u32| {
            let mut triangle = (id as usize).checked_sub(1)?;
            for layer in &shapes {
                if triangle < layer.triangles.len() {
                    return Some((layer, triangle));
                }
                triangle -= layer.triangles.len();
            }
            None
        };
        let pixels = ids.triangles.len();
        let mut maps = Self {
            width: ids.width,
            height: ids.height,
            depth: Vec::with_capacity(pixels),
            normal: Vec::with_capacity(pixels),
            part: Vec::with_capacity(pixels),
            silhouette: Vec::with_capacity(pixels),
        };
        for (id, depth) in ids.triangles.iter().zip(&ids.depth) {
            let found = found(*id);
            maps.silhouette.push(found.is_some());
            match found {
                None => {
                    maps.depth.push(f32::INFINITY);
                    maps.normal.push([0.0; 3]);
                    maps.part.push(0);
                }
                Some((layer, triangle)) => {
                    maps.depth.push((range.distance(*depth) * model.scale) as f32);
                    let [x, y, z] = layer.normals[triangle];
                    maps.normal.push(axes.map(|axis| axis[0] * x + axis[1] * y + axis[2] * z));
                    maps.part.push(layer.parts[triangle]);
                }
            }
        }
        maps
    }

    /// The least and the greatest depth; `None` when there is nothing.
    pub fn depths(&self) -> Option<[f32; 2]> {
        let finite = self.depth.iter().copied().filter(|depth| depth.is_finite());
        finite.map(|depth| [depth, depth]).reduce(|[low, high], [depth, _]| [low.min(depth), high.max(depth)])
    }

    /// Writes depths as a PNG of 16-bit gray: 65535 is the least of [`depths`](Self::depths), 1 the greatest, 0 nothing.
    pub fn write_depth_png(&self, to: impl Write) -> io::Result<()> {
        let [low, high] = self.depths().unwrap_or([0.0, 1.0]);
        let span = if high > low { high - low } else { 1.0 };
        let gray =
            |depth: f32| if depth.is_finite() { 65535 - ((depth - low) / span * 65534.0 + 0.5) as u16 } else { 0 };
        let bytes: Vec<u8> = self.depth.iter().flat_map(|depth| gray(*depth).to_be_bytes()).collect();
        let mut encoder = png::Encoder::new(to, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Sixteen);
        compress(&mut encoder);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&bytes)?;
        Ok(writer.finish()?)
    }

    /// The bytes of the PNG of depths.
    pub fn to_depth_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_depth_png(&mut bytes).expect("a vector takes all, and the sizes were checked when the map was made");
        bytes
    }

    /// Normals as colors: -1 to 1 becomes 0 to 255 for x, y, z; black where there is nothing.
    pub fn normal_image(&self) -> Image {
        let byte = |value: f32| ((value * 0.5 + 0.5) * 255.0 + 0.5) as u8;
        self.image(|idx| self.silhouette[idx].then(|| self.normal[idx].map(byte)))
    }

    /// White where there is anything.
    pub fn silhouette_image(&self) -> Image {
        self.image(|idx| self.silhouette[idx].then_some([255; 3]))
    }

    /// Parts in the colors of [`part_color`]; black where there is nothing.
    pub fn part_image(&self) -> Image {
        self.image(|idx| self.silhouette[idx].then(|| part_color(self.part[idx])))
    }

    fn image(&self, color: impl Fn(usize) -> Option<[u8; 3]>) -> Image {
        let pixel = |idx: usize| {
            let [red, green, blue] = color(idx).unwrap_or_default();
            [red, green, blue, 255]
        };
        Image { width: self.width, height: self.height, rgba: (0..self.part.len()).flat_map(pixel).collect() }
    }
}

/// A color for each part, different for the first 16 million, and far apart for neighbors; never black.
pub fn part_color(part: u32) -> [u8; 3] {
    // An odd factor makes this a bijection of 24 bits; 0 goes to gray, and what would be black to where 0 would go.
    const FACTOR: u32 = 0x9e_37_79;
    let bits = (part & 0xff_ffff).wrapping_mul(FACTOR) & 0xff_ffff;
    let bits = if bits == 0 {
        0x80_8080
    } else if bits == 0x80_8080 {
        0xff_ffff
    } else {
        bits
    };
    [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]
}
