//! Syntax tree → [`code`](crate::code): which name means what, settled before anything runs.
//!
//! Functions and modules are resolved when they are first called, since a program that includes a large library uses
//! little of it.

mod call;
mod expression;
mod names;
mod scope;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use scad_parser::ast::{Expr, Ident, Parameter, Program, Stmt};
use scad_parser::{SourceMap, Span};

use crate::code::{FileId, FunctionCode, FunctionId, ModuleCode, ModuleId, ScopeCode};
use crate::specials::Specials;
use expression::Compiler;
pub(crate) use names::Scope;
use names::ScopeKind;

/// All files, functions and modules of a program.
pub(crate) struct Resolver<'p> {
    files: Vec<File<'p>>,
    functions: RefCell<Vec<Rc<Function<'p>>>>,
    modules: RefCell<Vec<Rc<Module<'p>>>>,
    /// Unknown names that have been looked into.
    slips: Cell<u32>,
    pub(crate) sources: SourceMap,
}

/// So many unknown names are compared with the known ones: each comparison goes through all of those, and a text may
/// have ten thousands of both.
const SLIPS: u32 = 100;

/// A parsed file with what it uses, by number.
pub(crate) struct Loaded<'p> {
    pub(crate) program: Cow<'p, Program>,
    pub(crate) uses: Vec<FileId>,
}

struct File<'p> {
    statements: &'p [Stmt],
    uses: &'p [FileId],
    scope: Rc<Scope>,
    code: OnceCell<Rc<ScopeCode>>,
}

struct Function<'p> {
    name: &'p Ident,
    parameters: &'p [Parameter],
    body: &'p Expr,
    scope: Rc<Scope>,
    code: OnceCell<Rc<FunctionCode>>,
}

struct Module<'p> {
    name: &'p Ident,
    parameters: &'p [Parameter],
    body: &'p Stmt,
    scope: Rc<Scope>,
    code: OnceCell<Rc<ModuleCode>>,
}

impl<'p> Resolver<'p> {
    /// Takes in the names at the top level of all files; the main one comes first.
    pub(crate) fn new(files: &'p [Loaded<'_>], sources: SourceMap) -> Self {
        let mut resolver = Self {
            files: Vec::new(),
            functions: RefCell::default(),
            modules: RefCell::default(),
            slips: Cell::new(0),
            sources,
        };
        for (idx, file) in files.iter().enumerate() {
            let scope = Scope::new(None, ScopeKind::File(FileId(idx as u32)));
            resolver.declare(&file.program.statements, &scope);
            let statements = &file.program.statements;
            resolver.files.push(File { statements, uses: &file.uses, scope, code: OnceCell::new() });
        }
        resolver
    }

    /// The top level of a file.
    pub(crate) fn file(&self, id: FileId, specials: &mut Specials) -> Rc<ScopeCode> {
        let file = &self.files[id.0 as usize];
        let compile = || Rc::new(Compiler::new(self, specials, Rc::clone(&file.scope)).file(file.statements, id));
        Rc::clone(file.code.get_or_init(compile))
    }

    pub(crate) fn function(&self, id: FunctionId, specials: &mut Specials) -> Rc<FunctionCode> {
        if let Some(code) = self.functions.borrow()[id.0 as usize].code.get() {
            return Rc::clone(code);
        }
        let function = Rc::clone(&self.functions.borrow()[id.0 as usize]);
        let compile = || {
            let compiler = Compiler::new(self, specials, Rc::clone(&function.scope));
            Rc::new(compiler.function(&function.name.name, function.parameters, function.body, None))
        };
        Rc::clone(function.code.get_or_init(compile))
    }

    pub(crate) fn module(&self, id: ModuleId, specials: &mut Specials) -> Rc<ModuleCode> {
        if let Some(code) = self.modules.borrow()[id.0 as usize].code.get() {
            return Rc::clone(code);
        }
        let module = Rc::clone(&self.modules.borrow()[id.0 as usize]);
        let compile = || {
            let compiler = Compiler::new(self, specials, Rc::clone(&module.scope));
            Rc::new(compiler.module(module.name, module.parameters, module.body))
        };
        Rc::clone(module.code.get_or_init(compile))
    }

    /// Whether one more unknown name may be compared with the known ones.
    fn may_suggest(&self) -> bool {
        self.slips.set(self.slips.get() + 1);
        self.slips.get() <= SLIPS
    }

    fn function_parameters(&self, id: FunctionId) -> &'p [Parameter] {
        self.functions.borrow()[id.0 as usize].parameters
    }

    fn module_parameters(&self, id: ModuleId) -> &'p [Parameter] {
        self.modules.borrow()[id.0 as usize].parameters
    }

    fn add_function(
        &self,
        name: &'p Ident,
        parameters: &'p [Parameter],
        body: &'p Expr,
        scope: &Rc<Scope>,
    ) -> FunctionId {
        let mut functions = self.functions.borrow_mut();
        functions.push(Rc::new(Function { name, parameters, body, scope: Rc::clone(scope), code: OnceCell::new() }));
        FunctionId(functions.len() as u32 - 1)
    }

    fn add_module(&self, name: &'p Ident, parameters: &'p [Parameter], body: &'p Stmt, scope: &Rc<Scope>) -> ModuleId {
        let mut modules = self.modules.borrow_mut();
        modules.push(Rc::new(Module { name, parameters, body, scope: Rc::clone(scope), code: OnceCell::new() }));
        ModuleId(modules.len() as u32 - 1)
    }

    /// The source text that a function literal stands in, for printing it.
    fn literal_text(&self, span: Span) -> crate::code::LiteralText {
        let source = self.sources.locate(span).map(|place| (std::sync::Arc::clone(place.source), place.bytes));
        crate::code::LiteralText { source, text: OnceCell::new() }
    }
}
