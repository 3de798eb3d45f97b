//! The tree as OpenSCAD's `.csg` text: one node a line, tabs for nesting, all arguments spelled out.

use crate::csg::{Csg, Facets, Import, Kind, LinearExtrude, Offset, RoofMethod, Text};
use scad_parser::number::format_number_signed_zero;

/// Nesting is shown up to this depth: with a tab for each level, the text of a very deep tree would be all tabs.
const DEEPEST_INDENT: usize = 64;

impl Csg {
    /// The tree as OpenSCAD's `.csg` text, which is a program that evaluates to the same tree, up to the six digits of its
    /// numbers. Of the root only the children are printed.
    pub fn to_csg(&self) -> String {
        let mut out = String::new();
        let mut open = vec![self.children.iter()];
        while let Some(siblings) = open.last_mut() {
            let Some(node) = siblings.next() else {
                open.pop();
                if let Some(depth) = open.len().checked_sub(1) {
                    indent(depth, &mut out);
                    out.push_str("}\n");
                }
                continue;
            };
            write_modifiers(node, &mut out);
            indent(open.len() - 1, &mut out);
            write_call(&node.kind, &mut out);
            if node.children.is_empty() {
                out.push_str(";\n");
            } else {
                out.push_str(" {\n");
                open.push(node.children.iter());
            }
        }
        out
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n('\t', depth.min(DEEPEST_INDENT)));
}

fn write_modifiers(node: &Csg, out: &mut String) {
    if node.modifiers.background {
        out.push('%');
    }
    if node.modifiers.highlight {
        out.push('#');
    }
}

/// The node's name and arguments.
fn write_call(kind: &Kind, out: &mut String) {
    let mut call = Call { out, first: true };
    match kind {
        Kind::Group => call.name("group"),
        Kind::Union => call.name("union"),
        Kind::Difference => call.name("difference"),
        Kind::Intersection => call.name("intersection"),
        Kind::Hull => call.name("hull"),
        Kind::Fill => call.name("fill"),
        Kind::Minkowski { convexity } => {
            call.name("minkowski");
            call.integer("convexity", *convexity);
        }
        Kind::Render { convexity } => {
            call.name("render");
            call.integer("convexity", *convexity);
        }
        Kind::Transform { matrix } => {
            call.name("multmatrix");
            call.unnamed(|out| write_list(&**matrix, out, |row, out| write_list(row, out, write_number)));
        }
        Kind::Color { rgba } => {
            call.name("color");
            call.unnamed(|out| write_list(rgba, out, |value, out| write_number(&f64::from(*value), out)));
        }
        Kind::Resize { new_size, auto, convexity } => {
            call.name("resize");
            call.argument("newsize", |out| write_compact_list(new_size, out));
            call.argument("auto", |out| write_compact_list(&auto.map(|auto| f64::from(u8::from(auto))), out));
            call.integer("convexity", *convexity);
        }
        Kind::Projection { cut, convexity } => {
            call.name("projection");
            call.bool("cut", *cut);
            call.integer("convexity", *convexity);
        }
        Kind::LinearExtrude(extrude) => write_linear_extrude(extrude, &mut call),
        Kind::RotateExtrude { angle, start, convexity, facets } => {
            call.name("rotate_extrude");
            call.number("angle", *angle);
            call.number("start", *start);
            call.integer("convexity", *convexity);
            call.facets(facets);
        }
        Kind::Offset { by, facets } => {
            call.name("offset");
            match by {
                Offset::Round(radius) => call.number("r", *radius),
                Offset::Straight { delta, chamfer } => {
                    call.number("delta", *delta);
                    call.bool("chamfer", *chamfer);
                }
            }
            call.facets(facets);
        }
        Kind::Roof { method, facets, convexity } => {
            call.name("roof");
            let method = match method {
                RoofMethod::Voronoi => "voronoi",
                RoofMethod::Straight => "straight",
            };
            call.string("method", method);
            call.facets(facets);
            call.integer("convexity", *convexity);
        }
        Kind::Cube { size, center } => {
            call.name("cube");
            call.argument("size", |out| write_list(size, out, write_number));
            call.bool("center", *center);
        }
        Kind::Sphere { radius, facets } => {
            call.name("sphere");
            call.facets(facets);
            call.number("r", *radius);
        }
        Kind::Cylinder { height, r1, r2, center, facets } => {
            call.name("cylinder");
            call.facets(facets);
            call.number("h", *height);
            call.number("r1", *r1);
            call.number("r2", *r2);
            call.bool("center", *center);
        }
        Kind::Polyhedron { points, faces, convexity } => {
            call.name("polyhedron");
            call.argument("points", |out| write_points(points, out));
            call.argument("faces", |out| write_indices(faces, out));
            call.integer("convexity", *convexity);
        }
        Kind::Square { size, center } => {
            call.name("square");
            call.argument("size", |out| write_list(size, out, write_number));
            call.bool("center", *center);
        }
        Kind::Circle { radius, facets } => {
            call.name("circle");
            call.facets(facets);
            call.number("r", *radius);
        }
        Kind::Polygon { points, paths, convexity } => {
            call.name("polygon");
            call.argument("points", |out| write_points(points, out));
            call.argument("paths", |out| match paths {
                Some(paths) => write_indices(paths, out),
                None => out.push_str("undef"),
            });
            call.integer("convexity", *convexity);
        }
        Kind::Text(text) => write_text(text, &mut call),
        Kind::Import(import) => write_import(import, &mut call),
        Kind::Surface { file, center, invert, .. } => {
            call.name("surface");
            call.string("file", file);
            call.bool("center", *center);
            call.bool("invert", *invert);
            call.integer("timestamp", 0);
        }
    }
    out.push(')');
}

fn write_linear_extrude(extrude: &LinearExtrude, call: &mut Call<'_>) {
    call.name("linear_extrude");
    call.number("height", extrude.height);
    if let Some(v) = &extrude.v {
        call.argument("v", |out| {
            let after_bracket = out.len() + 1;
            write_list(v, out, write_number);
            out.insert(after_bracket, ' '); // as OpenSCAD has it
        });
    }
    if extrude.center {
        call.bool("center", true);
    }
    if extrude.twist != 0.0 {
        call.number("twist", extrude.twist);
    }
    if let Some(slices) = extrude.slices {
        call.number("slices", f64::from(slices));
    }
    if let Some(segments) = extrude.segments {
        call.number("segments", f64::from(segments));
    }
    let [x, y] = extrude.scale;
    if x != y {
        call.argument("scale", |out| write_list(&[x, y], out, write_number));
    } else if x != 1.0 {
        call.number("scale", x);
    }
    if extrude.slices.is_none() || extrude.segments.is_none() {
        call.facets(&extrude.facets);
    }
    if extrude.convexity > 1 {
        call.integer("convexity", extrude.convexity);
    }
}

fn write_text(text: &Text, call: &mut Call<'_>) {
    call.name("text");
    call.string("text", &text.text);
    call.number("size", text.size);
    call.number("spacing", text.spacing);
    call.string("font", &text.font);
    call.string("direction", &text.direction);
    call.string("language", &text.language);
    if let Some(script) = &text.script {
        call.string("script", script);
    }
    call.string("halign", &text.halign);
    call.string("valign", &text.valign);
    call.facets(&text.facets);
}

fn write_import(import: &Import, call: &mut Call<'_>) {
    call.name("import");
    call.string("file", &import.file);
    if let Some(id) = &import.id {
        call.string("id", id);
    }
    if let Some(layer) = &import.layer {
        call.string("layer", layer);
    }
    call.argument("origin", |out| write_list(&import.origin, out, write_number));
    if import.file.len() >= 4 && import.file.as_bytes()[import.file.len() - 4..].eq_ignore_ascii_case(b".svg") {
        call.number("dpi", import.dpi);
    }
    call.number("scale", import.scale);
    call.bool("center", import.center);
    call.integer("convexity", import.convexity);
    call.facets(&import.facets);
    call.integer("timestamp", 0);
}

/// The arguments of a call while they are written.
struct Call<'a> {
    out: &'a mut String,
    first: bool,
}

impl Call<'_> {
    fn name(&mut self, name: &str) {
        self.out.push_str(name);
        self.out.push('(');
    }

    fn unnamed(&mut self, write: impl FnOnce(&mut String)) {
        if !self.first {
            self.out.push_str(", ");
        }
        self.first = false;
        write(self.out);
    }

    fn argument(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        self.unnamed(|out| {
            out.push_str(name);
            out.push_str(" = ");
            write(out);
        });
    }

    fn number(&mut self, name: &str, value: f64) {
        self.argument(name, |out| write_number(&value, out));
    }

    fn integer(&mut self, name: &str, value: i32) {
        self.number(name, f64::from(value));
    }

    fn bool(&mut self, name: &str, value: bool) {
        self.argument(name, |out| out.push_str(if value { "true" } else { "false" }));
    }

    fn string(&mut self, name: &str, value: &str) {
        self.argument(name, |out| write_string(value, out));
    }

    fn facets(&mut self, facets: &Facets) {
        self.number("$fn", facets.fn_);
        self.number("$fa", facets.fa);
        self.number("$fs", facets.fs);
    }
}

fn write_number(value: &f64, out: &mut String) {
    format_number_signed_zero(*value, out);
}

fn write_list<T>(items: &[T], out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (idx, item) in items.iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(']');
}

/// Without blanks, as `resize` has them.
fn write_compact_list(items: &[f64; 3], out: &mut String) {
    out.push('[');
    for (idx, item) in items.iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        write_number(item, out);
    }
    out.push(']');
}

fn write_points<const N: usize>(points: &[[f64; N]], out: &mut String) {
    write_list(points, out, |point, out| write_list(point, out, write_number));
}

/// Indices in full: an index of seven digits in the form of numbers would be another one.
fn write_indices(lists: &[Vec<usize>], out: &mut String) {
    write_list(lists, out, |indices, out| {
        write_list(indices, out, |idx, out| out.push_str(&idx.to_string()));
    });
}

/// A string literal. Bytes that were not UTF-8 in the source become U+FFFD.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if scad_parser::raw_byte(character).is_some() => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use scad_parser::Span;

    use super::*;

    fn node(kind: Kind, children: Vec<Csg>) -> Csg {
        Csg::new(kind, Span::default(), children)
    }

    #[test]
    fn nesting_and_modifiers() {
        let mut square = node(Kind::Square { size: [1.0, -0.0], center: true }, Vec::new());
        square.modifiers.highlight = true;
        let root = node(Kind::Group, vec![node(Kind::Union, vec![square]), node(Kind::Hull, Vec::new())]);
        assert_eq!(root.to_csg(), "union() {\n#\tsquare(size = [1, -0], center = true);\n}\nhull();\n");
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        write_string("a\"b\\c\nd\te\rf'ä", &mut out);
        assert_eq!(out, "\"a\\\"b\\\\c\\nd\\te\\rf'ä\"");
    }

    #[test]
    fn resize_and_linear_extrude_have_their_own_lists() {
        let resize = Kind::Resize { new_size: [10.0, 0.0, 2.5], auto: [true, false, true], convexity: 0 };
        let extrude = LinearExtrude {
            height: 10.0,
            v: Some([0.0, 0.0, 1.0]),
            center: false,
            twist: 0.0,
            slices: Some(5),
            segments: Some(0),
            scale: [1.0, 2.0],
            convexity: 3,
            facets: Facets::default(),
        };
        let root = node(Kind::Group, vec![node(resize, Vec::new()), node(Kind::LinearExtrude(extrude), Vec::new())]);
        assert_eq!(
            root.to_csg(),
            "resize(newsize = [10,0,2.5], auto = [1,0,1], convexity = 0);\n\
             linear_extrude(height = 10, v = [ 0, 0, 1], slices = 5, segments = 0, scale = [1, 2], convexity = 3);\n"
        );
    }
}
