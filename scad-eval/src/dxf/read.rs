//! Group codes to entities.

use super::{Block, Dimension, Dxf, DxfError, Entity, Problem, Shape, Vertex};

/// More complaints than this about one file help nobody.
const MOST_PROBLEMS: usize = 100;

/// Reads a DXF file: pairs of lines, a code and a value; code 0 starts an entity.
pub fn parse(bytes: &[u8]) -> Result<Dxf, DxfError> {
    if bytes.starts_with(b"AutoCAD Binary DXF") {
        return Err(DxfError::Binary);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::default();
    let mut lines = text.lines().map(str::trim);
    while let (Some(code), Some(value)) = (lines.next(), lines.next()) {
        let Ok(code) = code.parse::<i32>() else {
            reader.problem(Problem::IllegalId(code.to_owned()));
            // The entity it stands in is dropped.
            reader.kind.clear();
            break;
        };
        if code == 0 {
            reader.finish();
            reader.kind = value.to_owned();
        } else {
            reader.groups.push((code, value.to_owned()));
        }
    }
    reader.finish();
    reader.finish_polyline();
    Ok(reader.dxf)
}

#[derive(Default, PartialEq)]
enum Section {
    #[default]
    Other,
    Blocks,
    Entities,
}

#[derive(Default)]
struct Reader {
    dxf: Dxf,
    section: Section,
    /// Block being read, with its name.
    block: Option<(String, Block)>,
    /// POLYLINE being read, until its SEQEND.
    polyline: Option<Entity>,
    kind: String,
    groups: Vec<(i32, String)>,
}

impl Reader {
    fn problem(&mut self, problem: Problem) {
        if self.dxf.problems.len() < MOST_PROBLEMS {
            self.dxf.problems.push(problem);
        }
    }

    /// Ends the entity whose groups were read.
    fn finish(&mut self) {
        let groups = std::mem::take(&mut self.groups);
        let mut fields = Fields { groups: &groups, problems: Vec::new() };
        match std::mem::take(&mut self.kind).as_str() {
            "SECTION" => {
                self.section = match fields.text(2) {
                    "BLOCKS" => Section::Blocks,
                    "ENTITIES" => Section::Entities,
                    _ => Section::Other,
                };
            }
            "ENDSEC" => {
                self.finish_polyline();
                self.section = Section::Other;
            }
            "BLOCK" if self.section == Section::Blocks => {
                let base = fields.point(10).unwrap_or_default();
                self.block = Some((fields.text(2).to_owned(), Block { base, entities: Vec::new() }));
            }
            "ENDBLK" => {
                self.finish_polyline();
                if let Some((name, block)) = self.block.take() {
                    self.dxf.blocks.insert(name, block);
                }
            }
            "" | "EOF" => {}
            kind if self.section == Section::Entities || self.block.is_some() => self.entity(kind, &mut fields),
            _ => {}
        }
        for problem in fields.problems {
            self.problem(problem);
        }
    }

    fn entity(&mut self, kind: &str, fields: &mut Fields<'_>) {
        let layer = fields.text(8).to_owned();
        let read = match kind {
            "LINE" => fields.line(),
            "LWPOLYLINE" => Some(fields.polyline()),
            "ARC" => fields.arc(),
            "CIRCLE" => fields.circle(),
            "ELLIPSE" => fields.ellipse(),
            "INSERT" => Some(fields.insert()),
            "DIMENSION" => {
                self.dxf.dimensions.push((layer, fields.dimension()));
                return;
            }
            _ => {
                self.passed_over(kind, layer, fields);
                return;
            }
        };
        for problem in std::mem::take(&mut fields.problems) {
            self.problem(problem);
        }
        match read {
            Some(shape) => self.push(Entity { layer, shape }),
            None => self.problem(Problem::NotEnoughValues(kind.to_owned())),
        }
    }

    /// Counts an entity which OpenSCAD does not draw, and keeps it where its shape is known.
    fn passed_over(&mut self, kind: &str, layer: String, fields: &mut Fields<'_>) {
        let place = self.block.is_none().then(|| layer.clone());
        *self.dxf.unsupported.entry((kind.to_owned(), place)).or_default() += 1;
        match kind {
            "SPLINE" => {
                let shape = fields.spline();
                self.push(Entity { layer, shape });
            }
            "POLYLINE" => {
                self.finish_polyline();
                let closed = fields.integer(70) & 1 != 0;
                self.polyline = Some(Entity { layer, shape: Shape::HeavyPolyline { vertices: Vec::new(), closed } });
            }
            "VERTEX" => {
                let point = fields.point(10);
                if let (Some(Entity { shape: Shape::HeavyPolyline { vertices, .. }, .. }), Some(point)) =
                    (&mut self.polyline, point)
                {
                    vertices.push(Vertex { point, bulge: fields.number(42).unwrap_or(0.0) });
                }
            }
            "SEQEND" => self.finish_polyline(),
            _ => {}
        }
    }

    fn finish_polyline(&mut self) {
        if let Some(polyline) = self.polyline.take() {
            self.push(polyline);
        }
    }

    fn push(&mut self, entity: Entity) {
        match &mut self.block {
            Some((_, block)) => block.entities.push(entity),
            None => self.dxf.entities.push(entity),
        }
    }
}

/// The groups of one entity.
struct Fields<'a> {
    groups: &'a [(i32, String)],
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    fn text(&self, code: i32) -> &'a str {
        self.groups.iter().find(|(own, _)| *own == code).map_or("", |(_, value)| value)
    }

    fn integer(&self, code: i32) -> i64 {
        self.text(code).parse().unwrap_or(0)
    }

    /// A finite number; a value which is none is a problem, a missing one is not.
    fn number(&mut self, code: i32) -> Option<f64> {
        let groups = self.groups;
        let (_, value) = groups.iter().find(|(own, _)| *own == code)?;
        self.read(value)
    }

    fn read(&mut self, value: &str) -> Option<f64> {
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.problems.push(Problem::IllegalValue(value.to_owned()));
        }
        number
    }

    /// The point whose x is under this code and whose y is ten higher.
    fn point(&mut self, code: i32) -> Option<[f64; 2]> {
        let x = self.number(code);
        let y = self.number(code + 10);
        Some([x?, y?])
    }

    fn line(&mut self) -> Option<Shape> {
        Some(Shape::Line([self.point(10)?, self.point(11)?]))
    }

    fn circle(&mut self) -> Option<Shape> {
        Some(Shape::Circle { center: self.point(10)?, radius: self.number(40)? })
    }

    fn arc(&mut self) -> Option<Shape> {
        let (center, radius) = (self.point(10)?, self.number(40)?);
        Some(Shape::Arc { center, radius, start: self.number(50)?, end: self.number(51)? })
    }

    fn ellipse(&mut self) -> Option<Shape> {
        let (center, major, ratio) = (self.point(10)?, self.point(11)?, self.number(40)?);
        let start = self.number(41).unwrap_or(0.0);
        let end = self.number(42).unwrap_or(2.0 * std::f64::consts::PI);
        Some(Shape::Ellipse { center, major, ratio, start, end })
    }

    fn insert(&mut self) -> Shape {
        Shape::Insert {
            block: self.text(2).to_owned(),
            at: self.point(10).unwrap_or_default(),
            scale: [41, 42].map(|code| self.number(code).unwrap_or(1.0)),
            rotation: self.number(50).unwrap_or(0.0),
        }
    }

    /// Vertices repeat groups 10, 20 and 42; each 10 starts one.
    fn polyline(&mut self) -> Shape {
        let groups = self.groups;
        let mut vertices: Vec<Vertex> = Vec::new();
        for (code, value) in groups.iter().filter(|(code, _)| matches!(code, 10 | 20 | 42)) {
            let Some(number) = self.read(value) else { continue };
            match (code, vertices.last_mut()) {
                (10, _) => vertices.push(Vertex { point: [number, 0.0], bulge: 0.0 }),
                (20, Some(last)) => last.point[1] = number,
                (42, Some(last)) => last.bulge = number,
                _ => {}
            }
        }
        Shape::Polyline { vertices, closed: self.integer(70) & 1 != 0 }
    }

    fn spline(&mut self) -> Shape {
        let groups = self.groups;
        let (mut knots, mut points) = (Vec::new(), Vec::<[f64; 2]>::new());
        for (code, value) in groups.iter().filter(|(code, _)| matches!(code, 10 | 20 | 40)) {
            let Some(number) = self.read(value) else { continue };
            match (code, points.last_mut()) {
                (10, _) => points.push([number, 0.0]),
                (20, Some(last)) => last[1] = number,
                (40, _) => knots.push(number),
                _ => {}
            }
        }
        let degree = u32::try_from(self.integer(71)).unwrap_or(0);
        Shape::Spline { degree, closed: self.integer(70) & 1 != 0, knots, points }
    }

    fn dimension(&mut self) -> Dimension {
        Dimension {
            name: self.text(1).to_owned(),
            kind: self.integer(70),
            angle: self.number(50).unwrap_or(0.0),
            points: [10, 11, 12, 13, 14, 15, 16].map(|code| self.point(code).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(groups: &str) -> Dxf {
        // One group per blank-separated `code=value`, so that the tests stay readable.
        let text: String = groups.split_whitespace().map(|group| group.replacen('=', "\n", 1) + "\n").collect();
        parse(text.as_bytes()).expect("text DXF")
    }

    #[test]
    fn entities_of_every_kind() {
        let dxf = read(
            "999=comment 0=SECTION 2=BLOCKS 0=BLOCK 2=b 10=1 20=2 0=LINE 8=q 10=0 20=0 11=1 21=1 0=ENDBLK 0=ENDSEC
             0=SECTION 2=ENTITIES 0=LINE 8=x 10=0 20=1 11=2 21=3 0=CIRCLE 8=x 10=0 20=0 40=5
             0=ARC 8=x 10=0 20=0 40=5 50=10 51=20 0=LWPOLYLINE 8=y 90=2 70=1 10=0 20=0 42=1 10=5 20=6
             0=ELLIPSE 8=y 10=0 20=0 11=4 21=0 40=0.5 41=0 42=1 0=INSERT 8=y 2=b 10=7 20=8 41=2 50=90
             0=SPLINE 8=z 70=1 71=3 40=0 40=1 10=1 20=2 10=3 20=4
             0=POLYLINE 8=z 70=0 0=VERTEX 8=z 10=1 20=1 0=VERTEX 8=z 10=2 20=2 42=0.5 0=SEQEND 0=ENDSEC 0=EOF",
        );
        let shapes: Vec<_> = dxf.entities.iter().map(|entity| entity.shape.clone()).collect();
        let vertex = |x, y, bulge| Vertex { point: [x, y], bulge };
        assert_eq!(shapes[0], Shape::Line([[0.0, 1.0], [2.0, 3.0]]));
        assert_eq!(shapes[1], Shape::Circle { center: [0.0; 2], radius: 5.0 });
        assert_eq!(shapes[2], Shape::Arc { center: [0.0; 2], radius: 5.0, start: 10.0, end: 20.0 });
        let vertices = vec![vertex(0.0, 0.0, 1.0), vertex(5.0, 6.0, 0.0)];
        assert_eq!(shapes[3], Shape::Polyline { vertices, closed: true });
        assert!(matches!(shapes[4], Shape::Ellipse { ratio: 0.5, end: 1.0, .. }));
        assert!(matches!(&shapes[5], Shape::Insert { block, scale: [2.0, 1.0], rotation: 90.0, .. } if block == "b"));
        assert!(
            matches!(&shapes[6], Shape::Spline { degree: 3, closed: true, knots, points } if knots.len() + points.len() == 4)
        );
        let vertices = vec![vertex(1.0, 1.0, 0.0), vertex(2.0, 2.0, 0.5)];
        assert_eq!(shapes[7], Shape::HeavyPolyline { vertices, closed: false });
        assert_eq!(dxf.blocks["b"].base, [1.0, 2.0]);
        assert_eq!(dxf.blocks["b"].entities.len(), 1);
        assert_eq!(dxf.problems, []);
    }

    #[test]
    fn unsupported_entities_are_counted_by_layer() {
        let dxf = read(
            "0=SECTION 2=BLOCKS 0=BLOCK 2=b 0=RAY 8=q 0=ENDBLK 0=ENDSEC
             0=SECTION 2=ENTITIES 0=LEADER 8=a 0=LEADER 8=b 0=TEXT 8=b 0=ENDSEC",
        );
        assert_eq!(
            dxf.unsupported_warnings("", "f.dxf"),
            [
                "Unsupported DXF Entity 'LEADER' (2) in \"f.dxf\".",
                "Unsupported DXF Entity 'RAY' (1) in \"f.dxf\".",
                "Unsupported DXF Entity 'TEXT' (1) in \"f.dxf\".",
            ]
        );
        assert_eq!(
            dxf.unsupported_warnings("a", "f.dxf"),
            [
                "Unsupported DXF Entity 'LEADER' (1) in layer 'a' of f.dxf",
                "Unsupported DXF Entity 'RAY' (1) in layer 'a' of f.dxf"
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_noted() {
        let dxf = read(
            "0=SECTION 2=ENTITIES 0=LINE 10=0,1 20=0 11=1 21=1 0=LINE 10=0 20=0 11=nan 21=1 0=LINE 10=0 zz=0 0=LINE",
        );
        let warnings: Vec<_> = dxf.problems.iter().map(|problem| problem.warning("f.dxf")).collect();
        assert_eq!(
            warnings,
            [
                "Illegal value '0,1'in `f.dxf'",
                "Not enough input values for LINE. in 'f.dxf'",
                "Illegal value 'nan'in `f.dxf'",
                "Not enough input values for LINE. in 'f.dxf'",
                "Illegal ID 'zz' in `f.dxf'",
            ]
        );
        assert_eq!(dxf.entities, []);
    }

    #[test]
    fn noise_is_an_empty_drawing() {
        let noise: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for bytes in
            [b"".as_slice(), b"0", b"0\nLINE", b"0\nSECTION\n2\nENTITIES\n0\nINSERT\n0\nSEQEND\n0\nENDBLK\n", &noise]
        {
            let dxf = parse(bytes).expect("not the binary form");
            assert_eq!(dxf.dimensions, []);
        }
        assert_eq!(parse(b"AutoCAD Binary DXF\r\n\x1a\0"), Err(DxfError::Binary));
    }
}
