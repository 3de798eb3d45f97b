//! The object library: every file is an object, and what is made of it is good.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::collections::HashSet;
use std::path::Path;

use csg_mesh::Stop;
use datagen::in_order::{default_jobs, in_order};
use datagen::object::{Draw, Library, Object};
use datagen::random::Random;
use datagen::rewrite::{self, Style};
use datagen::verdict::{Facts, Name, Terms, Verdict, judge};
use scad_eval::MemoryWorld;
use scad_parser::{Program, Source, SourceMap};

fn verdict(name: &str, text: &str) -> Verdict {
    let source = Source::new("object.scad", text);
    judge(&Name::file(name), &source, &MemoryWorld::default(), &Terms::default(), &Stop::default())
}

fn reference(object: &Object, draw: &Draw) -> String {
    let statements = rewrite::reference(object, draw);
    scad_parser::print(&Program {
        statements,
        sources: SourceMap::default(),
        comments: Vec::new(),
        warnings: Vec::new(),
    })
}

/// Runs a check of each object on all cores; it gives what is wrong.
fn each_object(check: impl Fn(&Object) -> Vec<String> + Sync) {
    let library = Library::embedded();
    let mut wrong = Vec::new();
    in_order(
        default_jobs(),
        library.objects().iter(),
        check,
        |_| 1024,
        |found| {
            wrong.extend(found);
            true
        },
    );
    wrong.iter().for_each(|line| eprintln!("{line}"));
    assert!(wrong.is_empty(), "{} problems, the first: {}", wrong.len(), wrong[0]);
}

fn pieces(facts: &Facts) -> u64 {
    facts.components.unwrap() - facts.cavities.unwrap_or(0)
}

#[test]
fn the_library_is_whole() {
    let library = Library::embedded();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/objects");
    assert_eq!(library.hash(), Library::open(&folder).unwrap().hash());
    assert!(library.objects().len() >= 240);
    assert_eq!(library.categories().count(), 24);
    let mut names = HashSet::new();
    for object in library.objects() {
        assert!(names.insert(object.names[0].clone()), "two objects are called `{}`", object.names[0]);
        assert!(object.words.len() >= 2, "{}: fewer than two words", object.name);
        assert!(!object.description.is_empty(), "{}: no description", object.name);
        let territory = rewrite::unknown_territory(&object.program.statements);
        assert_eq!(territory, None, "{} cannot be rewritten", object.name);
    }
}

#[test]
fn each_object_is_good_with_each_of_its_words() {
    each_object(|object| {
        let mut draws = vec![("as it is".to_owned(), object.as_it_is())];
        draws.extend(
            (0..object.words.len()).map(|word| (object.words[word].phrase.clone(), object.with_words(&[word]))),
        );
        let mut wrong = Vec::new();
        for (label, draw) in draws {
            let verdict = verdict(&object.name, &reference(object, &draw));
            let problem = match verdict.facts {
                _ if !verdict.errors.is_empty() || !verdict.warnings.is_empty() => "has a problem",
                None => "makes nothing",
                Some(_) if !verdict.valid => "is not closed",
                Some(facts) if pieces(&facts) != object.pieces => "has another number of pieces",
                Some(facts) if facts.bbox.as_ref().unwrap().min[2].abs() > 1e-6 => "does not stand on the ground",
                Some(_) => continue,
            };
            wrong.push(format!("{}, {label}: {problem}", object.name));
        }
        wrong
    });
}

/// Whatever is done to a program: the solid is the reference's, but for numbers that are rounded to hundredths.
#[test]
fn what_is_rewritten_is_the_same_solid() {
    each_object(|object| {
        let mut wrong = Vec::new();
        for number in 0..2 {
            let mut random = Random::of(11, number);
            let draw = object.draw(&mut random);
            let expected = verdict(&object.name, &reference(object, &draw)).facts.unwrap();
            for style in [Style::plain(), Style::draw(&mut random), Style::draw(&mut random)] {
                let text = rewrite::write(object, &draw, &style, "it", &mut random);
                let found = verdict(&object.name, &text);
                let label = format!("{}, draw {number}, {}", object.name, style.describe());
                let Some(facts) = found.facts.filter(|_| found.valid && found.warnings.is_empty()) else {
                    wrong.push(format!("{label}: not good\n{text}"));
                    continue;
                };
                let off = (facts.volume.unwrap() / expected.volume.unwrap() - 1.0).abs();
                let (found_box, expected_box) = (facts.bbox.as_ref().unwrap(), expected.bbox.as_ref().unwrap());
                let moved =
                    found_box.min.iter().chain(&found_box.max).zip(expected_box.min.iter().chain(&expected_box.max));
                let moved = moved.fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
                if off > 0.02 || moved > 0.25 || pieces(&facts) != pieces(&expected) {
                    wrong.push(format!("{label}: volume off by {off:.4}, box by {moved:.3}\n{text}"));
                }
            }
        }
        wrong
    });
}

#[test]
fn words_that_exclude_each_other_are_not_drawn_together() {
    for object in Library::embedded().objects() {
        for seed in 0..200 {
            let draw = object.draw(&mut Random::new(seed));
            for (place, &word) in draw.words.iter().enumerate() {
                for &other in &draw.words[place + 1..] {
                    assert!(object.words[word].goes_with(&object.words[other]));
                }
            }
            for (value, parameter) in draw.values.iter().zip(&object.parameters) {
                let same = std::mem::discriminant(value) == std::mem::discriminant(&parameter.default);
                assert!(same, "{}: `{}` is {value:?}", object.name, parameter.name);
            }
        }
    }
}
