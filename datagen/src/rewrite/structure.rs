//! How a program is put together: what nobody needs is left out, modules are opened up, statements change places, names change.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;
use scad_parser::ast::{Stmt, StmtKind};

use super::walk::{self, Space};
use crate::random::Random;

/// Leaves out calls without children where children were expected, then definitions that nothing needs.
pub(super) fn prune(statements: &mut Vec<Stmt>) {
    drop_empty(statements);
    loop {
        let mut used: HashSet<(Space, EcoString)> = HashSet::new();
        for stmt in statements.iter_mut() {
            let own = defined(stmt);
            walk::names(std::slice::from_mut(stmt), &mut |space, is_definition, name| {
                // What needs only itself is not needed.
                if !is_definition && own.as_ref() != Some(&(space, name.clone())) {
                    used.insert((space, name.clone()));
                }
            });
        }
        let before = statements.len();
        statements.retain(|stmt| match defined(stmt) {
            Some((_, name)) if name.starts_with('$') => true,
            Some((Space::Function, name)) => {
                used.contains(&(Space::Function, name.clone())) || used.contains(&(Space::Variable, name))
            }
            Some(definition) => used.contains(&definition),
            None => true,
        });
        if statements.len() == before {
            return;
        }
    }
}

/// What a statement of the top level defines.
fn defined(stmt: &Stmt) -> Option<(Space, EcoString)> {
    match &stmt.kind {
        StmtKind::Assign { name, .. } => Some((Space::Variable, name.name.clone())),
        StmtKind::Module { name, .. } => Some((Space::Module, name.name.clone())),
        StmtKind::Function { name, .. } => Some((Space::Function, name.name.clone())),
        _ => None,
    }
}

/// A transformation of nothing is nothing.
fn drop_empty(statements: &mut Vec<Stmt>) {
    statements.iter_mut().for_each(drop_in);
    statements.retain(|stmt| !is_empty(stmt));
}

fn drop_in(stmt: &mut Stmt) {
    match &mut stmt.kind {
        StmtKind::Block(inner) => drop_empty(inner),
        StmtKind::Module { body, .. } => drop_in(body),
        StmtKind::Call { children, .. } => drop_in(children),
        StmtKind::If { then, otherwise, .. } => {
            drop_in(then);
            if let Some(branch) = otherwise {
                drop_in(branch);
            }
        }
        _ => {}
    }
}

fn is_empty(stmt: &Stmt) -> bool {
    let nothing = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Block(inner) if inner.is_empty());
    match &stmt.kind {
        StmtKind::Empty => true,
        StmtKind::Call { children, .. } => {
            nothing(children) || matches!(children.kind, StmtKind::Call { .. }) && is_empty(children)
        }
        StmtKind::If { then, otherwise: None, .. } => nothing(then),
        _ => false,
    }
}

/// Puts bodies of modules without parameters in the place of their only call, where that is a statement of the top level.
/// `often` is the share of them.
pub(super) fn open_up(statements: &mut Vec<Stmt>, often: f64, random: &mut Random) {
    let mut calls: HashMap<EcoString, usize> = HashMap::new();
    let mut children_of_module = false;
    walk::names(statements, &mut |space, is_definition, name| {
        if space == Space::Module && !is_definition {
            *calls.entry(name.clone()).or_default() += 1;
            children_of_module |= name == "children";
        }
    });
    let mut idx = 0;
    while idx < statements.len() {
        let name = match &statements[idx].kind {
            StmtKind::Call { name, arguments, children, modifiers }
                if arguments.is_empty()
                    && matches!(children.kind, StmtKind::Empty)
                    && *modifiers == Default::default()
                    && calls.get(&name.name) == Some(&1) =>
            {
                name.name.clone()
            }
            _ => {
                idx += 1;
                continue;
            }
        };
        let definition = statements.iter().position(|stmt| {
            matches!(&stmt.kind, StmtKind::Module { name: own, parameters, .. } if own.name == name && parameters.is_empty())
        });
        let Some(definition) = definition.filter(|_| random.chance(often)) else {
            idx += 1;
            continue;
        };
        let StmtKind::Module { body, .. } = statements[definition].kind.clone() else { continue };
        let inner = match body.kind {
            StmtKind::Block(inner) => inner,
            _ => vec![*body],
        };
        if !may_stand_outside(&inner, statements) {
            idx += 1;
            continue;
        }
        let count = inner.len();
        statements.splice(idx..=idx, inner);
        let at = if definition > idx { definition + count - 1 } else { definition };
        statements.remove(at);
        // What came in may be such a call, too.
        idx = if at < idx { idx - 1 } else { idx };
    }
}

/// Does nothing in it mean something else outside of its module?
fn may_stand_outside(inner: &[Stmt], all: &[Stmt]) -> bool {
    let taken: HashSet<_> = all.iter().filter_map(defined).collect();
    let mut needs_children = false;
    walk::names(&mut inner.to_vec(), &mut |_, _, name| {
        needs_children |= name == "children" || name == "$children";
    });
    !needs_children && inner.iter().filter_map(defined).all(|definition| !taken.contains(&definition))
}

/// Definitions of modules and functions after what uses them, as some people write.
pub(super) fn main_first(statements: &mut Vec<Stmt>) {
    let is_definition = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Module { .. } | StmtKind::Function { .. });
    let (last, mut first): (Vec<_>, Vec<_>) = std::mem::take(statements).into_iter().partition(is_definition);
    first.extend(last);
    *statements = first;
}

/// Variables of the top level to other places among themselves, as far as they need nothing of each other; and the parts of
/// the solid, which is their union, in another order.
pub(super) fn shuffle(statements: &mut [Stmt], random: &mut Random) {
    let is_literal = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Assign { name, value } => !name.name.starts_with('$') && super::constant(value).is_some(),
        _ => false,
    };
    let is_part = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Call { .. } | StmtKind::If { .. });
    for select in [&is_literal as &dyn Fn(&Stmt) -> bool, &is_part] {
        let places: Vec<_> = (0..statements.len()).filter(|&idx| select(&statements[idx])).collect();
        let mut chosen: Vec<_> = places.iter().map(|&idx| statements[idx].clone()).collect();
        random.shuffle(&mut chosen);
        for (idx, stmt) in places.into_iter().zip(chosen) {
            statements[idx] = stmt;
        }
    }
}

/// Other names for modules and variables of the top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// As in the file.
    Own,
    /// `w`, `h`.
    Short,
    /// `chair_width`.
    Long,
    /// Modules say what they do: `make_seat`.
    Verbs,
}

/// Names and what they are in short.
const SHORT: [(&str, &str); 12] = [
    ("width", "w"),
    ("height", "h"),
    ("length", "l"),
    ("depth", "d"),
    ("diameter", "dia"),
    ("radius", "r"),
    ("thickness", "t"),
    ("wall", "t"),
    ("size", "s"),
    ("count", "n"),
    ("angle", "a"),
    ("base_height", "base_h"),
];

/// Renames what the top level defines.
pub(super) fn rename(statements: &mut [Stmt], naming: Naming, object: &str) {
    let mut taken: HashSet<EcoString> = HashSet::new();
    walk::names(statements, &mut |_, _, name| {
        taken.insert(name.clone());
    });
    let last_word = object.rsplit('_').next().unwrap_or(object);
    let mut names: HashMap<(Space, EcoString), EcoString> = HashMap::new();
    for (space, name) in statements.iter().filter_map(defined) {
        let new: EcoString = match (naming, space) {
            (Naming::Short, Space::Variable) => match SHORT.iter().find(|(long, _)| name == *long) {
                Some((_, short)) => (*short).into(),
                None => continue,
            },
            (Naming::Long, Space::Variable) if !name.starts_with('$') => format!("{last_word}_{name}").into(),
            (Naming::Verbs, Space::Module) => format!("make_{name}").into(),
            _ => continue,
        };
        if taken.insert(new.clone()) {
            names.insert((space, name), new);
        }
    }
    // A name that something else has, too, such as a parameter of a module, stays.
    let mut definitions: HashMap<(Space, EcoString), usize> = HashMap::new();
    walk::names(statements, &mut |space, is_definition, name| {
        *definitions.entry((space, name.clone())).or_default() += usize::from(is_definition);
    });
    names.retain(|key, _| definitions.get(key) == Some(&1));
    walk::names(statements, &mut |space, _, name| {
        if let Some(new) = names.get(&(space, name.clone())) {
            *name = new.clone();
        }
    });
}
