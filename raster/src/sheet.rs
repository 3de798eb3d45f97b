//! Several pictures in one.

use crate::image::Image;
use crate::model::Model;
use crate::renderer::Renderer;
use crate::view::{RenderError, View};

/// Pixels between pictures of a sheet.
const GAP: u32 = 2;

/// Pictures side by side in columns, from left to right and top to bottom, on a ground of a color. They have one size as a
/// rule; otherwise each has the room of the largest.
///
/// # Errors
/// When there is none, or the sheet would be too large.
pub fn tiled(pictures: &[Image], columns: u32, ground: [u8; 3]) -> Result<Image, RenderError> {
    let count = pictures.len() as u32;
    let columns = columns.clamp(1, count.max(1));
    let most = |side: fn(&Image) -> u32| pictures.iter().map(side).max().unwrap_or(0);
    let (width, height) = (most(|picture| picture.width), most(|picture| picture.height));
    let side = |size: u32, count: u32| {
        u64::from(size) * u64::from(count) + u64::from(GAP) * u64::from(count.saturating_sub(1))
    };
    let view = View::new(
        u32::try_from(side(width, columns)).unwrap_or(u32::MAX),
        u32::try_from(side(height, count.div_ceil(columns))).unwrap_or(u32::MAX),
    );
    view.check()?;
    let [red, green, blue] = ground;
    let mut sheet = Image::new(view.width, view.height, [red, green, blue, 255]);
    for (idx, picture) in pictures.iter().enumerate() {
        let (column, row) = (idx as u32 % columns, idx as u32 / columns);
        sheet.paste(picture, column * (width + GAP), row * (height + GAP));
    }
    Ok(sheet)
}

/// The views of a contact sheet, each as near as the model allows; in the columns of [`columns`].
pub fn sheet_views(model: &Model, view: &View, rotations: &[(&'static str, [f64; 3])]) -> Vec<View> {
    let turned = |(_, rotation): &(_, [f64; 3])| {
        let mut view = *view;
        view.camera = view.camera.turned(*rotation);
        view.framed(model.bounds())
    };
    rotations.iter().map(turned).collect()
}

/// Columns of a sheet: as wide as high, or somewhat wider.
pub fn columns(count: usize) -> u32 {
    (1..).find(|columns: &u32| (*columns as usize).pow(2) >= count).unwrap_or(1).max(if count == 8 { 4 } else { 1 })
}

/// A contact sheet: the model seen from several sides, in one picture.
///
/// # Errors
/// As [`Renderer::images`].
pub fn sheet(
    renderer: &dyn Renderer,
    model: &Model,
    view: &View,
    rotations: &[(&'static str, [f64; 3])],
) -> Result<Image, RenderError> {
    let pictures = renderer.images(model, &sheet_views(model, view, rotations))?;
    tiled(&pictures, columns(rotations.len()), view.scheme.axes)
}
