//! The options of pictures, and the views that they mean.

use clap::Args;
use raster::{Camera, Choice, Model, Projection, Scheme, Shading, Surface, View};

/// How pictures are taken.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Pictures")]
pub(crate) struct PictureArguments {
    /// `X,Y,Z,ROT_X,ROT_Y,ROT_Z,DISTANCE` ($vpt, $vpr, $vpd), or `EYE_X,EYE_Y,EYE_Z,CENTER_X,CENTER_Y,CENTER_Z`.
    #[arg(long, value_name = "NUMBERS", value_parser = camera, allow_hyphen_values = true)]
    camera: Option<Camera>,
    /// The camera goes so far away that all is seen; the usual thing where nobody says where it is.
    #[arg(long)]
    viewall: bool,
    /// The camera looks at the middle of what is made.
    #[arg(long)]
    autocenter: bool,
    /// Perspective or parallel lines.
    #[arg(long, value_name = "ortho|perspective")]
    projection: Option<ProjectionArgument>,
    /// Width and height of the picture in pixels.
    #[arg(long, value_name = "WIDTH,HEIGHT", default_value = "512,512", value_parser = size)]
    imgsize: [u32; 2],
    #[command(flatten)]
    looks: LooksArguments,
    /// What is drawn beside the shape: axes, crosshairs, edges, scales; `wireframe` draws edges instead of faces.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    view: Vec<Beside>,
    /// Seen from several sides in one picture: 4, 6 or 8 standard views, each as near as it may be.
    #[arg(long, value_name = "4|6|8", value_parser = views, conflicts_with_all = ["camera", "viewall", "autocenter"])]
    views: Option<usize>,
    /// Pictures of an animation, with `$t` from 0 to 1: one animated PNG, or numbered files where the name has `%d`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    animate: Option<u32>,
    /// Pictures of an animation in which the camera goes around the shape once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), conflicts_with = "animate")]
    turntable: Option<u32>,
    /// Accepted for OpenSCAD's sake: pictures always show the shape as it is made.
    #[arg(long, hide = true, num_args = 0..=1)]
    render: Option<Option<String>>,
    /// Accepted for OpenSCAD's sake.
    #[arg(long, hide = true, num_args = 0..=1)]
    preview: Option<Option<String>>,
}

/// What all that draws has in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct LooksArguments {
    /// Colors of ground, faces and lines, by OpenSCAD's names: Cornfield, Metallic, Sunset, Starnight, Tomorrow, ...
    #[arg(long, value_name = "NAME", default_value = "Cornfield", value_parser = scheme)]
    colorscheme: Scheme,
    /// Faces even, or curved where they meet at less than an angle: `flat`, `smooth`, `smooth:DEGREES` (30).
    #[arg(long, value_name = "HOW", default_value = "flat", value_parser = shading)]
    shading: Shading,
    /// A soft shadow on the ground.
    #[arg(long)]
    shadow: bool,
    /// Who draws; `auto` takes a graphics device if this build can and there is one.
    #[arg(long, value_name = "auto|cpu|wgpu", default_value = "auto")]
    renderer: RendererArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProjectionArgument {
    #[value(aliases = ["o", "orthographic", "orthogonal"])]
    Ortho,
    #[value(alias = "p")]
    Perspective,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Beside {
    Axes,
    Crosshairs,
    Edges,
    Scales,
    Wireframe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RendererArgument {
    Auto,
    Cpu,
    Wgpu,
}

/// How many pictures there are, and what moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motion {
    /// `$t` runs.
    Time(u32),
    /// The camera goes around.
    Turntable(u32),
}

/// Where a camera comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CameraSource {
    /// Somebody said where it stands: the command line or the program.
    Given(Camera),
    /// Nobody did.
    Usual(Camera),
}

impl LooksArguments {
    pub(crate) fn shading(&self) -> Shading {
        self.shading
    }

    pub(crate) fn choice(&self) -> Choice {
        match self.renderer {
            RendererArgument::Auto => Choice::Auto,
            RendererArgument::Cpu => Choice::Cpu,
            RendererArgument::Wgpu => Choice::Wgpu,
        }
    }

    /// A view of that size in these colors.
    pub(crate) fn view(&self, width: u32, height: u32) -> View {
        View { scheme: self.colorscheme, shadow: self.shadow, ..View::new(width, height) }
    }
}

impl PictureArguments {
    pub(crate) fn looks(&self) -> &LooksArguments {
        &self.looks
    }

    /// What moves, if anything does.
    pub(crate) fn motion(&self) -> Option<Motion> {
        self.animate.map(Motion::Time).or(self.turntable.map(Motion::Turntable))
    }

    /// How many standard views there are in a picture, if it is a sheet.
    pub(crate) fn views(&self) -> Option<usize> {
        self.views
    }

    /// The values of `$vpr` and the like that a program finds.
    pub(crate) fn presets(&self) -> scad_eval::Camera {
        self.camera.map_or_else(scad_eval::Camera::default, |camera| scad_eval::Camera {
            rotation: Some(camera.rotation),
            translation: Some(camera.center),
            distance: Some(camera.distance),
            fov: Some(camera.fov),
        })
    }

    /// The camera: the command line's, else the program's where it sets one.
    pub(crate) fn camera(&self, program: &scad_eval::Camera) -> CameraSource {
        if let Some(camera) = self.camera {
            return CameraSource::Given(camera);
        }
        let usual = Camera::default();
        let camera = Camera {
            rotation: program.rotation.unwrap_or(usual.rotation),
            center: program.translation.unwrap_or(usual.center),
            distance: program.distance.unwrap_or(usual.distance),
            fov: program.fov.unwrap_or(usual.fov),
            ..usual
        };
        // A program that only turns or zooms the lens leaves the place to us.
        let placed = camera.center != usual.center || camera.distance != usual.distance;
        if placed { CameraSource::Given(camera) } else { CameraSource::Usual(camera) }
    }

    /// The view of a model. `bounds` are those of all pictures that the camera is to take.
    pub(crate) fn view_of(&self, model: &Model, bounds: Option<raster::Bounds>, source: CameraSource) -> View {
        let (mut camera, given) = match source {
            CameraSource::Given(camera) => (camera, true),
            CameraSource::Usual(camera) => (camera, false),
        };
        if !given && model.is_flat() && camera.rotation == Camera::default().rotation {
            camera.rotation = [0.0; 3];
        }
        if let Some(projection) = self.projection {
            camera.projection = match projection {
                ProjectionArgument::Ortho => Projection::Orthographic,
                ProjectionArgument::Perspective => Projection::Perspective,
            };
        }
        if !given || self.viewall {
            camera = camera.view_all(bounds, !given || self.autocenter);
        } else if self.autocenter
            && let Some([low, high]) = bounds
        {
            camera.center = [0, 1, 2].map(|axis| f64::midpoint(low[axis], high[axis]));
        }
        let [width, height] = self.imgsize;
        let has = |what: Beside| self.view.contains(&what);
        View {
            camera,
            surface: if has(Beside::Wireframe) { Surface::Wireframe } else { Surface::Filled },
            edges: has(Beside::Edges),
            axes: has(Beside::Axes),
            scales: has(Beside::Scales),
            crosshairs: has(Beside::Crosshairs),
            ..self.looks.view(width, height)
        }
    }
}

/// A camera as OpenSCAD's command line has it.
fn camera(text: &str) -> Result<Camera, String> {
    const FORMS: &str =
        "takes 7 numbers X,Y,Z,ROT_X,ROT_Y,ROT_Z,DISTANCE or 6 numbers EYE_X,EYE_Y,EYE_Z,CENTER_X,CENTER_Y,CENTER_Z";
    let numbers: Vec<f64> = text
        .split(',')
        .map(|number| number.trim().parse().ok().filter(|value: &f64| value.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{FORMS}; `{text}` has something that is no number"))?;
    match numbers.as_slice() {
        [x, y, z, turn_x, turn_y, turn_z, distance] if *distance > 0.0 => Ok(Camera {
            rotation: [*turn_x, *turn_y, *turn_z],
            center: [*x, *y, *z],
            distance: *distance,
            ..Camera::default()
        }),
        [_, _, _, _, _, _, distance] => Err(format!("{FORMS}; the distance is to be above 0, not {distance}")),
        [eye @ .., x, y, z] if eye.len() == 3 => {
            let (eye, center) = ([eye[0], eye[1], eye[2]], [*x, *y, *z]);
            if eye == center {
                Err(format!("{FORMS}; here the eye is where it looks"))
            } else {
                Ok(Camera::look_at(eye, center))
            }
        }
        _ => Err(format!("{FORMS}; there are {}", numbers.len())),
    }
}

/// Two numbers.
fn size(text: &str) -> Result<[u32; 2], String> {
    let sides: Option<Vec<u32>> = text.split([',', 'x']).map(|side| side.trim().parse().ok()).collect();
    match sides.as_deref() {
        Some([width, height]) => {
            let view = View::new(*width, *height);
            view.check().map(|()| [*width, *height]).map_err(|error| error.to_string())
        }
        _ => Err("takes WIDTH,HEIGHT in pixels, such as 800,600".to_owned()),
    }
}

fn scheme(text: &str) -> Result<Scheme, String> {
    let known = || Scheme::ALL.iter().map(|scheme| scheme.name).collect::<Vec<_>>().join(", ");
    Scheme::named(text).ok_or_else(|| format!("no such color scheme; there are {}", known()))
}

fn shading(text: &str) -> Result<Shading, String> {
    /// Degrees: cylinders of the usual 30 fragments are round, and boxes are not.
    const CREASE: f64 = 30.0;
    match text.split_once(':') {
        None if text == "flat" => Ok(Shading::Flat),
        None if text == "smooth" => Ok(Shading::Smooth(CREASE)),
        Some(("smooth", degrees)) => match degrees.parse() {
            Ok(degrees) if (0.0..=180.0).contains(&degrees) => Ok(Shading::Smooth(degrees)),
            _ => Err(format!("`{degrees}` is no angle of 0 to 180 degrees")),
        },
        _ => Err("takes flat, smooth or smooth:DEGREES".to_owned()),
    }
}

/// How many standard views.
pub(crate) fn views(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| raster::standard_views(*count).is_some());
    count.ok_or_else(|| "takes 1, 4, 6 or 8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_have_two_forms() {
        let gimbal = camera("1,2,3, 55,0,25,140").expect("seven numbers");
        assert_eq!((gimbal.center, gimbal.rotation, gimbal.distance), ([1.0, 2.0, 3.0], [55.0, 0.0, 25.0], 140.0));
        let eye = camera("0,-50,0,0,0,0").expect("six numbers");
        assert_eq!((eye.rotation, eye.distance), ([90.0, 0.0, 0.0], 50.0));
        for wrong in ["", "1,2", "1,2,3,4,5,6,7,8", "1,2,3,4,5,six", "0,0,0,0,0,0", "0,0,0,0,0,0,-5", "0,0,0,0,0,0,nan"]
        {
            assert!(camera(wrong).expect_err(wrong).contains("DISTANCE"), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_looked_at() {
        assert_eq!(size("640,480"), Ok([640, 480]));
        assert!(size("0,480").expect_err("no pixel").contains("no pixel"));
        assert!(size("20000,20000").expect_err("too large").contains("too large"));
        assert!(size("640").is_err() && size("a,b").is_err() && size("-1,5").is_err());
    }

    #[test]
    fn shading_has_an_angle() {
        assert_eq!(shading("smooth:45"), Ok(Shading::Smooth(45.0)));
        assert!(shading("smooth:999").is_err() && shading("round").is_err());
    }
}
