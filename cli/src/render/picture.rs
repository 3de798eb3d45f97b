//! Pictures as outputs: OpenSCAD's options, the frames of an animation, and the files that they go into.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use raster::{Bounds, Camera, Image, Model, Renderer, Surface, View};

use crate::output;
use crate::picture::{CameraArguments, LookArguments, Placed};
use crate::progress;

/// How pictures are taken.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub(super) struct PictureArguments {
    /// Width and height of a picture.
    #[arg(long, value_name = "W,H", default_value = "512,512", allow_hyphen_values = true, value_parser = size)]
    imgsize: [u32; 2],
    /// What to draw beside the shape.
    #[arg(long, value_name = "axes|crosshairs|edges|scales|wireframe", value_delimiter = ',')]
    view: Vec<Extra>,
    /// Frames of an animation, with `$t` from 0 up to below 1: one animated PNG, or numbered files for a name with `%d` or `%05d`.
    #[arg(long, value_name = "N", conflicts_with_all = ["turntable", "summary"], value_parser = clap::value_parser!(u32).range(1..=MOST_FRAMES))]
    animate: Option<u32>,
    /// Frames of an animation in which the camera goes around the Z axis once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_FRAMES))]
    turntable: Option<u32>,
    /// Frames in a second of an animated PNG.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    fps: u16,
    /// `$preview` is false for pictures.
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    render: Option<String>,
    #[command(flatten)]
    camera: CameraArguments,
    #[command(flatten)]
    look: LookArguments,
}

/// More are a slip of the finger: they would be ten minutes of pictures.
const MOST_FRAMES: i64 = 12_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Extra {
    Axes,
    Crosshairs,
    Edges,
    Scales,
    Wireframe,
}

/// What is drawn: a shape, and what the program says of the camera.
pub(super) struct Subject<'a> {
    pub(super) model: &'a Model,
    pub(super) camera: scad_eval::Camera,
    /// Whether the program sets it.
    pub(super) by_program: bool,
    /// What is to be seen: of an animation all that any frame has.
    pub(super) bounds: Option<Bounds>,
    /// Whether all of that lies in the plane.
    pub(super) is_flat: bool,
}

impl PictureArguments {
    /// Whether pictures can be made at all, which is better known before the work than after.
    pub(super) fn check(&self) -> Result<(), String> {
        self.camera.check()?;
        let [width, height] = self.imgsize;
        View::new(width, height).check().map_err(|problem| format!("--imgsize: {problem}"))
    }

    /// Frames that the program is evaluated for, with `$t`.
    pub(super) fn animate(&self) -> Option<u32> {
        self.animate
    }

    /// Whether there are frames of either kind.
    pub(super) fn is_animated(&self) -> bool {
        self.animate.is_some() || self.turntable.is_some()
    }

    /// `$preview` where nothing but pictures is made.
    pub(super) fn preview(&self) -> bool {
        self.render.is_none()
    }

    /// `$vpr` and the like, as the program finds them.
    pub(super) fn specials(&self) -> scad_eval::Camera {
        self.camera.specials()
    }

    pub(super) fn look(&self) -> &LookArguments {
        &self.look
    }

    /// One picture, or those of a turntable.
    pub(super) fn images(&self, renderer: &dyn Renderer, subject: &Subject<'_>) -> Result<Vec<Image>, String> {
        let view = self.view(self.imgsize, subject);
        let count = self.turntable.unwrap_or(1);
        let turned = |frame: u32| {
            let [x, y, z] = view.camera.rotation;
            let camera = view.camera.turned([x, y, z + 360.0 * f64::from(frame) / f64::from(count)]);
            View { camera, ..view }
        };
        let bar = if count > 1 { progress::of(count.into()) } else { ProgressBar::hidden() };
        let mut images = Vec::new();
        for frame in 0..count {
            images.extend(renderer.images(subject.model, &[turned(frame)]).map_err(|problem| problem.to_string())?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(images)
    }

    /// A picture for a terminal, which is small: the shape fills it unless somebody says where the camera is.
    pub(super) fn small(
        &self,
        renderer: &dyn Renderer,
        subject: &Subject<'_>,
        size: [u32; 2],
    ) -> Result<Image, String> {
        let mut view = self.view(size, subject);
        if self.camera.is_free() && !subject.by_program {
            view = view.framed(subject.bounds);
        }
        let mut images = renderer.images(subject.model, &[view]).map_err(|problem| problem.to_string())?;
        images.pop().ok_or_else(|| "there is no picture".to_owned())
    }

    fn view(&self, [width, height]: [u32; 2], subject: &Subject<'_>) -> View {
        let has = |extra| self.view.contains(&extra);
        let mut view = self.look.view(width, height);
        view.camera = self.placed(subject, f64::from(width) / f64::from(height));
        view.axes = has(Extra::Axes);
        view.crosshairs = has(Extra::Crosshairs);
        view.edges = has(Extra::Edges);
        view.scales = has(Extra::Scales);
        view.surface = if has(Extra::Wireframe) { Surface::Wireframe } else { Surface::Filled };
        view
    }

    fn placed(&self, subject: &Subject<'_>, aspect: f64) -> Camera {
        let placed = Placed {
            bounds: subject.bounds,
            // Around a drawing the camera goes at a slant: from above it would only spin.
            is_flat: subject.is_flat && self.turntable.is_none(),
            by_program: subject.by_program,
            aspect,
            projection: self.look.projection(),
        };
        self.camera.placed(&subject.camera, &placed)
    }

    /// Writes a picture, or an animation as one file or several.
    pub(super) fn write(&self, path: &Path, images: &[Image]) -> Result<(), String> {
        if self.is_animated()
            && let Some(number) = Number::of(path)
        {
            return images
                .iter()
                .enumerate()
                .try_for_each(|(frame, image)| output::write(&number.path(frame), &image.to_png()));
        }
        let bytes = match images {
            [image] if !self.is_animated() => image.to_png(),
            images => {
                let mut bytes = Vec::new();
                raster::write_animation(images, 1000 / self.fps, &mut bytes).map_err(|error| error.to_string())?;
                bytes
            }
        };
        output::write(path, &bytes)
    }
}

/// A file name with `%d` or `%05d` in it.
#[derive(Debug, PartialEq, Eq)]
struct Number<'a> {
    path: &'a Path,
    before: &'a str,
    width: usize,
    after: &'a str,
}

impl<'a> Number<'a> {
    fn of(path: &'a Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (before, rest) = name.split_once('%')?;
        let (width, after) = rest.split_once('d')?;
        let width = if width.is_empty() { 0 } else { width.parse().ok().filter(|width| *width < 20)? };
        Some(Self { path, before, width, after })
    }

    fn path(&self, number: usize) -> PathBuf {
        let Self { path, before, width, after } = self;
        path.with_file_name(format!("{before}{number:0width$}{after}"))
    }
}

fn size(text: &str) -> Result<[u32; 2], String> {
    let sides: Vec<Option<u32>> = text.split(',').map(|side| side.trim().parse().ok()).collect();
    match *sides.as_slice() {
        [Some(width), Some(height)] => Ok([width, height]),
        _ => Err("expected width and height in pixels, as in `512,512`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_names() {
        let path = |name: &str, number| Number::of(Path::new(name)).map(|found| found.path(number));
        assert_eq!(path("out/a%05d.png", 7), Some(PathBuf::from("out/a00007.png")));
        assert_eq!(path("%d.png", 12), Some(PathBuf::from("12.png")));
        for plain in ["a.png", "100%.png", "a%xd.png", "out%d/a.png"] {
            assert_eq!(path(plain, 0), None, "{plain}");
        }
    }

    #[test]
    fn sizes_are_two_numbers() {
        assert_eq!(size("640, 480"), Ok([640, 480]));
        for wrong in ["640", "640x480", "640,-1", "1,2,3", ""] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
