//! Where the camera is: by the command line, by the program, or so that all is seen.

use clap::Args;
use raster::{Bounds, Camera, Projection};
use scad_eval::degrees;
use scad_parser::Program;
use scad_parser::ast::{Stmt, StmtKind};

/// OpenSCAD's options of the camera.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Camera")]
pub(crate) struct CameraArguments {
    /// Seven numbers `translate_x,y,z,rot_x,y,z,distance` or six `eye_x,y,z,center_x,y,z`; wins over `$vpr`, `$vpt`, `$vpd`
    /// and `$vpf` of the program. Without either all is seen.
    #[arg(long, value_name = "NUMBERS", allow_hyphen_values = true, value_parser = given)]
    camera: Option<Camera>,
    /// Goes so far away that all is seen.
    #[arg(long)]
    viewall: bool,
    /// Looks at the middle of the shape.
    #[arg(long)]
    autocenter: bool,
}

/// What a camera depends on besides the options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    /// What is to be seen.
    pub(crate) bounds: Option<Bounds>,
    /// Whether it lies in the plane, and is best seen from above.
    pub(crate) is_flat: bool,
    /// Whether the program says where the camera is.
    pub(crate) by_program: bool,
    /// Width of the picture by its height.
    pub(crate) aspect: f64,
    /// How space comes onto the picture.
    pub(crate) projection: Projection,
}

impl CameraArguments {
    /// `$vpr` and the like, as the program is to find them.
    pub(crate) fn specials(&self) -> scad_eval::Camera {
        let given = self.camera.filter(|camera| camera.distance > 0.0);
        scad_eval::Camera {
            rotation: self.camera.map(|camera| camera.rotation),
            translation: self.camera.map(|camera| camera.center),
            distance: given.map(|camera| camera.distance),
            fov: None,
        }
    }

    /// Whether the camera is wherever all is seen, unless the program says otherwise.
    pub(crate) fn is_free(&self) -> bool {
        self.camera.is_none()
    }

    /// Whether nothing is needed to be known of a shape.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.camera {
            Some(camera) if camera.distance <= 0.0 && !self.viewall => Err(format!(
                "--camera has the distance {}, and must be farther away; or give --viewall, which finds the distance",
                camera.distance
            )),
            _ => Ok(()),
        }
    }

    /// The camera for a shape; `program` is what the program leaves `$vpr` and the like at.
    pub(crate) fn placed(&self, program: &scad_eval::Camera, placed: &Placed) -> Camera {
        let usual = Camera::default();
        let mut camera = self.camera.unwrap_or(Camera {
            rotation: program.rotation.unwrap_or(usual.rotation),
            center: program.translation.unwrap_or(usual.center),
            distance: program.distance.unwrap_or(usual.distance),
            fov: program.fov.unwrap_or(usual.fov),
            ..usual
        });
        camera.projection = placed.projection;
        let free = self.is_free() && !placed.by_program;
        if free && placed.is_flat {
            camera.rotation = [0.0; 3];
        }
        if free || self.viewall {
            camera = camera.view_all(placed.bounds, free || self.autocenter);
            camera.distance *= widening(camera.fov, placed.aspect);
        } else if let (true, Some([low, high])) = (self.autocenter, placed.bounds) {
            camera.center = [0, 1, 2].map(|axis| low[axis] / 2.0 + high[axis] / 2.0);
        }
        camera
    }
}

/// How much farther away a ball is seen whole in a picture that is higher than wide.
fn widening(fov: f64, aspect: f64) -> f64 {
    if aspect >= 1.0 {
        return 1.0;
    }
    let across = degrees::atan(degrees::tan(fov / 2.0) * aspect);
    degrees::sin(fov / 2.0) / degrees::sin(across)
}

/// Whether a program says where the camera is.
pub(crate) fn is_set_by(program: &Program) -> bool {
    fn sets(statement: &Stmt) -> bool {
        match &statement.kind {
            StmtKind::Assign { name, .. } => ["$vpr", "$vpt", "$vpd", "$vpf"].contains(&name.name.as_str()),
            StmtKind::Block(inner) => inner.iter().any(sets),
            _ => false,
        }
    }
    program.statements.iter().any(sets)
}

fn given(text: &str) -> Result<Camera, String> {
    let wrong = |problem: String| {
        format!(
            "{problem}; expected seven numbers `translate_x,translate_y,translate_z,rot_x,rot_y,rot_z,distance` or six \
             `eye_x,eye_y,eye_z,center_x,center_y,center_z`"
        )
    };
    let mut numbers = Vec::new();
    for part in text.split(',').map(str::trim) {
        match part.parse::<f64>() {
            Ok(number) if number.is_finite() => numbers.push(number),
            _ => return Err(wrong(format!("`{part}` is not a number"))),
        }
    }
    match *numbers.as_slice() {
        [x, y, z, rot_x, rot_y, rot_z, distance] => {
            Ok(Camera { rotation: [rot_x, rot_y, rot_z], center: [x, y, z], distance, ..Camera::default() })
        }
        [eye_x, eye_y, eye_z, x, y, z] => Ok(Camera::look_at([eye_x, eye_y, eye_z], [x, y, z])),
        _ => Err(wrong(format!("there are {} numbers", numbers.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_have_seven_numbers_or_six() {
        let gimbal = given("1,2,3, 55,0,25, 140").expect("seven numbers");
        assert_eq!((gimbal.center, gimbal.rotation, gimbal.distance), ([1.0, 2.0, 3.0], [55.0, 0.0, 25.0], 140.0));
        let eye = given("0,-10,0,0,0,0").expect("six numbers");
        assert_eq!((eye.center, eye.rotation, eye.distance), ([0.0; 3], [90.0, 0.0, 0.0], 10.0));
        for wrong in ["", "1,2,3", "1,2,3,4,5,6,7,8", "1,2,3,4,5,x", "1,2,3,4,5,inf", "1,2,3,4,5,6,"] {
            let problem = given(wrong).expect_err(wrong);
            assert!(problem.contains("distance") && problem.contains("eye_x"), "{problem}");
        }
    }

    #[test]
    fn a_high_picture_is_taken_from_farther_away() {
        assert_eq!(widening(22.5, 2.0), 1.0);
        assert!((widening(22.5, 0.5) - 1.97).abs() < 0.02);
    }
}
