//! The public items of a crate with everything that callers can use of them, as Rust without bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use quote::ToTokens as _;
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, TraitItem, UseTree, Visibility};

/// All crates of the workspace, by their names in paths.
pub struct Crates(BTreeMap<String, Vec<(PathBuf, syn::File)>>);

impl Crates {
    /// Reads the crates in a directory; files and modules for tests are left out.
    pub fn read(directory: &Path) -> Self {
        let mut read = BTreeMap::new();
        for entry in std::fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.join("src/lib.rs").exists() {
                let name = path.file_name().expect("it has a name").to_string_lossy().replace('-', "_");
                let mut files = Vec::new();
                collect(&path.join("src"), &mut files);
                files.sort_by(|(left, _), (right, _)| left.cmp(right));
                read.insert(name, files);
            }
        }
        Self(read)
    }

    /// What a crate offers, by name.
    pub fn surface(&self, name: &str) -> String {
        let (_, root) = self.file(name, "lib.rs").expect("a crate has a root");
        let mut shown = BTreeMap::new();
        self.module(name, root, "", &mut shown);
        shown.into_values().collect::<Vec<_>>().join("\n")
    }

    fn file(&self, krate: &str, ending: &str) -> Option<&(PathBuf, syn::File)> {
        self.0.get(krate)?.iter().find(|(path, _)| path.ends_with(Path::new("src").join(ending)))
    }

    fn module(&self, krate: &str, file: &syn::File, within: &str, shown: &mut BTreeMap<String, String>) {
        for item in &file.items {
            match item {
                Item::Use(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                    let mut leaves = Vec::new();
                    leaves_of(&item.tree, &[], &mut leaves);
                    let features = features(&item.attrs);
                    for (path, name) in leaves {
                        self.export(krate, &path, &format!("{within}{name}"), &features, shown);
                    }
                }
                Item::Mod(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                    let name = item.ident.to_string();
                    let (_, inner) = self.file(krate, &format!("{name}.rs")).expect("a module has a file");
                    shown.insert(
                        format!("{within}{name}"),
                        format!("{}mod {within}{name}\n", features(&item.attrs)),
                    );
                    self.module(krate, inner, &format!("{within}{name}::"), shown);
                }
                item => {
                    if let Some(name) = name_of(item).filter(|_| is_public_item(item)) {
                        let path = format!("{within}{name}");
                        shown.insert(path.clone(), self.item(krate, item, &name, &path, ""));
                    }
                }
            }
        }
    }

    fn export(
        &self,
        krate: &str,
        path: &[String],
        shown_as: &str,
        features: &str,
        shown: &mut BTreeMap<String, String>,
    ) {
        let (first, name) = (path.first().expect("a path"), path.last().expect("a path"));
        let home = if self.0.contains_key(first) { first.as_str() } else { krate };
        if path.len() == 1 && self.0.contains_key(first) {
            shown.insert(shown_as.to_owned(), format!("{features}all of {first} as {shown_as}\n"));
            return;
        }
        let others = self.0.keys().filter(|other| *other != home);
        let found = std::iter::once(home).chain(others.map(String::as_str)).find_map(|krate| {
            let items = self.0.get(krate)?.iter().flat_map(|(_, file)| &file.items);
            let item = items
                .into_iter()
                .find(|item| is_public_item(item) && name_of(item).as_ref() == Some(name))?;
            Some((krate, item))
        });
        match found {
            Some((krate, item)) => {
                shown.insert(shown_as.to_owned(), self.item(krate, item, name, shown_as, features));
            }
            None => {
                let Some((_, inner)) = self.file(home, &format!("{name}.rs")) else {
                    shown.insert(shown_as.to_owned(), format!("{features}{}\n", path.join("::")));
                    return;
                };
                shown.insert(shown_as.to_owned(), format!("{features}mod {shown_as}\n"));
                self.module(home, inner, &format!("{shown_as}::"), shown);
            }
        }
    }

    /// An item, its methods, and the traits that it has.
    fn item(&self, krate: &str, item: &Item, name: &str, path: &str, features: &str) -> String {
        let mut text = format!("// {path}\n{features}{}", printed(without_bodies(item)));
        let mut traits = BTreeSet::new();
        for imp in self.impls(krate, name) {
            match &imp.trait_ {
                Some((path, _)) => drop(traits.insert(path.to_token_stream().to_string().replace(' ', ""))),
                None => {
                    let methods = imp.items.iter().filter(|item| is_public_method(item)).cloned();
                    let methods: Vec<ImplItem> = methods.map(method_without_body).collect();
                    if !methods.is_empty() {
                        let shown = ItemImpl { items: methods, attrs: Vec::new(), ..imp.clone() };
                        text.push_str(&printed(Item::Impl(shown)));
                    }
                }
            }
        }
        if !traits.is_empty() {
            text.push_str(&format!("// traits: {}\n", traits.into_iter().collect::<Vec<_>>().join(", ")));
        }
        text
    }

    fn impls(&self, krate: &str, name: &str) -> impl Iterator<Item = &ItemImpl> {
        let files = self.0.get(krate).into_iter().flatten();
        let items = files.flat_map(|(_, file)| &file.items);
        items.filter_map(move |item| match item {
            Item::Impl(imp) if type_name(&imp.self_ty).as_deref() == Some(name) => Some(imp),
            _ => None,
        })
    }
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, syn::File)>) {
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("an entry can be read").path();
        let is_for_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_for_tests {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_for_tests {
            let text = std::fs::read_to_string(&path).expect("sources can be read");
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            files.push((path, file));
        }
    }
}

fn leaves_of(tree: &UseTree, before: &[String], leaves: &mut Vec<(Vec<String>, String)>) {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => leaves_of(&path.tree, &with(path.ident.to_string()), leaves),
        UseTree::Name(name) => leaves.push((with(name.ident.to_string()), name.ident.to_string())),
        UseTree::Rename(rename) => leaves.push((with(rename.ident.to_string()), rename.rename.to_string())),
        UseTree::Glob(_) => panic!("the surface names what it offers"),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves_of(tree, before, leaves)),
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string().contains("doc (hidden)"))
}

fn features(attributes: &[Attribute]) -> String {
    let shown = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    shown.map(|attribute| format!("{}\n", attribute.to_token_stream().to_string().replace(' ', ""))).collect()
}

/// Attributes that change what callers may write.
fn kept(attributes: &[Attribute]) -> Vec<Attribute> {
    let names = ["non_exhaustive", "must_use", "derive", "cfg"];
    let is_kept = |attribute: &&Attribute| names.iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(is_kept).cloned().collect()
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}

fn is_public_item(item: &Item) -> bool {
    let (visibility, attributes) = match item {
        Item::Const(item) => (&item.vis, &item.attrs),
        Item::Enum(item) => (&item.vis, &item.attrs),
        Item::Fn(item) => (&item.vis, &item.attrs),
        Item::Static(item) => (&item.vis, &item.attrs),
        Item::Struct(item) => (&item.vis, &item.attrs),
        Item::Trait(item) => (&item.vis, &item.attrs),
        Item::Type(item) => (&item.vis, &item.attrs),
        _ => return false,
    };
    is_public(visibility) && !is_hidden(attributes)
}

fn is_public_method(item: &ImplItem) -> bool {
    match item {
        ImplItem::Fn(method) => is_public(&method.vis) && !is_hidden(&method.attrs),
        ImplItem::Const(constant) => is_public(&constant.vis),
        _ => false,
    }
}

fn method_without_body(item: ImplItem) -> ImplItem {
    match item {
        ImplItem::Fn(mut method) => {
            method.block.stmts.clear();
            method.attrs = kept(&method.attrs);
            ImplItem::Fn(method)
        }
        ImplItem::Const(mut constant) => {
            constant.attrs.clear();
            ImplItem::Const(constant)
        }
        other => other,
    }
}

fn without_bodies(item: &Item) -> Item {
    let mut item = item.clone();
    match &mut item {
        Item::Fn(function) => {
            function.block.stmts.clear();
            function.attrs = kept(&function.attrs);
        }
        Item::Struct(structure) => {
            structure.attrs = kept(&structure.attrs);
            match &mut structure.fields {
                Fields::Named(fields) => {
                    let public = fields.named.iter().filter(|field| is_public(&field.vis)).cloned();
                    fields.named = public.map(bare).collect();
                }
                Fields::Unnamed(fields) => {
                    let public = fields.unnamed.iter().filter(|field| is_public(&field.vis)).cloned();
                    fields.unnamed = public.map(bare).collect();
                }
                Fields::Unit => {}
            }
        }
        Item::Enum(choices) => {
            choices.attrs = kept(&choices.attrs);
            for variant in &mut choices.variants {
                variant.attrs = kept(&variant.attrs);
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
        }
        Item::Trait(item) => {
            item.attrs = kept(&item.attrs);
            for method in &mut item.items {
                if let TraitItem::Fn(method) = method {
                    method.attrs = kept(&method.attrs);
                    method.default = None;
                }
            }
        }
        Item::Const(item) => item.attrs.clear(),
        Item::Static(item) => item.attrs.clear(),
        Item::Type(item) => item.attrs.clear(),
        _ => {}
    }
    item
}

fn bare(mut field: syn::Field) -> syn::Field {
    field.attrs.clear();
    field
}

fn type_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn printed(item: Item) -> String {
    let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item] };
    prettyplease::unparse(&file).replace(" {}\n", ";\n")
}
