//! Hash tables from literals of the policy to where rules are filed.

use actra_model::Decimal;
use hashbrown::HashTable;

use super::NodeRef;
use crate::plan::bytecode::{Bytecode, TextRef};
use crate::plan::hash::{hash_bytes, hash_number};

/// Nodes of the index by the text of a field.
#[derive(Debug, Default)]
pub(crate) struct TextTable {
    entries: HashTable<(TextRef, NodeRef)>,
}

impl TextTable {
    pub(crate) fn new(entries: &[(TextRef, NodeRef)], code: &Bytecode) -> Self {
        let mut table = HashTable::with_capacity(entries.len());
        let hash = |(text, _): &(TextRef, NodeRef)| hash_bytes(code.text(*text).as_bytes());
        for entry in entries {
            table.insert_unique(hash(entry), *entry, hash);
        }
        Self { entries: table }
    }

    pub(crate) fn get(&self, text: &str, code: &Bytecode) -> Option<NodeRef> {
        self.get_bytes(text.as_bytes(), code)
    }

    pub(crate) fn get_bytes(&self, text: &[u8], code: &Bytecode) -> Option<NodeRef> {
        let same = |(known, _): &(TextRef, NodeRef)| code.text(*known).as_bytes() == text;
        self.entries.find(hash_bytes(text), same).map(|(_, node)| *node)
    }
}

/// Nodes of the index by the number in a field.
#[derive(Debug, Default)]
pub(crate) struct NumberTable {
    entries: HashTable<(Decimal, NodeRef)>,
}

impl NumberTable {
    pub(crate) fn new(entries: &[(Decimal, NodeRef)]) -> Self {
        let mut table = HashTable::with_capacity(entries.len());
        let hash = |(number, _): &(Decimal, NodeRef)| hash_number(number);
        for entry in entries {
            table.insert_unique(hash(entry), *entry, hash);
        }
        Self { entries: table }
    }

    pub(crate) fn get(&self, number: &Decimal) -> Option<NodeRef> {
        self.entries.find(hash_number(number), |(known, _)| known == number).map(|(_, node)| *node)
    }
}
