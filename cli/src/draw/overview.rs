//! All programs in one picture, with their names.

use std::sync::Arc;

use csg_mesh::{Geometry, Options, make};
use raster::{Camera, CpuRenderer, Image, Model, Projection, Renderer as _, Scheme, Shading, View, columns, tiled};
use scad_eval::{MemoryWorld, degrees};
use scad_parser::Source;

/// How the tiles look.
#[derive(Debug)]
pub(crate) struct Overview {
    view: View,
    columns: u32,
    /// Pixels from top to bottom of a line of a caption.
    caption: u32,
    /// Lines of a caption.
    lines: u32,
}

/// Below this a name cannot be read.
const LEAST_CAPTION: u32 = 12;

impl Overview {
    /// Tiles of the size of a view, and below each its name, in so many lines.
    pub(crate) fn new(view: View, count: u64, given: Option<u32>, lines: u32) -> Result<Self, String> {
        let caption = (view.height / 10).max(LEAST_CAPTION);
        let columns = given.unwrap_or_else(|| columns(usize::try_from(count).unwrap_or(usize::MAX)));
        let side = |size: u32, count: u64| u32::try_from(u64::from(size).saturating_mul(count)).unwrap_or(u32::MAX);
        let across = u64::from(columns).min(count);
        let whole = View::new(
            side(view.width, across.max(1)),
            side(view.height.saturating_add(caption * lines), count.div_ceil(across.max(1)).max(1)),
        );
        whole
            .check()
            .map_err(|problem| format!("{count} programs in one picture: {problem}; a smaller --size may do"))?;
        Ok(Self { view, columns, caption, lines })
    }

    /// A picture with its name below; an empty one for a program that has none.
    pub(crate) fn tile(&self, picture: Option<Image>, name: &str) -> Image {
        let [red, green, blue] = self.view.scheme.background;
        let (width, height) = (self.view.width, self.view.height);
        let mut tile = Image::new(width, height + self.caption * self.lines, [red, green, blue, 255]);
        if let Some(picture) = picture {
            tile.paste(&picture, 0, 0);
        }
        for (line, text) in (0..).zip(self.wrapped(name)) {
            if let Some(caption) = self.caption(&text) {
                tile.paste(&caption, 0, height + line * self.caption);
            }
        }
        tile
    }

    /// All tiles.
    pub(crate) fn picture(&self, tiles: &[Image]) -> Result<Image, String> {
        tiled(tiles, self.columns, self.view.scheme.axes).map_err(|problem| format!("all in one picture: {problem}"))
    }

    /// A name in lines; the last may be too long.
    fn wrapped(&self, name: &str) -> Vec<String> {
        /// A letter is about so wide, of the height of a caption.
        const WIDE: f64 = 0.36;
        let room = (f64::from(self.view.width) / (f64::from(self.caption) * WIDE)) as usize;
        let mut lines = vec![String::new()];
        for word in name.split(' ') {
            let full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + word.len() >= room);
            if full && lines.len() < self.lines as usize {
                lines.push(String::new());
            }
            let line = lines.last_mut().expect("there is one");
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines
    }

    /// A name as a picture, by way of a program that writes it; its end is left out where there is no room.
    fn caption(&self, name: &str) -> Option<Image> {
        /// Of the height of a caption is that of a capital letter.
        const LETTERS: f64 = 0.5;
        /// Of the width the name may have.
        const ROOM: f64 = 0.95;
        let height = f64::from(self.caption);
        let mut characters: Vec<char> = name.chars().collect();
        let region = loop {
            let text: String = characters.iter().collect();
            let region = written(&text, height * LETTERS)?;
            let [low, high] = region.bounds()?;
            let wide = (high[0] - low[0]) / (f64::from(self.view.width) * ROOM);
            if wide <= 1.0 || characters.len() < 2 {
                break region;
            }
            let kept = (characters.len() as f64 / wide) as usize;
            characters.truncate(kept.min(characters.len().saturating_sub(2)).max(1));
            characters.push('…');
        };
        let [low, high] = region.bounds()?;
        let mut view = View::new(self.view.width, self.caption);
        view.scheme = Scheme { flat: self.view.scheme.axes, ..self.view.scheme };
        let fov = Camera::default().fov;
        view.camera = Camera {
            rotation: [0.0; 3],
            // A quarter of the height is left below the line of writing.
            center: [(low[0] + high[0]) / 2.0, height * 0.25, 0.0],
            distance: height / 2.0 / degrees::tan(fov / 2.0),
            fov,
            projection: Projection::Orthographic,
        };
        CpuRenderer.images(&Model::new(&Geometry::Flat(region), Shading::Flat), &[view]).ok()?.pop()
    }
}

/// A text as a flat region, its letters as high as `size`.
fn written(text: &str, size: f64) -> Option<csg_mesh::Polygons> {
    let quoted: String = text.chars().filter(|letter| !letter.is_control()).flat_map(escaped).collect();
    let source: Arc<Source> = Source::new("caption.scad", format!("text(\"{quoted}\", size = {size});"));
    let program = scad_parser::parse(&source).ok()?;
    let scene = scad_eval::evaluate(&program, &MemoryWorld::default()).ok()?;
    match make(&scene, &Options { parallel: false, ..Options::default() }).geometry {
        Ok(Geometry::Flat(region)) => Some(region),
        _ => None,
    }
}

fn escaped(letter: char) -> impl Iterator<Item = char> {
    ['\\'].into_iter().filter(move |_| matches!(letter, '"' | '\\')).chain([letter])
}
