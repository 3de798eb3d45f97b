//! Programs as trees of calls, which can be made smaller.

use std::fmt;

/// A call of a module and its children.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Name and arguments.
    pub call: String,
    /// What stands in its block; none for a shape.
    pub children: Vec<Tree>,
}

impl Tree {
    /// A shape.
    pub fn leaf(call: String) -> Self {
        Self { call, children: Vec::new() }
    }

    /// A call with a block.
    pub fn of(call: impl Into<String>, children: Vec<Tree>) -> Self {
        Self { call: call.into(), children }
    }

    /// All trees that are one step smaller: a call is replaced by one of its children, or a child is left out.
    fn smaller(&self) -> Vec<Tree> {
        let mut trees = self.children.clone();
        for idx in 0..self.children.len() {
            if self.children.len() > 1 {
                let mut fewer = self.clone();
                fewer.children.remove(idx);
                trees.push(fewer);
            }
            for child in self.children[idx].smaller() {
                let mut changed = self.clone();
                changed.children[idx] = child;
                trees.push(changed);
            }
        }
        trees
    }

    /// The smallest tree by steps of [`Tree::smaller`] that is still of interest, after at most so many `tries`.
    pub fn shrunk(&self, mut tries: usize, interests: impl Fn(&Tree) -> bool) -> Tree {
        let mut best = self.clone();
        'smaller: loop {
            for tree in best.smaller() {
                if tries == 0 {
                    break 'smaller;
                }
                tries -= 1;
                if interests(&tree) {
                    best = tree;
                    continue 'smaller;
                }
            }
            break;
        }
        best
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "    ".repeat(depth);
        write!(f, "{indent}{}", self.call)?;
        match self.children.as_slice() {
            [] => writeln!(f, ";"),
            [only] => {
                writeln!(f)?;
                only.write(f, depth + 1)
            }
            children => {
                writeln!(f, " {{")?;
                for child in children {
                    child.write(f, depth + 1)?;
                }
                writeln!(f, "{indent}}}")
            }
        }
    }
}

/// As a program.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(call: &str) -> Tree {
        Tree::leaf(call.to_owned())
    }

    #[test]
    fn prints_a_program() {
        let tree = Tree::of("union()", vec![Tree::of("scale(2)", vec![leaf("cube(1)")]), leaf("sphere(2)")]);
        assert_eq!(tree.to_string(), "union() {\n    scale(2)\n        cube(1);\n    sphere(2);\n}\n");
    }

    #[test]
    fn shrinks_to_what_matters() {
        let inner = Tree::of("scale(2)", vec![Tree::of("union()", vec![leaf("a()"), leaf("b()")])]);
        let tree = Tree::of("difference()", vec![leaf("c()"), inner]);
        assert_eq!(tree.shrunk(100, |tree| tree.to_string().contains("b()")), leaf("b()"));
        let both = tree.shrunk(100, |tree| tree.to_string().contains("b()") && tree.to_string().contains("c()"));
        assert_eq!(both, Tree::of("difference()", vec![leaf("c()"), leaf("b()")]));
        assert_eq!(tree.shrunk(0, |_| true), tree);
    }
}
