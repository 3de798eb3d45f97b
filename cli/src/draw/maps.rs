//! Maps of the views as files, and what is to be known of them as JSON.

use std::collections::BTreeMap;

use clap::ValueEnum;
use raster::{Maps, Projection, View, columns, part_color, standard_views};
use serde::Serialize;

use super::program::Drawable;
use super::{Arguments, Problem};

/// What a map says of each pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Map {
    Depth,
    Normal,
    Silhouette,
    Part,
}

impl Map {
    fn name(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Normal => "normal",
            Self::Silhouette => "silhouette",
            Self::Part => "part",
        }
    }

    fn png(self, maps: &Maps) -> std::io::Result<Vec<u8>> {
        Ok(match self {
            Self::Depth => {
                let mut bytes = Vec::new();
                maps.write_depth_png(&mut bytes)?;
                bytes
            }
            Self::Normal => maps.normal_image().to_png(),
            Self::Silhouette => maps.silhouette_image().to_png(),
            Self::Part => maps.part_image().to_png(),
        })
    }
}

/// The JSON beside a sheet.
#[derive(Debug, Serialize)]
struct Sheet<'a> {
    /// The sheet's file.
    sheet: String,
    /// Pixels of a view, each way.
    size: u32,
    columns: u32,
    /// In the order of the sheet.
    views: Vec<Taken<'a>>,
    parts: Vec<Part<'a>>,
}

/// A view.
#[derive(Debug, Serialize)]
struct Taken<'a> {
    view: &'a str,
    camera: Place,
    /// The least and the greatest depth in the program's unit: 65535 and 1 of the depth map; null when there is nothing.
    depth: Option<[f32; 2]>,
    /// Files by map.
    maps: BTreeMap<&'static str, String>,
}

/// A camera in OpenSCAD's terms.
#[derive(Debug, Serialize)]
struct Place {
    rotation: [f64; 3],
    center: [f64; 3],
    distance: f64,
    fov: f64,
    projection: &'static str,
}

/// Where a color of the part map comes from.
#[derive(Debug, Serialize)]
struct Part<'a> {
    color: [u8; 3],
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

/// Names and bytes of the files of maps.
pub(super) fn files(
    drawable: &Drawable,
    file: &str,
    views: &[View],
    maps: &[Maps],
    arguments: &Arguments,
) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let failed = |problem: String| Problem::Unwritten(format!("cannot make the maps of `{file}`: {problem}"));
    let mut files = Vec::new();
    let mut taken = Vec::new();
    let names = standard_views(views.len()).unwrap_or_default();
    for ((view, maps), (name, _)) in views.iter().zip(maps).zip(names) {
        let mut of_view = BTreeMap::new();
        for map in &arguments.maps {
            let path = format!("{file}.{}.{}.png", name.replace(' ', "-"), map.name());
            let bytes = map.png(maps).map_err(|error| failed(error.to_string()))?;
            of_view.insert(map.name(), path.clone());
            files.push((path, bytes));
        }
        taken.push(Taken { view: name, camera: place(view), depth: maps.depths(), maps: of_view });
    }
    let sheet = Sheet {
        sheet: format!("{file}.png"),
        size: arguments.size,
        columns: columns(views.len()),
        views: taken,
        parts: parts(drawable),
    };
    let mut json = serde_json::to_vec_pretty(&sheet).map_err(|error| failed(error.to_string()))?;
    json.push(b'\n');
    files.push((format!("{file}.json"), json));
    Ok(files)
}

fn place(view: &View) -> Place {
    let camera = view.camera;
    Place {
        rotation: camera.rotation,
        center: camera.center,
        distance: camera.distance,
        fov: camera.fov,
        projection: match camera.projection {
            Projection::Perspective => "perspective",
            Projection::Orthographic => "orthographic",
        },
    }
}

fn parts(drawable: &Drawable) -> Vec<Part<'_>> {
    let part = |(number, span): (u32, &scad_parser::Span)| {
        let place = drawable.sources.locate(*span);
        let place = place.as_ref();
        Part {
            color: part_color(number),
            file: place.map(|place| drawable.sources.display_name(place.source)),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            end_line: place.map(|place| place.end_line),
            end_column: place.map(|place| place.end_column),
        }
    };
    (1..).zip(drawable.model.spans()).map(part).collect()
}
