//! 3MF, the 3D Manufacturing Format: a zip archive with the model as XML.
//!
//! Colors are base materials of the core specification, which every reader knows, by triangle. The object's own material
//! is OpenSCAD's yellow; triangles without color have that. Coordinates are f32, since readers use no more, and only so the
//! surface is sure to be closed for them too.
//!
//! Source: 3MF Core Specification 1.3; ECMA-376 part 2 for the archive.

use std::io::{self, Cursor, Write};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime, System};

use super::faces::{DEFAULT_COLOR, Faces, color_name};
use super::numbers::Single;

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>
</Types>
"#;

const RELATIONSHIPS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>
</Relationships>
"#;

/// From this many triangles on the model may be larger than 4 GiB, which the archive has to know beforehand. No triangle
/// takes more than 400 bytes with its color and its vertices, of which there are at most three times as many.
const LARGE: usize = (u32::MAX / 400) as usize;

pub(super) fn write(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    // Kept in memory, because an archive is written with a few steps back, and what comes last may be a pipe.
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default()) // the first day of the format, 1980-01-01
        .system(System::Unix); // whatever this machine is
    archive.start_file("[Content_Types].xml", options)?;
    archive.write_all(CONTENT_TYPES.as_bytes())?;
    archive.start_file("_rels/.rels", options)?;
    archive.write_all(RELATIONSHIPS.as_bytes())?;
    archive.start_file("3D/3dmodel.model", options.large_file(faces.triangles.len() >= LARGE))?;
    write_model(faces, &mut io::BufWriter::new(&mut archive))?;
    to.write_all(archive.finish()?.get_ref())
}

fn write_model(faces: &Faces, to: &mut impl Write) -> io::Result<()> {
    let is_colored = faces.is_colored();
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let namespace = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02";
    writeln!(to, r#"<model unit="millimeter" xml:lang="en-US" xmlns="{namespace}">"#)?;
    writeln!(to, r#"<metadata name="Application">CADMonkey</metadata>"#)?;
    writeln!(to, "<resources>")?;
    if is_colored {
        // Material 0 is the object's own; that of paint N follows as N + 1.
        writeln!(to, r#"<basematerials id="1">"#)?;
        for color in [DEFAULT_COLOR].into_iter().chain(faces.colors.iter().map(|color| color.unwrap_or(DEFAULT_COLOR)))
        {
            let name = color_name(color);
            writeln!(to, r#"<base name="{name}" displaycolor="{name}"/>"#)?;
        }
        writeln!(to, "</basematerials>")?;
        writeln!(to, r#"<object id="2" type="model" pid="1" pindex="0">"#)?;
    } else {
        writeln!(to, r#"<object id="2" type="model">"#)?;
    }
    writeln!(to, "<mesh>\n<vertices>")?;
    for [x, y, z] in &faces.vertices {
        writeln!(to, r#"<vertex x="{}" y="{}" z="{}"/>"#, Single(*x), Single(*y), Single(*z))?;
    }
    writeln!(to, "</vertices>\n<triangles>")?;
    for ([a, b, c], paint) in faces.triangles.iter().zip(&faces.paints) {
        write!(to, r#"<triangle v1="{a}" v2="{b}" v3="{c}""#)?;
        if faces.colors[*paint as usize].is_some() {
            write!(to, r#" pid="1" p1="{}""#, u64::from(*paint) + 1)?;
        }
        writeln!(to, "/>")?;
    }
    writeln!(to, "</triangles>\n</mesh>\n</object>\n</resources>")?;
    writeln!(to, "<build>\n<item objectid=\"2\"/>\n</build>\n</model>")?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::super::faces::Precision;
    use super::super::samples;
    use super::*;

    fn model(soup: &crate::Soup) -> String {
        let mut bytes = Vec::new();
        write(&Faces::new(soup, Precision::Single).unwrap(), &mut bytes).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"]);
        let mut file = archive.by_name("3D/3dmodel.model").unwrap();
        assert_eq!(file.last_modified().map(|time| time.year()), Some(1980));
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn colored_tetrahedron() {
        let expected = r##"<?xml version="1.0" encoding="UTF-8"?>
<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
<metadata name="Application">CADMonkey</metadata>
<resources>
<basematerials id="1">
<base name="#F9D72C" displaycolor="#F9D72C"/>
<base name="#FF0000" displaycolor="#FF0000"/>
<base name="#0080FF80" displaycolor="#0080FF80"/>
<base name="#F9D72C" displaycolor="#F9D72C"/>
</basematerials>
<object id="2" type="model" pid="1" pindex="0">
<mesh>
<vertices>
<vertex x="0" y="0" z="0"/>
<vertex x="10" y="0" z="0"/>
<vertex x="0" y="10" z="0"/>
<vertex x="0" y="0" z="2.5"/>
</vertices>
<triangles>
<triangle v1="0" v2="2" v3="1" pid="1" p1="1"/>
<triangle v1="0" v2="1" v3="3" pid="1" p1="2"/>
<triangle v1="0" v2="3" v3="2" pid="1" p1="2"/>
<triangle v1="1" v2="2" v3="3"/>
</triangles>
</mesh>
</object>
</resources>
<build>
<item objectid="2"/>
</build>
</model>
"##;
        assert_eq!(model(&samples::tetrahedron()), expected);
    }

    #[test]
    fn without_colors_there_are_no_materials() {
        let text = model(&samples::plain_tetrahedron());
        assert!(!text.contains("material") && !text.contains("pid"));
    }
}
