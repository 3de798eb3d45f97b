//! The program as it runs: names resolved to slots, calls to what they call.
//!
//! Variables live in two places. A *window* is a stretch of the evaluator's stack: parameters and `let` variables of
//! functions that make no closures. A *frame* is on the heap and outlives its scope: files, modules, blocks, and all
//! scopes of an expression that contains a function literal.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use ecow::EcoString;
use scad_parser::ast::{BinaryOp, Modifiers, UnaryOp};
use scad_parser::{Source, Span};

use crate::functions::Function;
use crate::modules::Module;
use crate::problem::Problem;
use crate::specials::SpecialId;
use crate::value::Value;

/// A function by its number in the resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionId(pub(crate) u32);

/// A module by its number in the resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModuleId(pub(crate) u32);

/// A file by its number in the resolver; the main one is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(pub(crate) u32);

/// A slot of the frame `up` levels out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) up: u32,
    pub(crate) slot: u32,
}

/// Where a binding stores its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bind {
    /// A slot of the window.
    Window(u32),
    /// A slot of the innermost frame.
    Frame(u32),
    /// A special variable, until the scope ends.
    Special(SpecialId),
    /// An assignment that is not one: a second to the same name, or one without a name.
    Repeated(EcoString),
    Unnamed,
    /// A named argument of a module that no parameter takes: seen where the body knows no such variable.
    Extra(EcoString),
    /// An argument that no parameter takes.
    Nowhere,
}

/// An expression.
pub(crate) enum Node {
    Const(Value),
    /// A slot of the window, always set.
    Local(u32),
    /// A slot of a frame that is the only one of that name.
    Frame(Place, Rc<Variable>),
    /// A variable that may be in several places, or nowhere.
    Variable(Rc<Variable>),
    Special(SpecialId, Rc<Variable>),
    /// `$children` of the module whose frame is that many levels up.
    ChildCount(u32),
    /// `$parent_modules`
    ParentModules(Rc<Variable>),
    List(Box<[Node]>),
    Comprehension(Box<[Element]>),
    Range(Box<RangeCode>),
    Unary(UnaryOp, Box<Node>, Span),
    Binary(BinaryOp, Box<(Node, Node)>, Span),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
    Conditional(Box<(Node, Node, Node)>),
    Index(Box<(Node, Node)>),
    Member(Box<Node>, EcoString),
    /// A call of a named function of the program.
    Call(Box<Call>),
    /// A call of a built-in function.
    Builtin(Box<BuiltinCall>),
    /// A call through a name that may be a variable.
    CallName(Box<CallName>),
    /// A call of the value of an expression.
    CallValue(Box<CallValue>),
    /// `is_undef(name)`, which does not warn of an unknown variable.
    IsUndef(Box<Node>),
    Lambda(Rc<FunctionCode>),
    Let(Box<LetCode>),
    Assert(Box<AssertCode>),
    Echo(Box<EchoCode>),
}

/// A variable by name: what to try, in order.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: EcoString,
    pub(crate) span: Span,
    pub(crate) places: Box<[Place]>,
    /// The value when it is set nowhere: `PI`.
    pub(crate) builtin: Option<f64>,
    pub(crate) help: Option<String>,
}

pub(crate) struct RangeCode {
    pub(crate) begin: Node,
    pub(crate) step: Option<Node>,
    pub(crate) end: Node,
    pub(crate) span: Span,
}

/// What a list may hold.
pub(crate) enum Element {
    Value(Node),
    Each(Box<Element>, Span),
    If(Box<(Node, Element, Option<Element>)>),
    For(Box<ForCode>),
    ForC(Box<ForCCode>),
    Let(Box<(LetBindings, Element)>),
}

/// One variable of a `for`; several nest.
pub(crate) struct ForCode {
    pub(crate) bind: Bind,
    pub(crate) over: Node,
    /// Slots of the frame that each round makes, if it makes one.
    pub(crate) frame: Option<u32>,
    pub(crate) body: Element,
    pub(crate) span: Span,
}

pub(crate) struct ForCCode {
    pub(crate) init: LetBindings,
    pub(crate) condition: Node,
    pub(crate) next: Box<[Assign]>,
    pub(crate) body: Element,
    pub(crate) span: Span,
}

/// `name = value` in `let`, `for`.
pub(crate) struct Assign {
    pub(crate) bind: Bind,
    pub(crate) value: Node,
    pub(crate) span: Span,
}

pub(crate) struct LetBindings {
    pub(crate) assigns: Box<[Assign]>,
    /// Slots of the frame that it makes, if it makes one.
    pub(crate) frame: Option<u32>,
    /// Whether a special variable is among them.
    pub(crate) special: bool,
}

pub(crate) struct LetCode {
    pub(crate) bindings: LetBindings,
    pub(crate) body: Node,
}

/// An argument whose place among the parameters is not settled.
pub(crate) struct ArgumentCode {
    pub(crate) name: Option<EcoString>,
    /// The special variable of that name.
    pub(crate) special: Option<SpecialId>,
    pub(crate) value: Node,
    pub(crate) span: Span,
}

pub(crate) struct AssertCode {
    pub(crate) arguments: Box<[ArgumentCode]>,
    pub(crate) body: Option<Node>,
    pub(crate) span: Span,
}

pub(crate) struct EchoCode {
    pub(crate) arguments: Box<[ArgumentCode]>,
    pub(crate) body: Option<Node>,
}

/// How the arguments of a call go to the parameters of what it calls, settled before running.
pub(crate) struct Plan {
    /// For each argument, in source order; `Window` and `Frame` count parameters.
    pub(crate) arguments: Box<[(Bind, Node)]>,
    /// Parameters without an argument.
    pub(crate) missing: Box<[u32]>,
    pub(crate) problems: Box<[Problem]>,
}

pub(crate) struct Call {
    pub(crate) function: FunctionId,
    /// Levels from the current frame to the one the function was defined in; or the file it comes from.
    pub(crate) home: Home,
    pub(crate) plan: Plan,
    pub(crate) span: Span,
}

/// Where a function or module was defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// That many frames up.
    Up(u32),
    /// At the top level of a used file.
    Used(FileId),
}

pub(crate) struct BuiltinCall {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Box<[Node]>,
    pub(crate) names: Box<[Option<EcoString>]>,
    pub(crate) span: Span,
}

/// A call by a name that is a variable in some scope inside the one that defines a function of that name, if any.
pub(crate) struct CallName {
    pub(crate) name: EcoString,
    pub(crate) candidates: Box<[Candidate]>,
    pub(crate) arguments: Box<[ArgumentCode]>,
    /// The named function that is called when no candidate is a function.
    pub(crate) otherwise: Option<Node>,
    pub(crate) span: Span,
    pub(crate) help: Option<String>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Candidate {
    Window(u32),
    Frame(Place),
    Special(SpecialId),
}

pub(crate) struct CallValue {
    pub(crate) callee: Node,
    pub(crate) arguments: Box<[ArgumentCode]>,
    pub(crate) span: Span,
}

pub(crate) struct Parameter {
    pub(crate) name: EcoString,
    pub(crate) special: Option<SpecialId>,
    pub(crate) default: Option<Expression>,
}

/// A function, named or literal.
pub(crate) struct FunctionCode {
    /// Empty for a literal.
    pub(crate) name: EcoString,
    pub(crate) parameters: Box<[Parameter]>,
    /// Slots of its window; the first are the parameters, unless they are in a frame.
    pub(crate) window: u32,
    /// Slots of its frame, if it has one; the first are the parameters.
    pub(crate) frame: Option<u32>,
    pub(crate) body: Node,
    /// What a call of it adds to the depth.
    pub(crate) cost: u32,
    pub(crate) text: LiteralText,
}

/// The text of a function literal as `echo` prints it, made when it is asked for.
pub(crate) struct LiteralText {
    pub(crate) source: Option<(Arc<Source>, std::ops::Range<usize>)>,
    pub(crate) text: OnceCell<String>,
}

/// An expression evaluated from a module's text: with the window it needs.
pub(crate) struct Expression {
    pub(crate) node: Node,
    pub(crate) window: u32,
    /// How deep it nests.
    pub(crate) cost: u32,
}

/// A module of the program.
pub(crate) struct ModuleCode {
    pub(crate) name: EcoString,
    pub(crate) parameters: Box<[Parameter]>,
    pub(crate) body: ScopeCode,
    /// Of the body, where OpenSCAD places its recursion error.
    pub(crate) span: Span,
}

/// A scope of statements: its variables, evaluated first, and its instantiations.
pub(crate) struct ScopeCode {
    /// Slots of its frame; none if it has no variables of its own.
    pub(crate) frame: Option<u32>,
    pub(crate) assigns: Box<[ScopeAssign]>,
    pub(crate) instances: Box<[Instance]>,
}

pub(crate) struct ScopeAssign {
    pub(crate) bind: Bind,
    pub(crate) name: EcoString,
    pub(crate) value: Expression,
    pub(crate) literal: bool,
    pub(crate) span: Span,
    /// Where it was first assigned, if it was overwritten.
    pub(crate) first: Option<Span>,
}

/// A module instantiation.
pub(crate) struct Instance {
    pub(crate) kind: InstanceKind,
    pub(crate) modifiers: Modifiers,
    /// Without the modifiers.
    pub(crate) span: Span,
    /// Its name and arguments, where problems are shown.
    pub(crate) head: Span,
}

pub(crate) enum InstanceKind {
    User {
        module: ModuleId,
        home: Home,
        plan: ModulePlan,
        children: Rc<ScopeCode>,
    },
    Builtin {
        module: &'static Module,
        arguments: Box<[InstanceArgument]>,
        children: ScopeCode,
    },
    Unknown(Problem),
    If {
        condition: Expression,
        then: ScopeCode,
        otherwise: ScopeCode,
        has_else: bool,
    },
    For {
        binds: Box<[InstanceAssign]>,
        body: ScopeCode,
        intersection: bool,
    },
    Let {
        binds: Box<[InstanceAssign]>,
        frame: u32,
        body: ScopeCode,
        deprecated: bool,
    },
    Echo {
        arguments: Box<[InstanceArgument]>,
        body: ScopeCode,
    },
    Assert {
        arguments: Box<[InstanceArgument]>,
        body: ScopeCode,
    },
    /// `up` is the module whose children they are.
    Children {
        up: Option<u32>,
        arguments: Box<[InstanceArgument]>,
        has_children: bool,
    },
}

pub(crate) struct InstanceArgument {
    pub(crate) name: Option<EcoString>,
    pub(crate) special: Option<SpecialId>,
    pub(crate) value: Expression,
    pub(crate) span: Span,
}

/// A variable of a module's `for` or `let`, with the frame that it makes.
pub(crate) struct InstanceAssign {
    pub(crate) bind: Bind,
    pub(crate) value: Expression,
    pub(crate) span: Span,
}

/// As [`Plan`], for modules.
pub(crate) struct ModulePlan {
    pub(crate) arguments: Box<[(Bind, Expression)]>,
    pub(crate) missing: Box<[u32]>,
    pub(crate) problems: Box<[Problem]>,
}
