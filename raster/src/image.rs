//! Pixels.

use std::io::{self, Write};

/// A picture: rows from top to bottom, four bytes a pixel: red, green, blue, alpha, as they go into a PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width · height · 4` bytes.
    pub rgba: Vec<u8>,
}

impl Image {
    /// A picture of one color.
    pub fn new(width: u32, height: u32, color: [u8; 4]) -> Self {
        Self { width, height, rgba: color.repeat(width as usize * height as usize) }
    }

    /// A pixel; the first is at the top left.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let at = (y as usize * self.width as usize + x as usize) * 4;
        [0, 1, 2, 3].map(|channel| self.rgba[at + channel])
    }

    /// Puts a picture into this one with its top left pixel at a place; what sticks out is cut off.
    pub fn paste(&mut self, other: &Self, left: u32, top: u32) {
        let width = other.width.min(self.width.saturating_sub(left)) as usize * 4;
        for row in 0..other.height.min(self.height.saturating_sub(top)) {
            let from = row as usize * other.width as usize * 4;
            let to = ((top + row) as usize * self.width as usize + left as usize) * 4;
            self.rgba[to..to + width].copy_from_slice(&other.rgba[from..from + width]);
        }
    }

    /// Writes it as a PNG. Without transparent pixels the file has no alpha channel.
    pub fn write_png(&self, to: impl Write) -> io::Result<()> {
        let mut encoder = png::Encoder::new(to, self.width, self.height);
        encoder.set_depth(png::BitDepth::Eight);
        let opaque = self.is_opaque();
        encoder.set_color(if opaque { png::ColorType::Rgb } else { png::ColorType::Rgba });
        compress(&mut encoder);
        let mut writer = encoder.write_header()?;
        let bytes = if opaque { &self.rgb() } else { &self.rgba };
        writer.write_image_data(bytes)?;
        Ok(writer.finish()?)
    }

    /// The bytes of a PNG.
    pub fn to_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_png(&mut bytes).expect("a vector takes all, and the sizes were checked when the image was made");
        bytes
    }

    pub(crate) fn is_opaque(&self) -> bool {
        self.rgba.iter().skip(3).step_by(4).all(|alpha| *alpha == 255)
    }

    pub(crate) fn rgb(&self) -> Vec<u8> {
        self.rgba.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect()
    }
}

/// How pictures of few colors are packed: hardly larger than at best, in a tenth of the time.
pub(crate) fn compress<W: Write>(encoder: &mut png::Encoder<'_, W>) {
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Up);
}

/// An animated PNG of pictures of one size, repeated without end. Viewers that know no animation show the first.
///
/// # Errors
/// `InvalidInput` when there is no picture, or one has another size.
pub fn write_animation(frames: &[Image], milliseconds: u16, to: impl Write) -> io::Result<()> {
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidInput, text.to_owned());
    let first = frames.first().ok_or_else(|| invalid("an animation needs a picture"))?;
    if frames.iter().any(|frame| (frame.width, frame.height) != (first.width, first.height)) {
        return Err(invalid("the pictures of an animation have one size"));
    }
    let mut encoder = png::Encoder::new(to, first.width, first.height);
    encoder.set_depth(png::BitDepth::Eight);
    let opaque = frames.iter().all(Image::is_opaque);
    encoder.set_color(if opaque { png::ColorType::Rgb } else { png::ColorType::Rgba });
    compress(&mut encoder);
    let count = u32::try_from(frames.len()).map_err(|_| invalid("too many pictures"))?;
    encoder.set_animated(count, 0)?;
    encoder.set_frame_delay(milliseconds, 1000)?;
    let mut writer = encoder.write_header()?;
    for frame in frames {
        let bytes = if opaque { &frame.rgb() } else { &frame.rgba };
        writer.write_image_data(bytes)?;
    }
    Ok(writer.finish()?)
}
