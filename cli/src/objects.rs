//! `cadmonkey objects`: what is in the object library.

use std::path::PathBuf;

use ::datagen::in_order::{default_jobs, in_order};
use ::datagen::object::{Draw, Library, Object};
use ::datagen::random::Random;
use ::datagen::rewrite;
use ::datagen::stage::geometry;
use ::datagen::teacher::{EmbeddedTeacher, Task, Teacher as _};
use ::datagen::verdict::{Name, Terms, Verdict, judge};
use clap::{Args, Subcommand, ValueEnum};
use csg_mesh::Stop;
use raster::{CpuRenderer, Image, Model, Renderer as _, Shading, View};
use scad_eval::MemoryWorld;
use scad_parser::Source;

use crate::Outcome;
use crate::datagen::library;
use crate::draw::Overview;
use crate::output;
use crate::progress;

/// Lists the objects of the library, or does something with them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cadmonkey objects
  cadmonkey objects tall lamp
  cadmonkey objects show chair
  cadmonkey objects show chair --scad > chair.scad
  cadmonkey objects sheet furniture -o furniture.png
  cadmonkey objects sheet chair --of draws --count 20 -o chairs.png
  cadmonkey objects check --draws 50

Exit code: 0 all is well, 1 nothing was found or an object is not good, 2 it could not be done.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Only objects that have all these words in their names, words or descriptions.
    words: Vec<String>,
    /// A folder of objects (CATEGORY/NAME.scad) instead of the library that is part of this program.
    #[arg(long, value_name = "FOLDER", global = true)]
    objects: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tell all about an object: its names, the words that change it, its parameters.
    Show {
        /// Its name.
        name: String,
        /// Its file instead.
        #[arg(long)]
        scad: bool,
    },
    /// Draw objects in one picture, with their names.
    Sheet(Sheet),
    /// Check each object as it is, with each of its words, and in random draws: a table by category.
    Check {
        /// Categories or objects; all if left out.
        which: Vec<String>,
        /// Random draws of each object.
        #[arg(long, value_name = "N", default_value_t = 50)]
        draws: u64,
        /// Where chance comes from.
        #[arg(long, value_name = "N", default_value_t = 0)]
        seed: u64,
    },
}

#[derive(Debug, Args)]
struct Sheet {
    /// Categories or objects; all if left out.
    which: Vec<String>,
    /// The picture.
    #[arg(long, short, value_name = "FILE.png")]
    output: PathBuf,
    /// What is drawn of each object: itself, itself with each of its words, or random draws with their prompts.
    #[arg(long, value_name = "WHAT", default_value = "objects")]
    of: Of,
    /// Random draws of each object; or with --together of all.
    #[arg(long, value_name = "N", default_value_t = 6)]
    count: u64,
    /// --count draws of all objects together.
    #[arg(long)]
    together: bool,
    /// Where chance comes from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Pixels of each side of a picture.
    #[arg(long, value_name = "PIXELS", default_value_t = 160, value_parser = clap::value_parser!(u32).range(32..=1024))]
    size: u32,
    /// Pictures in a row [default: what makes it square].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    columns: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    Objects,
    Words,
    Draws,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, String> {
    let library = library(arguments.objects.as_ref())?;
    match &arguments.what {
        None => list(&library, &arguments.words, arguments.json),
        Some(What::Show { name, scad }) => show(&library, name, *scad),
        Some(What::Sheet(sheet)) => draw_sheet(&library, sheet),
        Some(What::Check { which, draws, seed }) => check(&library, which, *draws, *seed),
    }
}

fn list(library: &Library, words: &[String], as_json: bool) -> Result<Outcome, String> {
    let found: Vec<&Object> =
        if words.is_empty() { library.objects().iter().collect() } else { library.search(&words.join(" ")) };
    if found.is_empty() {
        output::talk(&format!("no object has `{}`", words.join(" ")));
        return Ok(Outcome::Wrong);
    }
    if as_json {
        for object in found {
            let line = serde_json::json!({
                "name": object.name,
                "category": object.category,
                "title": object.title,
                "description": object.description,
                "names": object.names,
                "words": object.words.iter().map(|word| &word.phrase).collect::<Vec<_>>(),
                "parameters": object.parameters.iter().map(|parameter| parameter.name.as_str()).collect::<Vec<_>>(),
            });
            output::print(&line.to_string());
        }
        return Ok(Outcome::Good);
    }
    if words.is_empty() {
        for (category, objects) in library.categories() {
            let names: Vec<_> = objects.iter().map(|object| object.name.replace('_', " ")).collect();
            output::print(&format!("{:24} {}", category.replace('_', " "), names.join(", ")));
        }
        output::talk(&format!("{} objects; `cadmonkey objects show NAME` tells more", library.objects().len()));
    } else {
        for object in found {
            output::print(&format!(
                "{:20} {:22} {}",
                object.name,
                object.category.replace('_', " "),
                object.description
            ));
        }
    }
    Ok(Outcome::Good)
}

fn show(library: &Library, name: &str, scad: bool) -> Result<Outcome, String> {
    let Some(object) = library.object(name) else {
        let near: Vec<_> = library.search(name).iter().take(5).map(|object| object.name.clone()).collect();
        let hint = if near.is_empty() { "`cadmonkey objects` lists all".into() } else { near.join(", ") };
        output::talk(&format!("there is no object `{name}`: {hint}"));
        return Ok(Outcome::Wrong);
    };
    if scad {
        output::print(object.source.text().trim_end());
        return Ok(Outcome::Good);
    }
    output::print(&format!("{} ({})", object.title, object.category.replace('_', " ")));
    output::print(&object.description);
    output::print(&format!("\ncalled      {}", object.names.join(", ")));
    for (idx, word) in object.words.iter().enumerate() {
        let label = if idx == 0 { "words" } else { "" };
        let sets: Vec<_> = word.settings.iter().map(|(at, _)| object.parameters[*at].name.as_str()).collect();
        let sets = if sets.is_empty() { String::new() } else { format!("  ({})", sets.join(", ")) };
        output::print(&format!("{label:11} {}{sets}", word.phrase));
    }
    for (idx, parameter) in object.parameters.iter().enumerate() {
        let label = if idx == 0 { "parameters" } else { "" };
        let line = object.source.text()[..parameter.span.end as usize].lines().count();
        let text = object.source.text().lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let description = parameter.description.as_deref().unwrap_or_default();
        output::print(&format!("{label:11} {text:44} {description}"));
    }
    Ok(Outcome::Good)
}

/// The objects of categories and names.
fn chosen<'l>(library: &'l Library, which: &[String]) -> Result<Vec<&'l Object>, String> {
    if which.is_empty() {
        return Ok(library.objects().iter().collect());
    }
    let mut all = Vec::new();
    for name in which {
        let category = name.replace([' ', '-'], "_");
        let before = all.len();
        all.extend(library.objects().iter().filter(|object| object.category == category));
        if all.len() == before {
            let object = library.object(name);
            all.push(object.ok_or_else(|| {
                format!("there is no category and no object `{name}`: `cadmonkey objects` lists them")
            })?);
        }
    }
    Ok(all)
}

/// The program of a draw, as the file has it.
fn program(object: &Object, draw: &Draw) -> String {
    let statements = rewrite::reference(object, draw);
    let program = scad_parser::Program {
        statements,
        sources: scad_parser::SourceMap::default(),
        comments: Vec::new(),
        warnings: Vec::new(),
    };
    scad_parser::print(&program)
}

fn draw_sheet(library: &Library, sheet: &Sheet) -> Result<Outcome, String> {
    let objects = chosen(library, &sheet.which)?;
    let mut tiles: Vec<(String, String)> = Vec::new();
    let teacher = EmbeddedTeacher::new(library);
    let draws = |object: &Object, number: u64| {
        let task = Task {
            object: object.name.clone(),
            category: object.category.clone(),
            seed: Random::of(sheet.seed, number).next(),
            count: 1,
        };
        let drafts = teacher.write(&task).map_err(|error| error.to_string())?;
        Ok::<_, String>(drafts.into_iter().map(|draft| (draft.program, draft.prompt)))
    };
    match sheet.of {
        Of::Objects => {
            tiles.extend(
                objects.iter().map(|object| (program(object, &object.as_it_is()), object.name.replace('_', " "))),
            );
        }
        Of::Words => {
            for object in objects {
                tiles.push((program(object, &object.as_it_is()), object.name.replace('_', " ")));
                for (place, word) in object.words.iter().enumerate().filter(|(_, word)| !word.settings.is_empty()) {
                    tiles.push((program(object, &object.with_words(&[place])), word.phrase.clone()));
                }
            }
        }
        Of::Draws if sheet.together => {
            for number in 0..sheet.count {
                let object = objects[Random::of(sheet.seed ^ 1, number).below(objects.len())];
                tiles.extend(draws(object, number)?);
            }
        }
        Of::Draws => {
            for object in objects {
                for number in 0..sheet.count {
                    tiles.extend(draws(object, number)?);
                }
            }
        }
    }
    let lines = if sheet.of == Of::Draws { 3 } else { 1 };
    let view = View::new(sheet.size, sheet.size);
    let overview = Overview::new(view, tiles.len() as u64, sheet.columns, lines)?;
    let bar = progress::of(tiles.len() as u64);
    let mut pictures: Vec<Image> = Vec::with_capacity(tiles.len());
    let mut empty = 0;
    in_order(
        default_jobs(),
        tiles.into_iter(),
        |(program, caption)| {
            let picture = picture(&program, view);
            (picture.is_none(), overview.tile(picture, &caption))
        },
        |(_, tile)| tile.rgba.len(),
        |(is_empty, tile)| {
            empty += u64::from(is_empty);
            pictures.push(tile);
            bar.inc(1);
            true
        },
    );
    bar.finish_and_clear();
    output::write(&sheet.output, &overview.picture(&pictures)?.to_png())?;
    if empty > 0 {
        output::talk(&format!("{empty} of {} make nothing", pictures.len()));
        return Ok(Outcome::Wrong);
    }
    Ok(Outcome::Good)
}

fn picture(program: &str, view: View) -> Option<Image> {
    let model = Model::new(&geometry(program)?, Shading::Smooth(30.0));
    CpuRenderer.images(&model, &[view.framed(model.bounds())]).ok()?.pop()
}

/// Of the objects of a category.
#[derive(Debug, Default)]
struct Row {
    objects: u64,
    words: usize,
    styles: usize,
    programs: u64,
    good: u64,
    volume: Option<(f64, f64)>,
}

fn check(library: &Library, which: &[String], draws: u64, seed: u64) -> Result<Outcome, String> {
    let objects = chosen(library, which)?;
    let mut items = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        items.push((place, "as it is".to_owned(), object.as_it_is()));
        for (idx, word) in object.words.iter().enumerate() {
            items.push((place, format!("with `{}`", word.phrase), object.with_words(&[idx])));
        }
        for number in 0..draws {
            let draw = object.draw(&mut Random::of(seed, number));
            items.push((place, format!("draw {number}"), draw));
        }
    }
    let terms = Terms::default();
    let mut rows: Vec<(String, Row)> = Vec::new();
    let bar = progress::of(items.len() as u64);
    let mut wrong = 0;
    let mut last = usize::MAX;
    in_order(
        default_jobs(),
        items.into_iter(),
        |(place, label, draw)| {
            let text = program(objects[place], &draw);
            let name = Name::file(objects[place].name.as_str());
            let verdict =
                judge(&name, &Source::new("object.scad", text), &MemoryWorld::default(), &terms, &Stop::default());
            (place, label, verdict)
        },
        |_| 1024,
        |(place, label, verdict)| {
            bar.inc(1);
            let object = objects[place];
            if rows.last().is_none_or(|(category, _)| *category != object.category) {
                rows.push((object.category.clone(), Row::default()));
            }
            let (_, row) = rows.last_mut().expect("it was pushed");
            if last != place {
                row.objects += 1;
                row.words += object.words.len();
                row.styles += object.styles();
                last = place;
            }
            row.programs += 1;
            match problem(object, &verdict) {
                None => row.good += 1,
                Some(problem) => {
                    wrong += 1;
                    bar.suspend(|| output::talk(&format!("{} {label}: {problem}", object.name)));
                }
            }
            if let Some(volume) = verdict.facts.as_ref().and_then(|facts| facts.volume) {
                let (low, high) = row.volume.unwrap_or((volume, volume));
                row.volume = Some((low.min(volume), high.max(volume)));
            }
            true
        },
    );
    bar.finish_and_clear();
    output::print("| category | objects | words | styles | programs | closed | volume, cm³ |");
    output::print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (category, row) in &rows {
        let cubic =
            |volume: f64| if volume < 1e4 { format!("{:.2}", volume / 1e3) } else { format!("{:.0}", volume / 1e3) };
        let volume = row.volume.map_or_else(String::new, |(low, high)| format!("{}–{}", cubic(low), cubic(high)));
        let share = row.good as f64 / row.programs as f64 * 100.0;
        output::print(&format!(
            "| {} | {} | {} | {} | {} | {share:.1} % | {volume} |",
            category.replace('_', " "),
            row.objects,
            row.words,
            row.styles,
            row.programs
        ));
    }
    Ok(if wrong == 0 { Outcome::Good } else { Outcome::Wrong })
}

/// What is not as an object must be: closed, without a warning, of so many pieces, standing on the ground.
fn problem(object: &Object, verdict: &Verdict) -> Option<String> {
    if let Some(row) = verdict.errors.first().or(verdict.warnings.first()) {
        return Some(row.message.clone());
    }
    if !verdict.valid {
        return Some("it is not closed".into());
    }
    let facts = verdict.facts.as_ref()?;
    let pieces = facts.components? - facts.cavities.unwrap_or(0);
    if pieces != object.pieces {
        return Some(format!("{pieces} pieces, expected {}", object.pieces));
    }
    let lowest = facts.bbox.as_ref()?.min.get(2).copied()?;
    (lowest.abs() > 1e-6).then(|| format!("its lowest point is at z = {lowest:.3}"))
}
