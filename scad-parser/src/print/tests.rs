use super::*;
use crate::ast::{Argument, BinaryOp, ExprKind, Ident, Modifiers, Stmt, StmtKind, UnaryOp};
use crate::source::Span;
use crate::{erase_spans, parse, parse_expression, same_tree};

/// Formats, and looks whether formatting again changes anything.
#[track_caller]
fn formats(text: &str, expected: &str) {
    let formatted = format(&Source::new("t.scad", text)).unwrap();
    assert_eq!(formatted, expected, "formatted {text:?}");
    assert_eq!(format(&Source::new("t.scad", expected)).unwrap(), expected, "formatted again");
}

#[track_caller]
fn unchanged(text: &str) {
    formats(text, text);
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn name(name: &str) -> Expr {
    expr(ExprKind::Name(name.into()))
}

fn ident(name: &str) -> Ident {
    Ident { name: name.into(), span: Span::default() }
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, span: Span::default() }
}

fn call(name: &str, children: Stmt) -> Stmt {
    let modifiers = Modifiers::default();
    stmt(StmtKind::Call { modifiers, name: ident(name), arguments: Vec::new(), children: Box::new(children) })
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary(op, Box::new(left), Box::new(right)))
}

fn program(statements: Vec<Stmt>) -> Program {
    Program { statements, ..parse(&Source::new("t.scad", "")).unwrap() }
}

#[test]
fn statements() {
    formats("a=1;b = 2 ;", "a = 1;\nb = 2;\n");
    formats("cube ( [ 1,2 , 3 ],center=true ) ;;", "cube([1, 2, 3], center = true);;\n");
    formats("use<a.scad>\ninclude   <b.scad>;", "use <a.scad>\ninclude <b.scad>;\n");
    formats("function f(x,y=2)=x+y;", "function f(x, y = 2) = x + y;\n");
    formats(
        "module m(){cube();sphere();}module n();module o()",
        "module m() {\n    cube();\n    sphere();\n}\nmodule n();\nmodule o();\n",
    );
    formats("module m()\n  translate(v)cube();", "module m() translate(v) cube();\n");
    formats("!%  cube(); * #sphere();", "!%cube();\n*#sphere();\n");
    formats("{}{;}", "{}\n{\n    ;\n}\n");
    formats("", "");
    formats("\n\n  \n", "");
}

#[test]
fn branches_and_children() {
    formats(
        "if(a){b();}else if(c){d();}else{e();}",
        "if (a) {\n    b();\n} else if (c) {\n    d();\n} else {\n    e();\n}\n",
    );
    formats("if(a)b();else c();", "if (a) b();\nelse c();\n");
    formats("for(i=[0:2])if(i)b();else c();", "for (i = [0:2])\n    if (i) b();\n    else c();\n");
    formats("translate(v)\n\nrotate(w)\n cube();", "translate(v) rotate(w) cube();\n");
    formats(
        "difference(){cube();translate(v){a=1;sphere(a);}}",
        "difference() {\n    cube();\n    translate(v) {\n        a = 1;\n        sphere(a);\n    }\n}\n",
    );
    let wide = "translate([first_long_name, second_long_name]) rotate([third_long_name, fourth_long_name]) cube(side);";
    formats(
        wide,
        "translate([first_long_name, second_long_name])\n    rotate([third_long_name, fourth_long_name])\n    cube(side);\n",
    );
}

#[test]
fn expressions() {
    formats("x=(a+b)*-c^2%d;", "x = (a + b) * -c ^ 2 % d;\n");
    formats("x=a?b:c?d:e;", "x = a ? b : c ? d : e;\n");
    formats("x=[a:b];y=[0:n-1];z=[0:.5:2];", "x = [a:b];\ny = [0 : n - 1];\nz = [0:.5:2];\n");
    formats(
        "x=[for(i=[0:3],j=i)if(i>j)each[i,j]else let(k=1)k];",
        "x = [for (i = [0:3], j = i) if (i > j) each [i, j] else let(k = 1) k];\n",
    );
    formats("x=[for(i=0;i<5;i=i+1)i];", "x = [for (i = 0; i < 5; i = i + 1) i];\n");
    formats("f=function(x,y=1)x+y;g=f(1)(2)[0].x;", "f = function(x, y = 1) x + y;\ng = f(1)(2)[0].x;\n");
    formats("x=let(a=1,b=2)assert(a>0)echo(b)a;", "x = let(a = 1, b = 2) assert(a > 0) echo(b) a;\n");
    formats("x=[1,2,];f(1,a=2,);", "x = [1, 2];\nf(1, a = 2);\n");
    formats("x=1 .x;y=a. 2d;z=1.5.x;", "x = 1 .x;\ny = a. 2d;\nz = 1.5 .x;\n");
    formats("x = use/**/<3;", "x = use /**/ < 3;\n");
}

#[test]
fn spelling_of_literals_is_kept() {
    unchanged("a = 0xFF + 1e3 + 1.50 + .5 + 007;\n");
    unchanged("a = \"\\u2603\\q\\t\";\n");
    formats("a = \"one\n  two\\n\";", "a = \"one  two\\n\";\n");
    unchanged("2d = 1;\n");
}

#[test]
fn long_lines_wrap() {
    let names = "alpha, bravo, charlie, delta, echo_, foxtrot, golf, hotel, india, juliett, kilo, lima, mike, november";
    formats(&format!("f({names});"), &format!("f(\n    {}\n);\n", names.replace(", ", ",\n    ")));
    let list = (1000..1030).map(|number| number.to_string()).collect::<Vec<_>>();
    formats(
        &format!("a = [{}];", list.join(",")),
        &format!("a = [\n    {},\n    {}\n];\n", list[..16].join(", "), list[16..].join(", ")),
    );
    formats(
        "polygon(points = [[first_x, first_y], [second_x, second_y], [third_x, third_y], [fourth_x, fourth_y]]);",
        "polygon(points = [\n    [first_x, first_y],\n    [second_x, second_y],\n    [third_x, third_y],\n    [fourth_x, fourth_y]\n]);\n",
    );
    formats(
        "function f(x) = x < some_first_limit ? some_first_value : x < some_second_limit ? some_second_value : some_last_value;",
        "function f(x) =\n    x < some_first_limit ? some_first_value :\n    x < some_second_limit ? some_second_value :\n    some_last_value;\n",
    );
    formats(
        "total = first_summand_of_them * 2 + second_summand_of_them * 3 + third_summand_of_them + fourth_summand;",
        "total = first_summand_of_them * 2\n    + second_summand_of_them * 3\n    + third_summand_of_them\n    + fourth_summand;\n",
    );
}

#[test]
fn blank_lines() {
    formats("\n\na();\n\n\n\nb();\nc();\n\n// d\n\ne();\n\n\n", "a();\n\nb();\nc();\n\n// d\n\ne();\n");
    formats("m() {\n\n    a();\n\n    b();\n\n}\n", "m() {\n    a();\n\n    b();\n}\n");
}

#[test]
fn comments_of_statements() {
    unchanged("// Title\n\n/* [Sizes] */\n// width\nwidth = 10; // [1:100]\nheight = 20; /* mm */ // [1:5]\n");
    formats("  // a\ncube();// b\n//c", "// a\ncube(); // b\n//c\n");
    formats("/* a */ cube(); /* b */ sphere(); /* c */", "/* a */ cube();\n/* b */ sphere(); /* c */\n");
    formats("module m() // why\n{\n a();\n // last\n}", "module m() { // why\n    a();\n    // last\n}\n");
    formats("m(){/* a */}n(){ // b\n}", "m() { /* a */\n}\nn() { // b\n}\n");
    formats("m() {\n\n// a\n}", "m() {\n    // a\n}\n");
    formats("if (a) {\n} // then\nelse {\n}", "if (a) {} // then\nelse {}\n");
    formats(
        "if (a) b(); // then\n// before\nelse c(); // else\n",
        "if (a) b(); // then\n// before\nelse c(); // else\n",
    );
    formats("translate(v) // up\ncube();", "translate(v) // up\n    cube();\n");
    formats("a = 1 // b\n;", "a = 1; // b\n");
    formats("use <a> // b\n;", "use <a>; // b\n");
    formats("// only", "// only\n");
    formats("a(); // x  \r\n// y\r\n", "a(); // x\n// y\n");
}

#[test]
fn comments_of_expressions() {
    formats("f(/* a */1/* b */,/* c */x=2/* d */);", "f(/* a */ 1 /* b */, /* c */ x = 2 /* d */);\n");
    formats("f(/* none */);", "f(/* none */);\n");
    formats("a = [1, // one\n2 // two\n, 3, /* end */];", "a = [\n    1, // one\n    2, // two\n    3 /* end */\n];\n");
    formats("a = [ // head\n// own\n1,\n// last\n];", "a = [ // head\n    // own\n    1\n    // last\n];\n");
    formats("a = b // one\n+ c /* two */ * d;", "a = b // one\n    + c /* two */ * d;\n");
    formats("a = b ? c // one\n: d;", "a =\n    b ? c : // one\n    d;\n");
    formats("a /* b */ = /* c */ - /* d */ 1;", "a /* b */ = /* c */ - /* d */ 1;\n");
    formats("f(a = // b\n1);", "f(\n    a = // b\n    1\n);\n");
    formats("# /* a */ cube();", "# /* a */ cube();\n");
}

#[test]
fn block_comments_over_several_lines() {
    formats("m() {\n/* a\n* b\n      */\na();\n}", "m() {\n    /* a\n     * b\n     */\n    a();\n}\n");
    formats("m() {\n/* a  \n  b\n*/\na();\n}", "m() {\n    /* a\n  b\n*/\n    a();\n}\n");
}

#[test]
fn syntax_errors_are_given_back() {
    assert!(format(&Source::new("t.scad", "cube(")).is_err());
}

#[test]
fn trees_made_by_hand_get_parentheses() {
    use BinaryOp::{Add, Multiply, Power, Subtract};
    let (a, b, c) = (|| name("a"), || name("b"), || name("c"));
    let negated = |operand| expr(ExprKind::Unary(UnaryOp::Negate, Box::new(operand)));
    let conditional = || expr(ExprKind::Conditional(Box::new([a(), b(), c()])));
    let rows = [
        (binary(Multiply, binary(Add, a(), b()), c()), "(a + b) * c"),
        (binary(Subtract, a(), binary(Subtract, b(), c())), "a - (b - c)"),
        (binary(Power, binary(Power, a(), b()), c()), "(a ^ b) ^ c"),
        (binary(Power, a(), binary(Power, b(), c())), "a ^ b ^ c"),
        (binary(Power, negated(a()), negated(b())), "(-a) ^ -b"),
        (negated(binary(Power, a(), b())), "-a ^ b"),
        (negated(binary(Add, a(), b())), "-(a + b)"),
        (binary(Add, conditional(), a()), "(a ? b : c) + a"),
        (expr(ExprKind::Call(Box::new(conditional()), Vec::new())), "(a ? b : c)()"),
        (expr(ExprKind::Member(Box::new(expr(ExprKind::Number(2.0))), ident("x"))), "2 .x"),
        (binary(Power, expr(ExprKind::Number(-2.0)), a()), "(-2) ^ a"),
        (binary(BinaryOp::Less, name("use"), a()), "use/**/ < a"),
    ];
    for (tree, text) in rows {
        assert_eq!(print_expression(&tree), text);
        parse_expression(&Source::new("t.scad", text)).unwrap();
    }
}

#[test]
fn trees_made_by_hand_get_braces() {
    let empty = || stmt(StmtKind::Empty);
    let when = |then, otherwise: Option<Stmt>| {
        let modifiers = Modifiers { background: true, ..Modifiers::default() };
        stmt(StmtKind::If { modifiers, condition: name("a"), then: Box::new(then), otherwise: otherwise.map(Box::new) })
    };
    let inner = when(call("b", empty()), None);
    let printed = print(&program(vec![when(call("m", inner), Some(call("c", empty())))]));
    assert_eq!(printed, "%if (a) {\n    m() %if (a) b();\n} else c();\n");
    let assignment = stmt(StmtKind::Assign { name: ident("x"), value: name("y") });
    assert_eq!(print(&program(vec![call("m", assignment)])), "m() {\n    x = y;\n}\n");
}

#[test]
fn numbers_and_strings_read_back() {
    let numbers =
        [0.0, 1.0, 0.1, 1e21, 1e-7, 123_456_789.0, 1.5e300, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY];
    for value in numbers {
        let text = print_expression(&expr(ExprKind::Number(value)));
        let read = parse_expression(&Source::new("t.scad", text.as_str())).unwrap();
        assert_eq!(read.kind, ExprKind::Number(value), "{text}");
    }
    assert_eq!(print_expression(&expr(ExprKind::Number(f64::NAN))), "(0 / 0)");
    for value in ["", "a\"b\\c", "\n\t\r", "\u{1}\u{7f}é☃\u{10FF80}", "\\n"] {
        let text = print_expression(&expr(ExprKind::String(value.into())));
        let read = parse_expression(&Source::new("t.scad", text.as_str())).unwrap();
        assert_eq!(read.kind, ExprKind::String(value.into()), "{text}");
    }
}

#[test]
fn the_deepest_trees_fit_on_a_small_stack() {
    let depth = crate::MAX_NESTING - 20;
    let texts = [
        format!("a = {}1{};", "(".repeat(depth), ")".repeat(depth)),
        format!("a = {}1{};", "[".repeat(depth), "]".repeat(depth)),
        format!("a = {}1;", "-".repeat(depth)),
        format!("a = 1{};", " + 1".repeat(depth)),
        format!("a = 1{};", " ^ 1".repeat(depth)),
        format!("a = {}1;", "b ? c : ".repeat(depth)),
        format!("a = b{};", "(1)".repeat(depth)),
        format!("a = {}1;", "let(b = 1) ".repeat(depth)),
        format!("a = [{}1];", "if (b) ".repeat(depth)),
        format!("{}cube();", "m() ".repeat(depth)),
        format!("{}cube();", "if (a) ".repeat(depth)),
        format!("{}cube();", "if (a) b(); else ".repeat(depth / 2)),
        format!("{}{}", "{".repeat(depth), "}".repeat(depth)),
        format!("{}{}", "module m() {".repeat(depth / 2), "}".repeat(depth / 2)),
    ];
    let check = move || {
        for text in texts {
            let source = Source::new("t.scad", text.as_str());
            let tree = parse(&source).unwrap_or_else(|error| panic!("{error}: {text}"));
            let printed = parse(&Source::new("t.scad", print(&tree))).unwrap();
            assert!(same_tree(&tree, &printed), "{text}");
            let formatted = format(&source).unwrap();
            assert_eq!(format(&Source::new("t.scad", formatted.as_str())).unwrap(), formatted);
            crate::dump(&tree);
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(check).unwrap().join().unwrap();
}

#[test]
fn spans_can_be_erased() {
    let mut tree = parse(&Source::new("t.scad", "a = [1, f(b)];")).unwrap();
    erase_spans(&mut tree);
    assert_eq!(tree.statements[0].span, Span::default());
    let arguments = vec![Argument { name: None, value: name("b"), span: Span::default() }];
    let called = expr(ExprKind::Call(Box::new(name("f")), arguments));
    let list = expr(ExprKind::List(vec![expr(ExprKind::Number(1.0)), called]));
    assert_eq!(tree.statements[0].kind, StmtKind::Assign { name: ident("a"), value: list });
}
