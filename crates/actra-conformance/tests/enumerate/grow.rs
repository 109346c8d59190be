//! Expressions at random, of a type.

use actra_reference::generate::Rng;

use super::field::Ty;
use super::form::Form;
use super::tree::{BoundIn, Scope, Tree};

/// Names of variables, by how many are around: bodies of two macros beside each other look alike.
const VARIABLES: [&str; 8] = ["x", "y", "z", "w", "v5", "v6", "v7", "v8"];

pub struct Grower<'a> {
    pub forms: &'a [Form],
    pub rng: &'a mut Rng,
}

impl Grower<'_> {
    /// A value of a type that reads what is in scope; `fuel` bounds its depth.
    pub fn grow(&mut self, ty: &Ty, fuel: usize, scope: &Scope) -> Tree {
        let near: Vec<&(String, Ty)> = scope.iter().filter(|(_, known)| known == ty).collect();
        let most = if fuel == 0 { 0 } else { 4 };
        if !near.is_empty() && self.rng.below(5) >= most.min(3) {
            return Tree::leaf(ty.clone(), &near[self.rng.below(near.len())].0);
        }
        let form = self.choose(ty, fuel);
        self.complete(&form, fuel.saturating_sub(1), scope)
    }

    /// A form of the type: one without kids where fuel is out, as far as there are any.
    fn choose(&mut self, ty: &Ty, fuel: usize) -> Form {
        let leaf = fuel == 0 || self.rng.one_in(5);
        let own = || self.forms.iter().filter(|form| form.ty == *ty);
        let flattest = own().map(|form| form.depth).min().unwrap_or(usize::MAX);
        let mut fitting: Vec<&Form> = own().filter(|form| !leaf && form.depth > 1).collect();
        if fitting.is_empty() {
            fitting = own().filter(|form| form.depth == flattest).collect();
        }
        assert!(!fitting.is_empty(), "no form gives {ty:?}");
        let total: usize = fitting.iter().map(|form| form.weight).sum();
        let mut at = self.rng.below(total);
        for form in fitting {
            match at.checked_sub(form.weight) {
                Some(rest) => at = rest,
                None => return form.clone(),
            }
        }
        unreachable!("the weights add up")
    }

    pub fn complete(&mut self, form: &Form, fuel: usize, scope: &Scope) -> Tree {
        let free = VARIABLES.iter().filter(|name| !scope.iter().any(|(known, _)| known == *name));
        let names: Vec<&str> = free.copied().collect();
        let mut text = form.text.clone();
        let mut binds: Vec<(String, Ty)> = Vec::new();
        for ((mark, name), ty) in ["$x", "$y"].iter().zip(names).zip(&form.binds) {
            text = text.replace(mark, name);
            binds.push((name.to_owned(), ty.clone()));
        }
        binds.extend(form.opens.clone());
        let bound_in = if form.opens.is_some() { BoundIn::First } else { BoundIn::Others };
        let mut tree = Tree { ty: form.ty.clone(), text, kids: Vec::new(), binds, bound_in };
        for (number, kid) in form.kids.iter().enumerate() {
            let within = tree.scope_of(number, scope);
            let grown = self.grow(kid, fuel, &within);
            tree.kids.push(grown);
        }
        tree
    }
}
