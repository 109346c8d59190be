//! Expressions as trees of text, so that they can be changed and made smaller without a parser.

use super::field::Ty;

/// A part of an expression. `#0`, `#1`, ... in its text stand for its kids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub ty: Ty,
    pub text: String,
    pub kids: Vec<Tree>,
    /// Names that some kids may read besides those around: variables of a macro, or a field that is guarded.
    pub binds: Vec<(String, Ty)>,
    pub bound_in: BoundIn,
}

/// Which kids may read what a tree binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundIn {
    /// The first: it stands behind a guard.
    First,
    /// All others: the first is what a macro goes through.
    Others,
}

/// Names that can be read at a place, with their types.
pub type Scope = Vec<(String, Ty)>;

impl Tree {
    pub fn new(ty: Ty, text: &str, kids: Vec<Tree>) -> Tree {
        Tree { ty, text: text.to_owned(), kids, binds: Vec::new(), bound_in: BoundIn::Others }
    }

    pub fn leaf(ty: Ty, text: &str) -> Tree {
        Tree::new(ty, text, Vec::new())
    }

    /// A macro over its first kid, with one variable.
    pub fn over(ty: Ty, text: &str, kids: Vec<Tree>, variable: (&str, Ty)) -> Tree {
        Tree { binds: vec![(variable.0.to_owned(), variable.1)], ..Tree::new(ty, text, kids) }
    }

    pub fn and(kids: Vec<Tree>) -> Tree {
        let mut kids = kids.into_iter();
        let first = kids.next().expect("a conjunction has members");
        kids.fold(first, |all, kid| Tree::new(Ty::Bool, "(#0 && #1)", vec![all, kid]))
    }

    pub fn not(self) -> Tree {
        Tree::new(Ty::Bool, "!(#0)", vec![self])
    }

    pub fn show(&self) -> String {
        let mut shown = String::new();
        let mut rest = self.text.as_str();
        while let Some(at) = rest.find('#') {
            shown.push_str(&rest[..at]);
            let number = usize::from(rest.as_bytes()[at + 1] - b'0');
            shown.push_str(&self.kids[number].show());
            rest = &rest[at + 2..];
        }
        shown + rest
    }

    /// What a kid may read, besides what is around this tree.
    pub fn scope_of(&self, kid: usize, around: &Scope) -> Scope {
        let bound = match self.bound_in {
            BoundIn::First => kid == 0,
            BoundIn::Others => kid > 0,
        };
        let more = if bound { self.binds.as_slice() } else { &[] };
        around.iter().chain(more).cloned().collect()
    }

    /// Every part, this one first.
    pub fn parts(&self) -> Vec<&Tree> {
        let mut all = vec![self];
        for kid in &self.kids {
            all.extend(kid.parts());
        }
        all
    }

    /// The part at a place in [`Tree::parts`] becomes what `change` makes of it.
    pub fn change_at(
        &self,
        place: &mut usize,
        around: &Scope,
        change: &mut dyn FnMut(&Tree, &Scope) -> Tree,
    ) -> Tree {
        if *place == 0 {
            *place = usize::MAX;
            return change(self, around);
        }
        *place -= 1;
        let mut copy = self.clone();
        for (number, kid) in copy.kids.iter_mut().enumerate() {
            if *place == usize::MAX {
                break;
            }
            *kid = kid.change_at(place, &self.scope_of(number, around), change);
        }
        copy
    }

    /// The tree with each part that equals `from` replaced.
    pub fn replace(&self, from: &Tree, to: &Tree) -> Tree {
        if self == from {
            return to.clone();
        }
        Tree { kids: self.kids.iter().map(|kid| kid.replace(from, to)).collect(), ..self.clone() }
    }

    /// Whether it reads a name that is bound by something around it.
    pub fn reads(&self, name: &str) -> bool {
        self.parts().iter().any(|part| part.kids.is_empty() && part.text == name)
    }
}
