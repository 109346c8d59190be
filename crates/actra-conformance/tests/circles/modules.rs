//! Which file of a crate takes which names from which other, read from the paths in its source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, UseTree};

/// A module by its names from the root of the crate: `[]` is the root itself.
type Module = Vec<String>;

/// One file: what it defines, what it calls by which name, and the paths that it says.
struct File {
    path: PathBuf,
    defined: BTreeSet<String>,
    /// Names that a `use` brings, and the path behind each.
    brought: BTreeMap<String, Vec<String>>,
    /// Modules of which everything is brought.
    globs: Vec<Vec<String>>,
    said: BTreeSet<Vec<String>>,
}

/// The files of one crate by their modules.
pub struct Crate {
    files: BTreeMap<Module, File>,
}

/// Which file takes what from which other.
pub type Arrows = BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>>;

impl Crate {
    /// Reads a crate from its root file on; modules for tests are left out.
    pub fn read(root: &Path) -> Self {
        let mut read = Self { files: BTreeMap::new() };
        read.add(Module::new(), root, root.parent().expect("a file lies in a directory"));
        read
    }

    /// Where the file of a module is.
    pub fn path(&self, module: &Module) -> &Path {
        &self.files.get(module).expect("it was read").path
    }

    /// `directory` is where the modules lie that the file declares.
    fn add(&mut self, module: Module, path: &Path, directory: &Path) {
        let text = std::fs::read_to_string(path).expect("sources can be read");
        let tree = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = Reader::default();
        reader.visit_file(&tree);
        let Reader { defined, brought, globs, said, children } = reader;
        let file = File { path: path.to_owned(), defined, brought, globs, said };
        self.files.insert(module.clone(), file);
        for (child, file) in children {
            let (path, inside) = match file {
                None => (directory.join(format!("{child}.rs")), directory.join(&child)),
                Some(file) => (directory.join(file), directory.to_owned()),
            };
            assert!(path.exists(), "{} declares {child}", self.path(&module).display());
            let inner = [module.as_slice(), std::slice::from_ref(&child)].concat();
            self.add(inner, &path, &inside);
        }
    }

    /// Every arrow from a file to another one but to those that it lies in: a child may use what its parent holds.
    pub fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (module, file) in &self.files {
            for path in file.said.iter().chain(file.brought.values()) {
                let Some((target, name)) = self.find(module, path, 0) else { continue };
                if !module.starts_with(&target) {
                    arrows.entry(module.clone()).or_default().entry(target).or_default().insert(name);
                }
            }
        }
        arrows
    }

    /// The file that defines what a path means in a module, and the name there; nothing for other crates and locals.
    fn find(&self, module: &Module, path: &[String], depth: usize) -> Option<(Module, String)> {
        let (first, rest) = path.split_first()?;
        // Names that bring each other end, too.
        if depth > 16 {
            return None;
        }
        match first.as_str() {
            "crate" => self.within(Module::new(), rest, depth),
            "self" => self.within(module.clone(), rest, depth),
            "super" => self.within(module.split_last()?.1.to_vec(), rest, depth),
            _ => self.within(module.clone(), path, depth),
        }
    }

    fn within(&self, module: Module, path: &[String], depth: usize) -> Option<(Module, String)> {
        let (first, rest) = path.split_first()?;
        if first == "super" {
            return self.within(module.split_last()?.1.to_vec(), rest, depth + 1);
        }
        let child = [module.as_slice(), std::slice::from_ref(first)].concat();
        if self.files.contains_key(&child) {
            return match rest {
                [] => Some((child, "*".to_owned())),
                _ => self.within(child, rest, depth),
            };
        }
        let file = self.files.get(&module)?;
        if file.defined.contains(first) {
            return Some((module, first.clone()));
        }
        if let Some(behind) = file.brought.get(first) {
            let whole = [behind.as_slice(), rest].concat();
            return self.find(&module, &whole, depth + 1);
        }
        file.globs.iter().find_map(|glob| {
            let whole = [glob.as_slice(), path].concat();
            self.find(&module, &whole, depth + 1)
        })
    }
}

/// Goes through one file.
#[derive(Default)]
struct Reader {
    defined: BTreeSet<String>,
    brought: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    said: BTreeSet<Vec<String>>,
    /// Modules in files of their own, and the name of a file that is not the module's.
    children: Vec<(String, Option<String>)>,
}

impl Reader {
    fn bring(&mut self, tree: &UseTree, before: &[String]) {
        match tree {
            UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.bring(&path.tree, &before);
            }
            UseTree::Name(name) if name.ident == "self" => {
                let name = before.last().expect("`self` stands behind a path").clone();
                self.brought.insert(name, before.to_vec());
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let path = [before, std::slice::from_ref(&name)].concat();
                self.brought.insert(name, path);
            }
            UseTree::Rename(rename) => {
                let path = [before, &[rename.ident.to_string()]].concat();
                self.brought.insert(rename.rename.to_string(), path);
            }
            UseTree::Glob(_) => self.globs.push(before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.bring(tree, before)),
        }
    }
}

/// Whether something is compiled for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The file of `#[path = "..."]`.
fn named_file(attributes: &[Attribute]) -> Option<String> {
    let value =
        attributes.iter().find(|attribute| attribute.path().is_ident("path"))?.meta.require_name_value();
    match &value.expect("a path has a value").value {
        Expr::Lit(ExprLit { lit: Lit::Str(file), .. }) => Some(file.value()),
        _ => panic!("the path of a module is text"),
    }
}

impl Visit<'_> for Reader {
    fn visit_item(&mut self, item: &Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Enum(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Fn(item) => (&item.attrs, Some(item.sig.ident.to_string())),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref().map(ToString::to_string)),
            Item::Static(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Struct(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Trait(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Type(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Union(item) => (&item.attrs, Some(item.ident.to_string())),
            Item::Impl(item) => (&item.attrs, None),
            Item::Use(item) => (&item.attrs, None),
            Item::Mod(item) => (&item.attrs, None),
            _ => return visit::visit_item(self, item),
        };
        if !is_for_tests(attributes) {
            self.defined.extend(name);
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &ItemMod) {
        match &item.content {
            // What an inner module says, it says of the file; it holds no other files here.
            Some(_) => visit::visit_item_mod(self, item),
            None => self.children.push((item.ident.to_string(), named_file(&item.attrs))),
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.bring(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // A name alone is either a local one or brought by a `use`, which is counted.
        if names.len() > 1 {
            self.said.insert(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &syn::Macro) {
        // Arguments of `format!`, `matches!` and the like are expressions nearly always.
        let parser = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        if let Ok(arguments) = mac.parse_body_with(parser) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
        visit::visit_macro(self, mac);
    }
}
