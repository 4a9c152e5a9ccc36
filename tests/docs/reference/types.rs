//! Rust types as the files that owners write: names, doc comments, defaults.

use std::collections::BTreeMap;

use syn::{Attribute, Expr, Fields, GenericArgument, Item, Lit, Meta, PathArguments, Type};

use crate::book;

/// Where the types of definitions stand; the first of a name counts.
const SOURCES: [&str; 10] = [
    "definition/controller.rs",
    "definition/purpose.rs",
    "definition/form.rs",
    "definition/banner.rs",
    "definition/destination.rs",
    "definition/duration.rs",
    "definition/localized.rs",
    "placement.rs",
    "decision.rs",
    "submission.rs",
];

/// Every type by name.
pub struct Types(BTreeMap<String, Shape>);

/// A struct's keys, or an enum's words.
pub enum Shape {
    Keys { doc: String, keys: Vec<Key> },
    Words { doc: String, words: Vec<Word> },
}

pub struct Key {
    pub name: String,
    pub doc: String,
    pub kind: Kind,
    /// May be left out; what holds then.
    pub default: Option<String>,
    /// Its keys stand beside this struct's own.
    pub flat: bool,
}

pub struct Word {
    pub text: String,
    pub doc: String,
    pub default: bool,
    /// Of an enum whose words bring keys of their own.
    pub keys: Option<String>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Named(String),
    List(Box<Kind>),
    Map(Box<Kind>),
}

impl Types {
    pub fn read() -> Self {
        let mut types = BTreeMap::new();
        for source in SOURCES {
            let text = std::fs::read_to_string(book::root().join("shared/src").join(source)).unwrap();
            let file = syn::parse_file(&text).unwrap();
            for item in &file.items {
                match item {
                    Item::Struct(item) => {
                        let serde = Serde::of(&item.attrs);
                        let Fields::Named(fields) = &item.fields else { continue };
                        let keys = fields.named.iter().map(|field| key(field, serde.default.is_some(), &file.items));
                        let shape = Shape::Keys { doc: doc(&item.attrs), keys: keys.collect() };
                        types.entry(item.ident.to_string()).or_insert(shape);
                    }
                    Item::Enum(item) => {
                        let serde = Serde::of(&item.attrs);
                        let words = item.variants.iter().map(|variant| Word {
                            text: serde.renamed(&variant.ident.to_string()),
                            doc: doc(&variant.attrs),
                            default: variant.attrs.iter().any(|attribute| attribute.path().is_ident("default")),
                            keys: match &variant.fields {
                                Fields::Unnamed(fields) => {
                                    fields.unnamed.first().and_then(|field| match kind(&field.ty).0 {
                                        Kind::Named(name) => Some(name),
                                        _ => None,
                                    })
                                }
                                _ => None,
                            },
                        });
                        let shape = Shape::Words { doc: doc(&item.attrs), words: words.collect() };
                        types.entry(item.ident.to_string()).or_insert(shape);
                    }
                    _ => {}
                }
            }
        }
        Self(types)
    }

    pub fn get(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }

    /// A struct's doc comment and keys, where the name is one with keys.
    pub fn keys(&self, name: &str) -> Option<(&str, &[Key])> {
        match self.get(name)? {
            Shape::Keys { doc, keys } => Some((doc, keys)),
            Shape::Words { .. } => None,
        }
    }

    pub fn words(&self, name: &str) -> Option<(&str, &[Word])> {
        match self.get(name)? {
            Shape::Words { doc, words } => Some((doc, words)),
            Shape::Keys { .. } => None,
        }
    }
}

fn key(field: &syn::Field, container_default: bool, items: &[Item]) -> Key {
    let serde = Serde::of(&field.attrs);
    let (kind, optional) = kind(&field.ty);
    let name = field.ident.as_ref().expect("a named field").to_string();
    let name = serde.rename.clone().unwrap_or_else(|| name.trim_start_matches("r#").to_owned());
    let default = match &serde.default {
        Some(function) if !function.is_empty() => Some(literal_of(function, items)),
        Some(_) => Some(String::new()),
        None if optional || container_default => Some(String::new()),
        None => None,
    };
    Key { name, doc: doc(&field.attrs), kind, default, flat: serde.flatten }
}

/// The text, or the flag, that a function of defaults gives.
fn literal_of(function: &str, items: &[Item]) -> String {
    let item = items.iter().find_map(|item| match item {
        Item::Fn(item) if item.sig.ident == function => Some(item),
        _ => None,
    });
    let last = item.and_then(|item| item.block.stmts.last());
    if let Some(syn::Stmt::Expr(Expr::Lit(flag), None)) = last
        && let Lit::Bool(flag) = &flag.lit
    {
        return format!("`{}`", flag.value);
    }
    let Some(syn::Stmt::Expr(Expr::MethodCall(call), None)) = last else { panic!("`{function}` is no plain text") };
    let Expr::Lit(text) = call.receiver.as_ref() else { panic!("`{function}` is no plain text") };
    let Lit::Str(text) = &text.lit else { panic!("`{function}` is no plain text") };
    format!("`\"{}\"`", text.value())
}

/// What a type is to a writer of TOML, and whether it may be absent.
fn kind(ty: &Type) -> (Kind, bool) {
    let Type::Path(path) = ty else { panic!("a type that no file can hold") };
    let last = path.path.segments.last().expect("a path has an end");
    let inner = |at: usize| match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match &arguments.args[at] {
            GenericArgument::Type(ty) => kind(ty).0,
            _ => panic!("an argument that is no type"),
        },
        _ => panic!("{} without arguments", last.ident),
    };
    match last.ident.to_string().as_str() {
        "Option" => (inner(0), true),
        "Box" => (inner(0), false),
        "Vec" => (Kind::List(Box::new(inner(0))), false),
        "BTreeMap" => (Kind::Map(Box::new(inner(1))), false),
        name => (Kind::Named(name.to_owned()), false),
    }
}

/// The doc comment as one paragraph, links to types taken for code.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(text) => match &text.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let text = lines.collect::<Vec<_>>().join(" ").trim().to_owned();
    // `[`crate::x`]` is a link for programmers.
    text.replace("[`", "`").replace("`]", "`")
}

/// What serde is told.
#[derive(Default)]
struct Serde {
    rename: Option<String>,
    rename_all: Option<String>,
    /// Empty: the type's own.
    default: Option<String>,
    flatten: bool,
}

impl Serde {
    fn of(attributes: &[Attribute]) -> Self {
        let mut serde = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            let read = attribute.parse_nested_meta(|meta| {
                let text = |meta: &syn::meta::ParseNestedMeta| -> syn::Result<String> {
                    if !meta.input.peek(syn::Token![=]) {
                        return Ok(String::new());
                    }
                    Ok(meta.value()?.parse::<syn::LitStr>()?.value())
                };
                let value = text(&meta)?;
                if meta.path.is_ident("rename") {
                    serde.rename = Some(value);
                } else if meta.path.is_ident("rename_all") {
                    serde.rename_all = Some(value);
                } else if meta.path.is_ident("default") {
                    serde.default = Some(value);
                } else if meta.path.is_ident("flatten") {
                    serde.flatten = true;
                }
                Ok(())
            });
            read.unwrap();
        }
        serde
    }

    fn renamed(&self, name: &str) -> String {
        let joined = |with: char| {
            let mut out = String::new();
            for c in name.chars() {
                if c.is_uppercase() && !out.is_empty() {
                    out.push(with);
                }
                out.extend(c.to_lowercase());
            }
            out
        };
        match self.rename_all.as_deref() {
            Some("kebab-case") => joined('-'),
            Some("snake_case") => joined('_'),
            Some("lowercase") => name.to_lowercase(),
            Some(other) => panic!("names in {other}"),
            None => name.to_owned(),
        }
    }
}
