//! A picture on a terminal: by kitty's graphics where they are known, otherwise two pixels in each character.

use std::fmt::Write as _;

use raster::{Image, View};

/// How a terminal shows pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Graphics {
    /// As a PNG within an escape sequence.
    Kitty,
    /// As half blocks with two colors each.
    Blocks,
}

/// How stderr shows pictures, and of what size; `None` when it is no terminal, or wants no colors.
pub(super) fn graphics() -> Option<(Graphics, [u32; 2])> {
    use std::io::IsTerminal as _;
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    if !std::io::stderr().is_terminal() || !variable("NO_COLOR").is_empty() || variable("TERM") == "dumb" {
        return None;
    }
    let (columns, rows) = terminal_size::terminal_size_of(std::io::stderr())
        .map_or((80, 24), |(width, height)| (u32::from(width.0), u32::from(height.0)));
    let term = variable("TERM");
    let knows_kitty = !variable("KITTY_WINDOW_ID").is_empty()
        || ["kitty", "ghostty"].iter().any(|name| term.contains(name))
        || ["WezTerm", "ghostty"].contains(&variable("TERM_PROGRAM").as_str());
    Some(if knows_kitty && variable("TMUX").is_empty() {
        (Graphics::Kitty, [480, 360])
    } else {
        // Room for what is said below it; a character is about twice as high as it is wide.
        let width = columns.saturating_sub(1).clamp(10, 100);
        let height = (rows.saturating_sub(10).clamp(8, 40) * 2).min(width);
        (Graphics::Blocks, [width, height])
    })
}

/// The size of picture to draw for it: blocks are drawn larger and made smaller, so that edges are smooth.
pub(super) fn sized(graphics: Graphics, [width, height]: [u32; 2], view: View) -> View {
    let times = if graphics == Graphics::Blocks { FINER } else { 1 };
    View { width: width * times, height: height * times, ..view }
}

/// Pixels drawn for each half of a character, along each side.
const FINER: u32 = 2;

/// The bytes that show a picture.
pub(super) fn shown(graphics: Graphics, image: &Image) -> String {
    match graphics {
        Graphics::Kitty => kitty(&image.to_png()),
        Graphics::Blocks => blocks(image),
    }
}

fn blocks(image: &Image) -> String {
    let (width, height) = (image.width / FINER, image.height / FINER);
    let color = |x: u32, y: u32| {
        let mut sum = [0u32; 3];
        for (right, down) in (0..FINER).flat_map(|down| (0..FINER).map(move |right| (right, down))) {
            let pixel = image.pixel(x * FINER + right, y * FINER + down);
            sum = [0, 1, 2].map(|channel| sum[channel] + u32::from(pixel[channel]));
        }
        sum.map(|sum| sum / (FINER * FINER))
    };
    let mut text = String::new();
    for y in (0..height.saturating_sub(1)).step_by(2) {
        for x in 0..width {
            let ([r, g, b], [r2, g2, b2]) = (color(x, y), color(x, y + 1));
            let _ = write!(text, "\x1b[38;2;{r};{g};{b};48;2;{r2};{g2};{b2}m▀");
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// Source: kitty's terminal graphics protocol, transmission in chunks of 4096 characters of base64.
fn kitty(png: &[u8]) -> String {
    const CHUNK: usize = 4096;
    let data = base64(png);
    let chunks: Vec<&str> = data.as_bytes().chunks(CHUNK).filter_map(|chunk| std::str::from_utf8(chunk).ok()).collect();
    let mut text = String::new();
    for (idx, chunk) in chunks.iter().enumerate() {
        let more = u8::from(idx + 1 < chunks.len());
        let head = if idx == 0 { "a=T,f=100," } else { "" };
        let _ = write!(text, "\x1b_G{head}m={more};{chunk}\x1b\\");
    }
    text.push('\n');
    text
}

/// Source: RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, idx| bits << 8 | u32::from(group.get(idx).copied().unwrap_or(0)));
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(if digit <= group.len() { DIGITS[index] as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_character_shows_two_pixels() {
        let mut image = Image::new(4, 4, [10, 20, 30, 255]);
        image.paste(&Image::new(4, 2, [1, 2, 3, 255]), 0, 0);
        assert_eq!(blocks(&image), format!("{}\x1b[0m\n", "\x1b[38;2;1;2;3;48;2;10;20;30m▀".repeat(2)));
        assert!(shown(Graphics::Kitty, &image).starts_with("\x1b_Ga=T,f=100,m=0;iVBOR"));
    }
}
