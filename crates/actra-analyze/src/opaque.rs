//! The parts of conditions that the encoding does not look into, as people read them.

use std::collections::BTreeSet;

use actra_ir::Expr;

use crate::atom::Atom;
use crate::budget::Budget;
use crate::encode::{DIGITS_OBSTACLE, ELEMENTS_OBSTACLE, Encoder, PIECES_OBSTACLE};
use crate::goal::{Goal, Polarity};
use crate::request_space::{RequestSpace, Side};
use crate::small_model::ModelSize;

/// The opaque parts of a condition, ascending.
pub(crate) fn opaque_parts(space: RequestSpace<'_>, condition: &Expr) -> BTreeSet<String> {
    let budget = Budget::default();
    let goal = Goal::own(condition, Polarity::True);
    let size = ModelSize::of(&[vec![goal]], space, None, &budget);
    let mut encoder = Encoder::new(space, size, &Budget::default());
    encoder.condition(condition, Side::Own);
    let mut names = opaque_names(&encoder);
    // These are limits that values may reach, and no parts of the condition.
    names.retain(|name| {
        name != DIGITS_OBSTACLE && name != PIECES_OBSTACLE && !name.starts_with(ELEMENTS_OBSTACLE)
    });
    names
}

/// All that an encoding leaves open, ascending.
pub(crate) fn opaque_names(encoder: &Encoder<'_>) -> BTreeSet<String> {
    let atoms = encoder.symbolic_request.atoms.iter().filter_map(|(_, atom)| match atom {
        Atom::Opaque(name, ..) => Some(name.to_string()),
        _ => None,
    });
    atoms.chain(encoder.joint.undecided.iter().cloned()).collect()
}
