//! 3MF: an archive with XML models in it. A model has objects, which are meshes or are put together from others, and
//! says which of them are to be built, and where. Each of these is a body. Materials, slices, beams and the like are
//! passed over.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::Faces;
use super::archive::Archive;
use super::builder::Builder;
use super::problem::{ImportProblem, Place};
use super::xml::{Xml, attribute, children};

/// Vertices, triangles and placements that may come of objects which are placed more than once.
const COPIES: u64 = 4_000_000;
/// How deep components may lie within each other.
const DEEPEST: usize = 64;

/// Images of the three axes and of the origin.
type Transform = [[f64; 3]; 4];

const STAY: Transform = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0; 3]];

/// Which part of the archive has the object, and its number there.
type ObjectId = (String, u32);

#[derive(Default)]
struct Object {
    vertices: Vec<[f64; 3]>,
    triangles: Vec<[u32; 3]>,
    components: Vec<Placed>,
}

/// An object put somewhere.
struct Placed {
    id: ObjectId,
    transform: Transform,
    /// Where the file says so.
    place: Place,
}

pub(super) fn read(bytes: &[u8]) -> Result<Faces, ImportProblem> {
    let mut archive = Archive::open(bytes)?;
    let main = main_part(&mut archive)?;
    let mut objects = BTreeMap::new();
    let mut named = BTreeSet::new();
    let items = read_part(&mut archive, &main, &mut objects, &mut named)?;
    // Objects may stand in further parts, of which only the objects count.
    let mut seen = BTreeSet::from([main]);
    while let Some(part) = named.pop_first() {
        if seen.insert(part.clone()) {
            read_part(&mut archive, &part, &mut objects, &mut named)?;
        }
    }

    let own: u64 = objects.values().map(Object::size).sum();
    let mut build = Build { objects: &objects, faces: Builder::default(), open: Vec::new(), left: own + COPIES };
    for item in &items {
        build.faces.next_body();
        build.add(item, &STAY)?;
    }
    Ok(build.faces.finish())
}

/// The part that the archive's relations name as the model, or the one that is called as usual.
fn main_part(archive: &mut Archive<'_>) -> Result<String, ImportProblem> {
    const RELATIONS: &str = "_rels/.rels";
    const USUAL: &str = "3D/3dmodel.model";
    if let Some(part) = archive.spelled(RELATIONS) {
        let text = archive.text(&part)?;
        let xml = Xml::parse(Some(&part), &text)?;
        let mut relations = children(xml.root("Relationships")?, "Relationship");
        if let Some(model) = relations.find(|node| node.attribute("Type").is_some_and(|kind| kind.ends_with("3dmodel")))
        {
            return spelled(archive, xml.attribute(model, "Target")?, || xml.place(model));
        }
    }
    spelled(archive, USUAL, || Place::Byte(0))
}

fn spelled(archive: &Archive<'_>, part: &str, place: impl FnOnce() -> Place) -> Result<String, ImportProblem> {
    archive
        .spelled(part)
        .ok_or_else(|| ImportProblem::Missing { place: place(), what: format!("file `{part}` in the archive") })
}

/// Reads the objects of a part, notes the parts that it names, and gives what it asks to build.
fn read_part(
    archive: &mut Archive<'_>,
    part: &str,
    objects: &mut BTreeMap<ObjectId, Object>,
    named: &mut BTreeSet<String>,
) -> Result<Vec<Placed>, ImportProblem> {
    let text = archive.text(part)?;
    let xml = Xml::parse(Some(part), &text)?;
    let root = xml.root("model")?;
    let model = Model { archive, part, xml: &xml, unit: xml.unit(root)? };
    for node in children(root, "resources").flat_map(|resources| children(resources, "object")) {
        let number = xml.whole(node, xml.attribute(node, "id")?)?;
        let object = model.object(node)?;
        named.extend(object.components.iter().map(|placed| placed.id.0.clone()));
        objects.insert((part.to_owned(), number), object);
    }
    let items = children(root, "build").flat_map(|build| children(build, "item"));
    let items = items.map(|item| model.placed(item)).collect::<Result<Vec<_>, _>>()?;
    named.extend(items.iter().map(|placed| placed.id.0.clone()));
    Ok(items)
}

/// A part while it is read.
struct Model<'a> {
    archive: &'a Archive<'a>,
    part: &'a str,
    xml: &'a Xml<'a>,
    unit: f64,
}

impl Model<'_> {
    fn object(&self, node: Node<'_, '_>) -> Result<Object, ImportProblem> {
        let mut object = Object::default();
        if let Some(mesh) = children(node, "mesh").next() {
            for vertex in children(mesh, "vertices").flat_map(|vertices| children(vertices, "vertex")) {
                let coordinate = |name| self.xml.length(vertex, self.xml.attribute(vertex, name)?, self.unit);
                object.vertices.push([coordinate("x")?, coordinate("y")?, coordinate("z")?]);
            }
            let indices: Vec<u32> = (0..).take(object.vertices.len()).collect();
            for triangle in children(mesh, "triangles").flat_map(|triangles| children(triangles, "triangle")) {
                let corner = |name| self.xml.vertex(triangle, self.xml.attribute(triangle, name)?, &indices);
                object.triangles.push([corner("v1")?, corner("v2")?, corner("v3")?]);
            }
        }
        for component in children(node, "components").flat_map(|components| children(components, "component")) {
            object.components.push(self.placed(component)?);
        }
        Ok(object)
    }

    /// What a `component` or an `item` says.
    fn placed(&self, node: Node<'_, '_>) -> Result<Placed, ImportProblem> {
        let number = self.xml.whole(node, self.xml.attribute(node, "objectid")?)?;
        let part = match attribute(node, "path") {
            Some(path) => spelled(self.archive, path, || self.xml.place(node))?,
            None => self.part.to_owned(),
        };
        let mut transform = STAY;
        if let Some(text) = attribute(node, "transform") {
            let mut numbers = text.split_ascii_whitespace();
            for value in transform.iter_mut().flatten() {
                let expected = || ImportProblem::Unexpected {
                    place: self.xml.place(node),
                    expected: "twelve numbers in `transform`".to_owned(),
                    found: "fewer".to_owned(),
                };
                *value = self.xml.number(node, numbers.next().ok_or_else(expected)?)?;
            }
            transform[3] = transform[3].map(|value| value * self.unit);
        }
        Ok(Placed { id: (part, number), transform, place: self.xml.place(node) })
    }
}

/// Faces while objects are put in their places.
struct Build<'a> {
    objects: &'a BTreeMap<ObjectId, Object>,
    faces: Builder,
    /// The objects around the one that is being placed.
    open: Vec<&'a ObjectId>,
    left: u64,
}

impl<'a> Build<'a> {
    fn add(&mut self, placed: &'a Placed, outer: &Transform) -> Result<(), ImportProblem> {
        let number = placed.id.1;
        let Some(object) = self.objects.get(&placed.id) else {
            return Err(ImportProblem::Missing { place: placed.place.clone(), what: format!("object {number}") });
        };
        if self.open.contains(&&placed.id) {
            return Err(ImportProblem::Cycle { place: placed.place.clone(), object: number });
        }
        if self.open.len() == DEEPEST {
            return Err(ImportProblem::TooLarge { what: "the nesting of components", limit: DEEPEST as u64 });
        }
        self.left = self
            .left
            .checked_sub(object.size())
            .ok_or(ImportProblem::TooLarge { what: "what copies of objects add", limit: COPIES })?;

        let transform = chained(&placed.transform, outer);
        let mut vertices = Vec::with_capacity(object.vertices.len());
        for vertex in &object.vertices {
            let point = image(*vertex, &transform);
            if !point.iter().all(|value| value.is_finite()) {
                let text = "a transformed coordinate".to_owned();
                return Err(ImportProblem::Number { place: placed.place.clone(), text });
            }
            vertices.push(self.faces.vertex(point)?);
        }
        let mirrored = determinant(&transform) < 0.0;
        for triangle in &object.triangles {
            let [a, b, c] = triangle.map(|vertex| vertices[vertex as usize]);
            self.faces.face(if mirrored { vec![a, c, b] } else { vec![a, b, c] });
        }
        self.open.push(&placed.id);
        for component in &object.components {
            self.add(component, &transform)?;
        }
        self.open.pop();
        Ok(())
    }
}

impl Object {
    /// What placing it costs.
    fn size(&self) -> u64 {
        1 + self.vertices.len() as u64 + self.triangles.len() as u64
    }
}

fn image([x, y, z]: [f64; 3], transform: &Transform) -> [f64; 3] {
    [0, 1, 2].map(|axis| x * transform[0][axis] + y * transform[1][axis] + z * transform[2][axis] + transform[3][axis])
}

/// First the one, then the other.
fn chained(first: &Transform, second: &Transform) -> Transform {
    let linear = [second[0], second[1], second[2], [0.0; 3]];
    let [x, y, z, origin] = first;
    [image(*x, &linear), image(*y, &linear), image(*z, &linear), image(*origin, second)]
}

fn determinant([x, y, z, _]: &Transform) -> f64 {
    x[0] * (y[1] * z[2] - y[2] * z[1]) - x[1] * (y[0] * z[2] - y[2] * z[0]) + x[2] * (y[0] * z[1] - y[1] * z[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{TETRAHEDRON, volume, zipped};

    fn mesh() -> String {
        let mut vertices = String::new();
        let mut triangles = String::new();
        for (idx, [x, y, z]) in TETRAHEDRON.iter().flatten().enumerate() {
            vertices += &format!("<vertex x='{x}' y='{y}' z='{z}'/>\n");
            if idx % 3 == 0 {
                triangles += &format!("<triangle v1='{idx}' v2='{}' v3='{}'/>\n", idx + 1, idx + 2);
            }
        }
        format!("<mesh>\n<vertices>\n{vertices}</vertices>\n<triangles>\n{triangles}</triangles>\n</mesh>")
    }

    /// A model with the mesh as object 1, and these others.
    fn model(objects: &str, items: &str) -> String {
        format!(
            "<model unit='millimeter' xmlns='core' xmlns:p='production'>\n<resources>\n\
             <object id='1'>{}</object>\n{objects}</resources>\n<build>\n{items}</build>\n</model>",
            mesh()
        )
    }

    fn one(model: &str) -> Result<Faces, ImportProblem> {
        read(&zipped(&[("3D/3dmodel.model", model)]))
    }

    fn message(model: &str) -> String {
        one(model).expect_err("it is wrong").to_string()
    }

    #[test]
    fn items_and_components() {
        let objects = "<object id='2'><components>\
            <component objectid='1' transform='2 0 0 0 1 0 0 0 1 10 0 0'/><component objectid='1'/></components></object>\n";
        let faces =
            one(&model(objects, "<item objectid='1'/>\n<item objectid='2' transform='0 1 0 -1 0 0 0 0 1 0 0 5'/>\n"))
                .expect("it is right");
        assert_eq!((faces.faces.len(), &faces.breaks), (12, &vec![4]));
        assert!((volume(&faces) - 4.0 / 6.0).abs() < 1e-12);
        // The vertex 1 0 0: doubled and moved along X, then a quarter turn, then up.
        assert!(faces.vertices.contains(&[0.0, 12.0, 5.0]), "{:?}", faces.vertices);
        assert_eq!(one(&model("", "")), Ok(Faces::default()));
    }

    #[test]
    fn mirrored_objects_are_turned_outside_again() {
        let faces = one(&model("", "<item objectid='1' transform='-1 0 0 0 1 0 0 0 1 0 0 0'/>")).expect("it is right");
        assert_eq!(volume(&faces), 1.0 / 6.0);
    }

    #[test]
    fn lengths_are_millimeters() {
        let item = "<item objectid='1' transform='1 0 0 0 1 0 0 0 1 3 0 0'/>";
        let faces = one(&model("", item).replace("millimeter", "centimeter")).expect("it is right");
        assert!(faces.vertices.contains(&[40.0, 0.0, 0.0]));
    }

    #[test]
    fn several_parts() {
        let relations = "<Relationships><Relationship Type='http://x/thumbnail' Target='/t.png'/>\
            <Relationship Type='http://x/3dmodel' Target='/My/main.model'/></Relationships>";
        let main = "<model xmlns:p='production'><resources><object id='1'><components>\
            <component p:path='/my/OTHER.model' objectid='1'/></components></object></resources>\
            <build><item objectid='1'/></build></model>";
        let files = [("_rels/.rels", relations), ("My/main.model", main), ("My/other.model", &model("", ""))];
        assert_eq!(read(&zipped(&files)).expect("it is right").faces.len(), 4);
        assert_eq!(
            read(&zipped(&files[..2])).expect_err("it is wrong").to_string(),
            "line 1 of `My/main.model`: there is no file `/my/OTHER.model` in the archive"
        );
        assert_eq!(
            read(&zipped(&files[..1])).expect_err("it is wrong").to_string(),
            "line 1 of `_rels/.rels`: there is no file `/My/main.model` in the archive"
        );
    }

    #[test]
    fn broken_files() {
        assert!(matches!(read(b"no archive"), Err(ImportProblem::Archive { .. })));
        let none = read(&zipped(&[("a", "b")])).expect_err("it is wrong").to_string();
        assert_eq!(none, "byte 0: there is no file `3D/3dmodel.model` in the archive");
        let item = "<item objectid='1'/>";
        let at = |line: usize, text: &str| format!("line {line} of `3D/3dmodel.model`: {text}");
        let good = model("", item);
        assert_eq!(
            message(&good.replacen("v1='3'", "v1='12'", 1)),
            at(20, "a face names vertex 12, but there are 12 vertices")
        );
        assert_eq!(
            message(&good.replacen("v1='3'", "v='3'", 1)),
            at(20, "expected an attribute `v1`, found `triangle` without one")
        );
        assert_eq!(message(&good.replacen("x='0'", "x='1e999'", 1)), at(5, "`1e999` is not a finite number"));
        assert_eq!(message(&model("", "<item objectid='7'/>")), at(27, "there is no object 7"));
        let short = "<item objectid='1' transform='1 0 0'/>";
        assert_eq!(message(&model("", short)), at(27, "expected twelve numbers in `transform`, found fewer"));
        let vast = "<item objectid='1' transform='1e308 0 0 1e308 0 0 0 0 1 1e308 0 0'/>";
        assert_eq!(message(&model("", vast)), at(27, "a transformed coordinate is not a finite number"));
    }

    #[test]
    fn objects_that_never_end() {
        let object = |id: usize, of: usize, times: usize| {
            let component = format!("<component objectid='{of}'/>").repeat(times);
            format!("<object id='{id}'><components>{component}</components></object>\n")
        };
        let item = "<item objectid='2'/>";
        let cycle = model(&(object(2, 3, 1) + &object(3, 2, 1)), item);
        assert_eq!(message(&cycle), "line 26 of `3D/3dmodel.model`: object 2 is a part of itself");
        let doubling: String = (2..40).map(|id| object(id, id + 1, 2)).collect();
        let laughs = model(&(doubling + &object(40, 1, 1)), item);
        assert_eq!(message(&laughs), "what copies of objects add is above 4000000");
        let chain: String = (2..100).map(|id| object(id, id + 1, 1)).collect();
        let deep = model(&(chain + &object(100, 1, 1)), item);
        assert_eq!(message(&deep), "the nesting of components is above 64");
    }

    #[test]
    fn archives_that_unfold_without_end() {
        let blanks = model(&" ".repeat(40 << 20), "<item objectid='1'/>");
        let problem = one(&blanks).expect_err("it is too large");
        assert!(problem.to_string().starts_with("the unpacked size of the archive in bytes is above 2"), "{problem}");
    }
}
