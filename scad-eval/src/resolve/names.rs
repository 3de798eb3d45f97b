//! Scopes at the time of resolving: three namespaces each, linked outwards.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ecow::EcoString;

use super::Resolver;
use crate::code::{Candidate, FileId, FunctionId, Home, ModuleId, Place};

/// A scope, with the names that are declared in it.
pub(crate) struct Scope {
    parent: Option<Rc<Scope>>,
    kind: ScopeKind,
    names: RefCell<Names>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// The top level of a file.
    File(FileId),
    /// The body of a module, whose frame knows the children of its call.
    Module,
    /// Any other scope that makes a frame.
    Frame,
    /// A scope whose variables are in the window.
    Window,
}

#[derive(Default)]
struct Names {
    variables: HashMap<EcoString, u32>,
    functions: HashMap<EcoString, FunctionId>,
    modules: HashMap<EcoString, ModuleId>,
    slots: u32,
}

impl Scope {
    pub(super) fn new(parent: Option<Rc<Scope>>, kind: ScopeKind) -> Rc<Self> {
        Rc::new(Self { parent, kind, names: RefCell::default() })
    }

    pub(super) fn kind(&self) -> ScopeKind {
        self.kind
    }

    /// The slot of a variable of this scope, a new one unless it has one.
    pub(super) fn slot(&self, name: &EcoString) -> u32 {
        let mut names = self.names.borrow_mut();
        if let Some(slot) = names.variables.get(name) {
            return *slot;
        }
        let slot = names.slots;
        names.slots += 1;
        names.variables.insert(name.clone(), slot);
        slot
    }

    /// A slot without a name, to keep parameters in their places.
    pub(super) fn skip_slot(&self) {
        self.names.borrow_mut().slots += 1;
    }

    /// Declares a variable of a window scope at a slot of the window.
    pub(super) fn declare_at(&self, name: &EcoString, slot: u32) {
        self.names.borrow_mut().variables.insert(name.clone(), slot);
    }

    pub(super) fn declare_function(&self, name: &EcoString, id: FunctionId) {
        self.names.borrow_mut().functions.insert(name.clone(), id);
    }

    pub(super) fn declare_module(&self, name: &EcoString, id: ModuleId) {
        self.names.borrow_mut().modules.insert(name.clone(), id);
    }

    pub(super) fn slots(&self) -> u32 {
        self.names.borrow().slots
    }

    /// Whether anything is declared in it.
    pub(super) fn is_empty(&self) -> bool {
        let names = self.names.borrow();
        names.variables.is_empty() && names.functions.is_empty() && names.modules.is_empty()
    }

    fn variable(&self, name: &str) -> Option<u32> {
        self.names.borrow().variables.get(name).copied()
    }

    fn function(&self, name: &str) -> Option<FunctionId> {
        self.names.borrow().functions.get(name).copied()
    }

    fn module(&self, name: &str) -> Option<ModuleId> {
        self.names.borrow().modules.get(name).copied()
    }

    /// This scope and those around it, each with the number of frames between.
    fn outwards(self: &Rc<Self>) -> impl Iterator<Item = (Rc<Scope>, u32)> {
        let mut next = Some((Rc::clone(self), 0));
        std::iter::from_fn(move || {
            let (scope, up) = next.take()?;
            let further = up + u32::from(scope.kind != ScopeKind::Window);
            next = scope.parent.as_ref().map(|parent| (Rc::clone(parent), further));
            Some((scope, up))
        })
    }

    /// Where a variable may be found: a window slot, which is always set, or frame slots to be tried in order.
    pub(super) fn find_variable(self: &Rc<Self>, name: &str) -> Found {
        let mut places = Vec::new();
        for (scope, up) in self.outwards() {
            let Some(slot) = scope.variable(name) else { continue };
            if scope.kind == ScopeKind::Window {
                return Found::Window(slot);
            }
            places.push(Place { up, slot });
        }
        Found::Frames(places)
    }

    /// How many frames up the innermost module body is.
    pub(super) fn find_children(self: &Rc<Self>) -> Option<u32> {
        self.outwards().find(|(scope, _)| scope.kind == ScopeKind::Module).map(|(_, up)| up)
    }

    /// The function that a call means, and the variables inside it that may be function values.
    pub(super) fn find_function(
        self: &Rc<Self>,
        name: &str,
        resolver: &Resolver<'_>,
    ) -> (Vec<Candidate>, Option<(FunctionId, Home)>) {
        let mut candidates = Vec::new();
        for (scope, up) in self.outwards() {
            if let Some(id) = scope.function(name) {
                return (candidates, Some((id, Home::Up(up))));
            }
            if let Some(slot) = scope.variable(name) {
                candidates.push(match scope.kind {
                    ScopeKind::Window => Candidate::Window(slot),
                    _ => Candidate::Frame(Place { up, slot }),
                });
            }
            if let ScopeKind::File(file) = scope.kind {
                let used = resolver.files[file.0 as usize].uses.iter().rev();
                let found = used
                    .copied()
                    .find_map(|used| Some((resolver.files[used.0 as usize].scope.function(name)?, Home::Used(used))));
                return (candidates, found);
            }
        }
        (candidates, None)
    }

    /// The module that an instantiation means.
    pub(super) fn find_module(self: &Rc<Self>, name: &str, resolver: &Resolver<'_>) -> Option<(ModuleId, Home)> {
        for (scope, up) in self.outwards() {
            if let Some(id) = scope.module(name) {
                return Some((id, Home::Up(up)));
            }
            if let ScopeKind::File(file) = scope.kind {
                let mut used = resolver.files[file.0 as usize].uses.iter().rev();
                return used
                    .find_map(|used| Some((resolver.files[used.0 as usize].scope.module(name)?, Home::Used(*used))));
            }
        }
        None
    }

    /// All names of a kind that are visible here, for suggestions.
    pub(super) fn visible(self: &Rc<Self>, which: Namespace) -> Vec<EcoString> {
        let mut visible = Vec::new();
        for (scope, _) in self.outwards() {
            let names = scope.names.borrow();
            match which {
                Namespace::Variables => visible.extend(names.variables.keys().cloned()),
                Namespace::Functions => visible.extend(names.functions.keys().cloned()),
                Namespace::Modules => visible.extend(names.modules.keys().cloned()),
            }
        }
        visible.sort_unstable();
        visible
    }
}

pub(super) enum Found {
    Window(u32),
    Frames(Vec<Place>),
}

#[derive(Clone, Copy)]
pub(super) enum Namespace {
    Variables,
    Functions,
    Modules,
}
