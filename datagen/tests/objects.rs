//! The form of object files, and what is wrong with those that do not have it.

#![expect(clippy::unwrap_used, reason = "tests")]

use datagen::object::Object;
use datagen::random::Random;
use datagen::rewrite::{self, Style};

const BOX: &str = "\
// Box
// A box, open or closed.
// @names box, small crate
// @word tall: height = [40:60]
// @word flat: height = 10
// @word with a lid: lid = true
// @word {width} mm wide

/* [Size] */
// outer width
width = 30; // [20:50]
height = 20; // [10:60]
lid = false;
kind = \"plain\"; // [plain, ribbed]

/* [Hidden] */
wall = width / 10;

module ribs() for (i = [0:2]) translate([i * width / 2 - 1, -1, 0]) cube([2, 2, height]);

difference() {
    cube([width, width, height]);
    translate([wall, wall, 2]) cube([width - 2 * wall, width - 2 * wall, lid ? height - 4 : height]);
}
if (kind == \"ribbed\") ribs();
";

fn wrong(from: &str, to: &str) -> String {
    assert!(BOX.contains(from));
    Object::parse("boxes", "box", &BOX.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn a_file_says_what_it_is() {
    let object = Object::parse("boxes", "box", BOX).unwrap();
    assert_eq!((object.title.as_str(), object.description.as_str()), ("Box", "A box, open or closed."));
    assert_eq!(object.names, ["box", "small crate"]);
    let names: Vec<_> = object.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["width", "height", "lid", "kind"]);
    let [tall, flat, lid, wide] = &object.words[..] else { panic!("four words") };
    assert!(!tall.goes_with(flat) && tall.goes_with(lid) && flat.goes_with(wide));
    assert!(lid.follows_noun() && !tall.follows_noun());
}

#[test]
fn what_is_wrong_has_its_place() {
    assert_eq!(wrong("// Box\n", "\n"), "boxes/box.scad:1: the first line is not a title: `// Stool`");
    assert_eq!(
        wrong("@names", "@name"),
        "boxes/box.scad:3: `@name box, small crate`: expected `@names`, `@word` or `@pieces`"
    );
    assert_eq!(wrong("[40:60]", "[40:70]"), "boxes/box.scad:4: `height` cannot be that: its range or choices say so");
    assert_eq!(
        wrong("lid = true", "cap = true"),
        "boxes/box.scad:6: there is no parameter `cap` with a range or choices"
    );
    assert_eq!(wrong("{width}", "{width"), "boxes/box.scad:7: `{width mm wide`: a `{` without `}`");
    assert_eq!(wrong("20; // [10:60]", "20;"), "boxes/box.scad:12: `height` has no range and no choices: `// [10:50]`");
    let error = wrong("cube([width, width, height]);", "cube([width, width, height]");
    assert!(error.starts_with("boxes/box.scad:"), "{error}");
}

#[test]
fn a_program_has_only_what_it_needs() {
    let object = Object::parse("boxes", "box", BOX).unwrap();
    let text = rewrite::write(&object, &object.with_words(&[1, 2]), &Style::plain(), "box", &mut Random::new(1));
    assert_eq!(
        text,
        "\
width = 30;
height = 10;
wall = width / 10;

difference() {
    cube([width, width, height]);
    translate([wall, wall, 2]) cube([width - 2 * wall, width - 2 * wall, height - 4]);
}
"
    );
}

#[test]
fn prompts_name_what_was_drawn() {
    let object = Object::parse("boxes", "box", BOX).unwrap();
    let draw = object.with_words(&[0, 2, 3]);
    let prompt = object.usual_prompt(&draw);
    assert_eq!(prompt.text, "hey cadmonkey, make me a tall 30 mm wide box with a lid");
    for seed in 0..100 {
        let prompt = object.prompt(&draw, &mut Random::new(seed));
        assert!(prompt.text.contains(&prompt.called));
        assert!(prompt.called.contains("30 mm wide") && prompt.called.contains("with a lid"), "{}", prompt.called);
    }
}
