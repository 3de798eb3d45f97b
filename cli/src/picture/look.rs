//! How things look, and who draws them.

use clap::{Args, ValueEnum};
use raster::{Choice, Projection, Renderer, Scheme, Shading, View};

use crate::output;

/// How things look, and who draws them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Look")]
pub(crate) struct LookArguments {
    /// Colors, by OpenSCAD's names.
    #[arg(long, value_name = "NAME", default_value = "Cornfield", value_parser = scheme)]
    colorscheme: Scheme,
    /// `flat`, or `smooth`: faces that meet at less than 30 degrees, or those given, look like one curved face.
    #[arg(long, value_name = "flat|smooth[:DEGREES]", default_value = "flat", value_parser = shading)]
    shading: Shading,
    /// A soft shadow on the plane below.
    #[arg(long)]
    shadow: bool,
    /// How space comes onto the picture.
    #[arg(long, value_name = "ortho|perspective", default_value = "perspective")]
    projection: ProjectionName,
    /// Who draws: `auto` takes a graphics device if there is a real one and the build can use it.
    #[arg(long, value_name = "auto|cpu|wgpu", default_value = "auto")]
    renderer: RendererName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProjectionName {
    #[value(alias = "o", alias = "orthogonal", alias = "orthographic")]
    Ortho,
    #[value(alias = "p")]
    Perspective,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RendererName {
    Auto,
    Cpu,
    Wgpu,
}

/// Faces that meet at less than this many degrees look curved, if nothing else is said: what has 12 sides or more.
const CREASE: f64 = 30.0;

impl LookArguments {
    /// The renderer; says why it is another one than was asked for.
    pub(crate) fn renderer(&self, quiet: bool) -> Box<dyn Renderer> {
        let choice = match self.renderer {
            RendererName::Auto => Choice::Auto,
            RendererName::Cpu => Choice::Cpu,
            RendererName::Wgpu => Choice::Wgpu,
        };
        let (renderer, notice) = raster::choose(choice);
        if let Some(notice) = notice.filter(|_| !quiet) {
            output::talk(&notice);
        }
        renderer
    }

    /// How faces that meet look.
    pub(crate) fn shading(&self) -> Shading {
        self.shading
    }

    /// How space comes onto the picture.
    pub(crate) fn projection(&self) -> Projection {
        match self.projection {
            ProjectionName::Ortho => Projection::Orthographic,
            ProjectionName::Perspective => Projection::Perspective,
        }
    }

    /// A picture of a size, from the usual place.
    pub(crate) fn view(&self, width: u32, height: u32) -> View {
        let mut view = View::new(width, height);
        view.scheme = self.colorscheme;
        view.shadow = self.shadow;
        view.camera.projection = self.projection();
        view
    }
}

fn scheme(name: &str) -> Result<Scheme, String> {
    Scheme::named(name).ok_or_else(|| {
        let known: Vec<&str> = Scheme::ALL.iter().map(|scheme| scheme.name).collect();
        format!("there is no such scheme; known are {}", known.join(", "))
    })
}

fn shading(text: &str) -> Result<Shading, String> {
    match text.split_once(':') {
        None if text == "flat" => Ok(Shading::Flat),
        None if text == "smooth" => Ok(Shading::Smooth(CREASE)),
        Some(("smooth", angle)) => match angle.parse() {
            Ok(angle) if (0.0..=180.0).contains(&angle) => Ok(Shading::Smooth(angle)),
            _ => Err(format!("`{angle}` is not a number of degrees from 0 to 180")),
        },
        _ => Err("expected `flat`, `smooth` or `smooth:DEGREES`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shading_has_an_angle_or_not() {
        assert_eq!(shading("flat"), Ok(Shading::Flat));
        assert_eq!(shading("smooth"), Ok(Shading::Smooth(30.0)));
        assert_eq!(shading("smooth:45.5"), Ok(Shading::Smooth(45.5)));
        for wrong in ["", "smooth:", "smooth:-1", "smooth:NaN", "flat:30", "round"] {
            assert!(shading(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_scheme_is_answered_with_the_known() {
        assert_eq!(scheme("tomorrow night").map(|scheme| scheme.name), Ok("Tomorrow Night"));
        assert!(scheme("Corn").is_err_and(|problem| problem.contains("Cornfield, Metallic")));
    }
}
