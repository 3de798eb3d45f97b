//! What built-in functions and modules may use while they run: messages, special variables, limits, the world.

use std::cell::OnceCell;
use std::sync::Arc;

use ecow::EcoString;
use scad_parser::{Diagnostic, Severity, SourceMap, Span};

use crate::csg::Facets;
use crate::font::FontSet;
use crate::limits::{Meter, Stop};
use crate::problem::Problem;
use crate::random::Random;
use crate::scene::Message;
use crate::specials::{SpecialId, Specials};
use crate::value::Value;
use crate::world::World;

/// The part of the evaluator that built-ins see.
pub(crate) struct Host<'w> {
    pub(crate) world: &'w dyn World,
    pub(crate) meter: Meter<'w>,
    pub(crate) random: Random,
    pub(crate) specials: Specials,
    /// The texts that spans point into.
    pub(crate) sources: SourceMap,
    pub(crate) messages: Vec<Message>,
    /// Names of the user modules that are being instantiated, outermost first.
    pub(crate) module_stack: Vec<EcoString>,
    /// Counts what makes a file's variables depend on more than the file: messages, specials read, random numbers.
    pub(crate) effects: u64,
    /// Whether built-in modules warn of sizes that make nothing.
    pub(crate) check_ranges: bool,
    /// Fonts that the program uses by file.
    pub(crate) used_fonts: Vec<Arc<[u8]>>,
    fonts: OnceCell<FontSet>,
}

impl<'w> Host<'w> {
    pub(crate) fn new(world: &'w dyn World, meter: Meter<'w>, specials: Specials, sources: SourceMap) -> Self {
        Self {
            world,
            meter,
            random: Random::default(),
            specials,
            sources,
            messages: Vec::new(),
            module_stack: Vec::new(),
            effects: 0,
            check_ranges: false,
            used_fonts: Vec::new(),
            fonts: OnceCell::new(),
        }
    }

    /// Tells a problem at a place.
    pub(crate) fn warn(&mut self, problem: &(impl miette::Diagnostic + ?Sized), span: Span) -> Result<(), Stop> {
        self.tell(Diagnostic::new(problem, Some(span)))
    }

    /// Tells a problem that has no place.
    pub(crate) fn warn_unplaced(&mut self, problem: &(impl miette::Diagnostic + ?Sized)) -> Result<(), Stop> {
        self.tell(Diagnostic::new(problem, None))
    }

    pub(crate) fn tell(&mut self, diagnostic: Diagnostic) -> Result<(), Stop> {
        self.effects += 1;
        if diagnostic.severity == Severity::Deprecated && self.told(&diagnostic) {
            return Ok(());
        }
        let text = diagnostic.message.len() + diagnostic.help.as_ref().map_or(0, String::len);
        self.meter.hold(MESSAGE_PRICE + text)?;
        self.messages.push(Message::Diagnostic(diagnostic));
        Ok(())
    }

    /// OpenSCAD prints a deprecation once for each text and place.
    fn told(&self, diagnostic: &Diagnostic) -> bool {
        self.messages.iter().any(|message| match message {
            Message::Diagnostic(told) => told.message == diagnostic.message && told.span == diagnostic.span,
            Message::Echo(_) => false,
        })
    }

    pub(crate) fn echo(&mut self, text: String) -> Result<(), Stop> {
        self.effects += 1;
        self.meter.hold(MESSAGE_PRICE + text.len())?;
        self.messages.push(Message::Echo(text));
        Ok(())
    }

    /// The value of a special variable as the current call sees it.
    pub(crate) fn special(&mut self, id: SpecialId) -> Option<&Value> {
        self.effects += 1;
        self.specials.get(id)
    }

    /// `$fn`, `$fa` and `$fs` for a shape at this place; too small ones are raised with a warning.
    pub(crate) fn facets(&mut self, span: Span) -> Result<Facets, Stop> {
        // What is no number counts as 0.
        let mut number = |id| self.special(id).and_then(Value::as_number).unwrap_or(0.0);
        let mut facets = Facets { fn_: number(SpecialId::FN), fa: number(SpecialId::FA), fs: number(SpecialId::FS) };
        for (name, value) in [("$fs", &mut facets.fs), ("$fa", &mut facets.fa)] {
            if *value < Facets::SMALLEST {
                *value = Facets::SMALLEST;
                self.warn(&Problem::TooSmall { name, smallest: Facets::SMALLEST }, span)?;
            }
        }
        Ok(facets)
    }

    /// The embedded fonts and those of the world.
    pub(crate) fn fonts(&self) -> &FontSet {
        self.fonts.get_or_init(|| {
            let mut fonts = FontSet::embedded();
            for font in self.font_files() {
                fonts.add(font);
            }
            fonts
        })
    }

    /// Font files besides the embedded ones.
    pub(crate) fn font_files(&self) -> Vec<Arc<[u8]>> {
        self.world.fonts().into_iter().chain(self.used_fonts.iter().cloned()).collect()
    }

    /// The name of the text that a span lies in, from which its relative paths start.
    pub(crate) fn file_of(&self, span: Span) -> String {
        self.sources.source_at(span.start).map_or_else(String::new, |(source, _)| source.name().to_owned())
    }

    /// The bytes of a file that is named at `span`: looked up from the text that names it, then, deprecated, from the
    /// main text.
    pub(crate) fn file(&mut self, path: &str, span: Span) -> Result<Option<Arc<[u8]>>, Stop> {
        if let Some(bytes) = self.world.file(path, &self.file_of(span)) {
            return Ok(Some(bytes));
        }
        let main = self.sources.main().map_or_else(String::new, |source| source.name().to_owned());
        let found = self.world.file(path, &main);
        if found.is_some() {
            self.warn_unplaced(&Problem::FileInDocumentRoot { path: path.into() })?;
        }
        Ok(found)
    }
}

/// What a message is taken to hold besides its text.
const MESSAGE_PRICE: usize = 160;
