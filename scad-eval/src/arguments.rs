//! Arguments and parameters: which goes to which, for user functions and modules and built-in modules alike.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;
use scad_parser::Span;

use crate::host::Host;
use crate::limits::Stop;
use crate::problem::Problem;
use crate::value::Value;

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// To the parameter of that index.
    Parameter(usize),
    /// Named, but no parameter has that name.
    Unknown,
    /// Nowhere: there are more than parameters.
    Extra,
}

/// Which argument goes to which parameter, and what is odd about it.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    /// One for each argument.
    pub(crate) targets: Vec<Target>,
    pub(crate) problems: Vec<Problem>,
}

/// Matches arguments, of which only the names matter, with parameters.
///
/// A named argument takes no position; a positional one goes to the first parameter from its position on that has
/// none yet. Only the first `positional` parameters can be reached by position.
pub(crate) fn match_arguments<'a>(
    arguments: impl Iterator<Item = Option<&'a EcoString>>,
    parameters: &[impl AsRef<str>],
    positional: usize,
) -> Matching {
    let mut matching = Matching::default();
    // How each parameter was reached: not yet, by position, by name.
    let mut reached = vec![None; parameters.len()];
    let mut unknown: HashSet<&str> = HashSet::new();
    let places = (parameters.len() > FEW).then(|| Places::new(parameters));
    let place = |name: &str| match &places {
        Some(places) => places.0.get(name).copied(),
        None => parameters.iter().position(|parameter| parameter.as_ref() == name),
    };
    let mut position = 0;
    let mut too_many = false;
    for name in arguments {
        let Some(name) = name else {
            while position < positional && reached[position].is_some() {
                position += 1;
            }
            if position < positional {
                reached[position] = Some(false);
                matching.targets.push(Target::Parameter(position));
            } else {
                if !too_many {
                    matching.problems.push(Problem::TooManyArguments);
                }
                too_many = true;
                matching.targets.push(Target::Extra);
            }
            continue;
        };
        match place(name) {
            Some(idx) => {
                match reached[idx] {
                    Some(true) => matching.problems.push(Problem::RepeatedArgument { name: name.clone() }),
                    Some(false) => matching.problems.push(Problem::OverriddenArgument { name: name.clone() }),
                    None => {}
                }
                reached[idx] = Some(true);
                matching.targets.push(Target::Parameter(idx));
            }
            None => {
                if !unknown.insert(name) {
                    matching.problems.push(Problem::RepeatedArgument { name: name.clone() });
                } else {
                    if !name.starts_with('$') {
                        let parameters = parameters.iter().map(|parameter| parameter.as_ref());
                        let helpful = unknown.len() <= FEW;
                        let help = helpful.then(|| crate::suggest::did_you_mean(name, parameters)).flatten();
                        matching.problems.push(Problem::UnknownArgument { name: name.clone(), help });
                    }
                }
                matching.targets.push(Target::Unknown);
            }
        }
    }
    matching
}

/// Up to so many parameters are looked through one by one, and so many unknown names get a suggestion: with both in the
/// ten thousands a call would take minutes.
const FEW: usize = 16;

/// Names of parameters and where they stand first.
struct Places<'a>(HashMap<&'a str, usize>);

impl<'a> Places<'a> {
    fn new(parameters: &'a [impl AsRef<str>]) -> Self {
        Self(parameters.iter().enumerate().rev().map(|(idx, parameter)| (parameter.as_ref(), idx)).collect())
    }
}

/// An evaluated argument of a built-in.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) name: Option<EcoString>,
    pub(crate) value: Value,
}

/// The call of a built-in module: its evaluated arguments. Special variables among them are already bound.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) name: &'a str,
    /// The instantiation, without modifiers.
    pub(crate) span: Span,
    pub(crate) arguments: &'a [Argument],
    /// Its parameters, for the help of an argument that it has not.
    pub(crate) parameters: &'static str,
}

/// The values of a built-in's parameters.
#[derive(Debug)]
pub(crate) struct Bound {
    values: Vec<(&'static str, Value)>,
}

impl Call<'_> {
    /// Matches the arguments with parameters: those of `positional` by position or name, those of `named` by name only.
    pub(crate) fn bind(
        &self,
        host: &mut Host<'_>,
        positional: &[&'static str],
        named: &[&'static str],
    ) -> Result<Bound, Stop> {
        let parameters: Vec<&'static str> = positional.iter().chain(named).copied().collect();
        let names = self.arguments.iter().map(|argument| argument.name.as_ref());
        let matching = match_arguments(names, &parameters, positional.len());
        for mut problem in matching.problems {
            if let Problem::UnknownArgument { help, .. } = &mut problem {
                help.get_or_insert_with(|| format!("usage: `{}({})`", self.name, self.parameters));
            }
            host.warn(&problem, self.span)?;
        }
        let mut values: Vec<(&'static str, Value)> = Vec::with_capacity(self.arguments.len());
        for (argument, target) in self.arguments.iter().zip(matching.targets) {
            let Target::Parameter(idx) = target else { continue };
            let name = parameters[idx];
            match values.iter_mut().find(|(known, _)| *known == name) {
                Some(entry) => entry.1 = argument.value.clone(),
                None => values.push((name, argument.value.clone())),
            }
        }
        Ok(Bound { values })
    }
}

impl Bound {
    /// The value of a parameter, `undef` when no argument went to it.
    pub(crate) fn get(&self, name: &str) -> &Value {
        self.values.iter().find(|(known, _)| *known == name).map_or(&Value::Undef, |(_, value)| value)
    }

    /// Whether an argument went to a parameter, be it `undef`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| *known == name)
    }
}
