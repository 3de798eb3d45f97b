//! Shows what the rewriting makes of objects: `rewrite OBJECT [SEED]` prints programs; without an object, all are compared with
//! their references.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example talks to its user")]

use std::path::Path;
use std::time::Instant;

use csg_mesh::Stop;
use datagen::object::Library;
use datagen::random::Random;
use datagen::rewrite::{self, Style};
use datagen::verdict::{Name, Terms, judge};
use scad_eval::MemoryWorld;
use scad_parser::{Program, Source, SourceMap};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for path in arguments.iter().filter(|path| path.ends_with(".scad")) {
        let stem = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
        let path = Path::new(path);
        if let Err(error) = datagen::object::Object::parse(
            &stem(path.parent().unwrap()),
            &stem(path),
            &std::fs::read_to_string(path).unwrap(),
        ) {
            println!("{error}");
        }
    }
    if arguments.first().is_some_and(|path| path.ends_with(".scad")) {
        return;
    }
    let library = Library::open(Path::new("fixtures/objects")).unwrap();
    if let Some(name) = arguments.first() {
        let object = library.object(name).unwrap();
        let seed = arguments.get(1).map_or(0, |seed| seed.parse().unwrap());
        for number in 0..6 {
            let mut random = Random::of(seed, number);
            let draw = object.draw(&mut random);
            let style = Style::draw(&mut random);
            println!(
                "// ---- {} [{}]",
                draw.words.iter().map(|&word| object.words[word].phrase.as_str()).collect::<Vec<_>>().join(", "),
                style.describe()
            );
            println!("{}", rewrite::write(object, &draw, &style, &object.title, &mut random));
        }
        return;
    }
    let terms = Terms::default();
    let (mut lengths, mut writing, mut checking, mut count) = (Vec::new(), 0.0, 0.0, 0);
    for object in library.objects() {
        if let Some(what) = rewrite::unknown_territory(&object.program.statements) {
            println!("{}: has {what}", object.name);
        }
        for number in 0..8 {
            let mut random = Random::of(7, number);
            let draw = object.draw(&mut random);
            let check = |text: &str| {
                judge(
                    &Name::file("a.scad"),
                    &Source::new("a.scad", text),
                    &MemoryWorld::default(),
                    &terms,
                    &Stop::default(),
                )
            };
            let reference = rewrite::reference(object, &draw);
            let program = Program {
                statements: reference,
                sources: SourceMap::default(),
                comments: Vec::new(),
                warnings: Vec::new(),
            };
            let expected = check(&scad_parser::print(&program));
            if !expected.valid {
                println!("{} draw {number}: reference not valid", object.name);
                continue;
            }
            let expected = expected.facts.unwrap();
            for _ in 0..3 {
                let style = Style::draw(&mut random);
                let start = Instant::now();
                let text = rewrite::write(object, &draw, &style, &object.title, &mut random);
                writing += start.elapsed().as_secs_f64();
                let start = Instant::now();
                let found = check(&text);
                checking += start.elapsed().as_secs_f64();
                count += 1;
                lengths.push(text.len());
                let describe = format!("{} draw {number} [{}]", object.name, style.describe());
                let Some(facts) = found.facts.as_ref().filter(|_| found.valid) else {
                    println!("{describe}: not valid: {:?}\n{text}", found.errors.first().map(|row| &row.message));
                    continue;
                };
                if !found.warnings.is_empty() {
                    println!("{describe}: {}\n{text}", found.warnings[0].message);
                }
                let off = (facts.volume.unwrap() / expected.volume.unwrap() - 1.0).abs();
                if off > 0.01 {
                    println!("{describe}: volume off by {off:.4}");
                }
                if facts.components != expected.components {
                    println!("{describe}: {:?} pieces, {:?} expected", facts.components, expected.components);
                }
            }
        }
    }
    lengths.sort_unstable();
    println!(
        "{count} programs, median {} characters, 95 %: {}, longest {}",
        lengths[count / 2],
        lengths[count * 95 / 100],
        lengths[count - 1]
    );
    println!("writing {:.3} ms, checking {:.3} ms each", writing / count as f64 * 1e3, checking / count as f64 * 1e3);
}
