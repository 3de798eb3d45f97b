//! Pictures in a terminal: by kitty's protocol where it is known, in half blocks of 24-bit color elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use base64::Engine as _;
use raster::Image;
use terminal_size::{Height, Width};

/// A terminal on stderr that can show pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns of the picture.
    columns: u32,
    /// Lines of the picture.
    lines: u32,
    protocol: Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// Two pixels in a character, one above the other.
    HalfBlocks,
    /// Kitty's graphics protocol, which takes PNGs.
    Kitty,
}

/// A wider picture shows no more of a shape.
const MOST_COLUMNS: u32 = 120;

/// Lines that are left to the summary and the prompt.
const LINES_LEFT: u32 = 14;

/// Pixels of a character, about; the terminal scales.
const CHARACTER: [u32; 2] = [10, 20];

impl Screen {
    /// The terminal on stderr, if there is one and it may be colored.
    pub(crate) fn of_stderr() -> Option<Self> {
        let stderr = std::io::stderr();
        if !stderr.is_terminal() || std::env::var_os("NO_COLOR").is_some() {
            return None;
        }
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        if variable("TERM") == "dumb" {
            return None;
        }
        let size = terminal_size::terminal_size_of(&stderr);
        let (Width(columns), Height(lines)) = size.unwrap_or((Width(80), Height(24)));
        Some(Self::new(columns.into(), lines.into(), protocol(variable)))
    }

    fn new(columns: u32, lines: u32, protocol: Protocol) -> Self {
        let columns = columns.clamp(8, MOST_COLUMNS);
        // A character is twice as high as wide: a picture is not to be higher than wide, and to leave room on the screen.
        let lines = (columns / 2).min(lines.saturating_sub(LINES_LEFT).max(lines / 2)).max(4);
        Self { columns, lines, protocol }
    }

    /// Width and height of the picture that it shows.
    pub(crate) fn size(&self) -> [u32; 2] {
        match self.protocol {
            Protocol::HalfBlocks => [self.columns, self.lines * 2],
            Protocol::Kitty => [self.columns * CHARACTER[0], self.lines * CHARACTER[1]],
        }
    }

    /// Shows a picture of that size.
    pub(crate) fn show(&self, image: &Image) {
        let text = match self.protocol {
            Protocol::HalfBlocks => half_blocks(image),
            Protocol::Kitty => kitty(image, self.columns, self.lines),
        };
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// What the environment says that the terminal understands. Multiplexers pass nothing on that they do not know.
fn protocol(variable: impl Fn(&str) -> String) -> Protocol {
    let terminal = variable("TERM");
    let known = ["kitty", "ghostty"].iter().any(|name| terminal.contains(name))
        || ["WezTerm", "ghostty"].contains(&variable("TERM_PROGRAM").as_str())
        || !variable("KITTY_WINDOW_ID").is_empty();
    let passed_on = variable("TMUX").is_empty() && !terminal.starts_with("screen");
    if known && passed_on { Protocol::Kitty } else { Protocol::HalfBlocks }
}

/// Each character is the lower half of a field: its color is the lower pixel, its ground the upper one.
fn half_blocks(image: &Image) -> String {
    let mut text = String::new();
    for line in 0..image.height / 2 {
        let mut former = None;
        for column in 0..image.width {
            let upper = image.pixel(column, line * 2);
            let lower = image.pixel(column, line * 2 + 1);
            if former != Some((upper, lower)) {
                let ([r, g, b, _], [low_r, low_g, low_b, _]) = (upper, lower);
                let _ = write!(text, "\x1b[48;2;{r};{g};{b};38;2;{low_r};{low_g};{low_b}m");
                former = Some((upper, lower));
            }
            text.push('▄');
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// Bytes of a piece, as the protocol wants it.
const PIECE: usize = 4096;

/// A PNG in pieces, scaled to columns and lines.
fn kitty(image: &Image, columns: u32, lines: u32) -> String {
    let data = base64::engine::general_purpose::STANDARD.encode(image.to_png());
    let mut text = String::new();
    let mut rest = data.as_str();
    let mut control = format!("a=T,f=100,q=2,c={columns},r={lines},");
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(PIECE));
        let _ = write!(text, "\x1b_G{control}m={};{piece}\x1b\\", u8::from(!after.is_empty()));
        control.clear();
        rest = after;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_has_two_pixels() {
        let mut image = Image::new(2, 2, [1, 2, 3, 255]);
        image.paste(&Image::new(1, 1, [7, 8, 9, 255]), 1, 1);
        let expected = "\x1b[48;2;1;2;3;38;2;1;2;3m▄\x1b[48;2;1;2;3;38;2;7;8;9m▄\x1b[0m\n";
        assert_eq!(half_blocks(&image), expected);
    }

    #[test]
    fn kitty_gets_pieces() {
        let noise: Vec<u8> = (0..100 * 100 * 4_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let text = kitty(&Image { width: 100, height: 100, rgba: noise }, 10, 5);
        assert!(text.starts_with("\x1b_Ga=T,f=100,q=2,c=10,r=5,m=1;iVBOR") && text.ends_with("\x1b\\\n"));
        assert_eq!(text.matches("m=0;").count(), 1);
        let pieces = text.split("\x1b\\").filter_map(|piece| piece.split_once(';'));
        assert!(pieces.clone().count() > 2 && pieces.clone().all(|(_, data)| data.len() <= PIECE));
    }

    #[test]
    fn the_environment_says_what_a_terminal_knows() {
        let with = |pairs: &'static [(&str, &str)]| {
            protocol(|name| pairs.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1).to_owned())
        };
        assert_eq!(with(&[("TERM", "xterm-kitty")]), Protocol::Kitty);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")]), Protocol::Kitty);
        assert_eq!(with(&[("TERM", "xterm-256color")]), Protocol::HalfBlocks);
        assert_eq!(
            with(&[("TERM", "screen-256color"), ("KITTY_WINDOW_ID", "1"), ("TMUX", "/tmp/x")]),
            Protocol::HalfBlocks
        );
    }

    #[test]
    fn pictures_leave_room_on_the_screen() {
        assert_eq!(Screen::new(80, 50, Protocol::HalfBlocks).size(), [80, 72]);
        assert_eq!(Screen::new(300, 100, Protocol::HalfBlocks).size(), [120, 120]);
        assert_eq!(Screen::new(80, 24, Protocol::HalfBlocks).size(), [80, 24]);
    }
}
