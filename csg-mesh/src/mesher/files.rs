//! Shapes from files: `import` and `surface`.

use clipper2_rust::FillRule;
use scad_eval::csg::Import;
use scad_parser::Diagnostic;

use super::{At, Mesher, Said, Shape, tell};
use crate::import::{self, Drawing, DrawingProblem, DxfOptions, Faces, SolidFormat, SvgOptions};
use crate::kernel::Kernel;
use crate::parts::Solid;
use crate::problem::Problem;
use crate::{Affine, Limit, Polygons, clip};

impl<K: Kernel> Mesher<'_, K> {
    pub(super) fn import(&self, at: At<'_>, import: &Import, said: &mut Said) -> Result<Shape<K>, Limit> {
        let suffix = import.file.rsplit_once('.').map_or("", |(_, suffix)| suffix).to_ascii_lowercase();
        let line = self.sources.line(at.node.span.start).map_or(0, |(_, line)| line);
        let is_drawing = suffix == "svg" || suffix == "dxf";
        let solid = SolidFormat::from_suffix(&suffix);
        let nothing = if is_drawing { Shape::flat(Polygons::default()) } else { Shape::Solid(Solid::EMPTY) };
        if !is_drawing && solid.is_none() {
            let problem = Problem::ImportFormat { file: import.file.clone(), line };
            tell(said, &problem, at.node.span);
            return Ok(nothing);
        }
        let Some(data) = import.data.as_deref() else {
            // OpenSCAD gives this message a place of its own.
            said.push(Diagnostic::new(&Problem::NoImportFile { file: import.file.clone(), line }, None));
            return Ok(nothing);
        };
        let unreadable = |reason: String| Problem::ImportContent { file: import.file.clone(), reason };
        if let Some(format) = solid {
            return match import::solid(format, data) {
                Ok(faces) => self.bodies(at, faces, import.center, said),
                Err(problem) => {
                    tell(said, &unreadable(problem.to_string()), at.node.span);
                    Ok(nothing)
                }
            };
        }
        match drawing(&suffix, data, import) {
            Ok(drawing) => {
                for warning in &drawing.warnings {
                    tell(said, &Problem::Drawing { text: warning.clone() }, at.node.span);
                }
                Ok(Shape::flat(drawn(&drawing, import.center)))
            }
            Err(problem) => {
                tell(said, &unreadable(problem.to_string()), at.node.span);
                Ok(nothing)
            }
        }
    }

    pub(super) fn surface(
        &self,
        at: At<'_>,
        file: &str,
        data: Option<&[u8]>,
        center: bool,
        invert: bool,
        said: &mut Said,
    ) -> Result<Shape<K>, Limit> {
        let Some(data) = data else {
            tell(said, &Problem::NoSurfaceFile { file: file.to_owned() }, at.node.span);
            return Ok(Shape::Solid(Solid::EMPTY));
        };
        let is_picture = file.to_ascii_lowercase().ends_with(".png");
        let read =
            if is_picture { import::surface_png(data, center, invert) } else { import::surface_dat(data, center) };
        match read {
            Ok(faces) => self.bodies(at, faces, false, said),
            Err(problem) => {
                let problem = Problem::ImportContent { file: file.to_owned(), reason: problem.to_string() };
                tell(said, &problem, at.node.span);
                Ok(Shape::Solid(Solid::EMPTY))
            }
        }
    }

    /// The union of the bodies of a file; one alone as it is.
    fn bodies(&self, at: At<'_>, faces: Faces, center: bool, said: &mut Said) -> Result<Shape<K>, Limit> {
        let corners: usize = faces.faces.iter().map(Vec::len).sum();
        self.room(corners as f64)?;
        let mut solids = Vec::new();
        for body in faces.bodies() {
            if let Shape::Solid(solid) = self.faces(at, faces.vertices.clone(), body.iter().cloned(), said) {
                solids.push(solid);
            }
        }
        let solid = self.united_solids(solids, at, said)?;
        Ok(Shape::Solid(match solid.bounds() {
            Some([low, high]) if center => {
                let middle = [0, 1, 2].map(|axis| -(low[axis] + high[axis]) / 2.0);
                solid.placed(&Affine::translation(middle))
            }
            _ => solid,
        }))
    }
}

fn drawing(suffix: &str, data: &[u8], import: &Import) -> Result<Drawing, DrawingProblem> {
    let layer = import.layer.as_deref();
    if suffix == "svg" {
        let id = import.id.as_deref();
        return import::svg(data, &SvgOptions { dpi: import.dpi, id, layer, facets: import.facets });
    }
    let options =
        DxfOptions { file: &import.file, layer, origin: import.origin, scale: import.scale, facets: import.facets };
    import::dxf(data, &options)
}

/// The union of the regions of a drawing, with its middle at the origin if asked for.
fn drawn(drawing: &Drawing, center: bool) -> Polygons {
    let regions: Vec<Polygons> =
        drawing.regions.iter().map(|region| clip::sanitize(&region.contours, FillRule::EvenOdd)).collect();
    let region = clip::union(&regions.iter().collect::<Vec<_>>());
    match region.bounds() {
        Some([low, high]) if center => {
            let middle = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
            region.mapped(|[x, y]| [x - middle[0], y - middle[1]], false)
        }
        _ => region,
    }
}
