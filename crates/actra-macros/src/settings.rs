//! The settings in the parentheses of the attribute, parsed and checked by themselves; whether they fit the function is
//! for others to say.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Result, Token, parenthesized};

/// The settings of one attribute, each given at most once.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) action: Option<LitStr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) rename: Vec<(Ident, LitStr)>,
    pub(crate) runtime: Option<Expr>,
    pub(crate) context: Option<Expr>,
    pub(crate) unbound: Vec<ExcludedPart>,
}

/// Something that no approval is bound to.
pub(crate) enum ExcludedPart {
    /// The receiver of the method.
    Receiver(Span),
    /// An argument or a type parameter.
    Argument(Ident),
    /// A fact of the snapshot, such as `"snapshot.now"`.
    Fact(LitStr),
}

const KNOWN: &str = "`action`, `skip`, `rename`, `unbound`, `runtime` and `context`";

impl Parse for Settings {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut settings = Settings::default();
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            if given.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` appears twice")));
            }
            settings.parse_setting(&name, input)?;
            given.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        settings.check()?;
        Ok(settings)
    }
}

impl Settings {
    fn parse_setting(&mut self, name: &Ident, input: ParseStream<'_>) -> Result<()> {
        match name.to_string().as_str() {
            "action" => self.action = Some(text(name, input)?),
            "runtime" => self.runtime = Some(expression(input)?),
            "context" => self.context = Some(expression(input)?),
            "skip" => {
                let names;
                parenthesized!(names in input);
                self.skip = Punctuated::<Ident, Token![,]>::parse_terminated(&names)?.into_iter().collect();
            }
            "unbound" => {
                let names;
                parenthesized!(names in input);
                self.unbound =
                    Punctuated::<ExcludedPart, Token![,]>::parse_terminated(&names)?.into_iter().collect();
            }
            "rename" => {
                let pairs;
                parenthesized!(pairs in input);
                let pairs = Punctuated::<Renamed, Token![,]>::parse_terminated(&pairs)?;
                self.rename = pairs.into_iter().map(|Renamed(name, field)| (name, field)).collect();
            }
            _ => {
                return Err(Error::new(
                    name.span(),
                    format!("`{name}` is not a setting; the settings are {KNOWN}"),
                ));
            }
        }
        Ok(())
    }

    /// Whether no approval is bound to the receiver.
    pub(crate) fn is_receiver_unbound(&self) -> bool {
        self.unbound.iter().any(|unbound| matches!(unbound, ExcludedPart::Receiver(_)))
    }

    /// Whether no approval is bound to this argument or type parameter.
    pub(crate) fn is_unbound(&self, argument: &Ident) -> bool {
        self.unbound.iter().any(|unbound| matches!(unbound, ExcludedPart::Argument(name) if name == argument))
    }

    fn check(&self) -> Result<()> {
        if let Some(action) = self.action.as_ref().filter(|action| action.value().is_empty()) {
            return Err(Error::new(action.span(), "the name of an action cannot be empty"));
        }
        match (&self.context, &self.runtime) {
            (Some(context), None) => Err(Error::new_spanned(
                context,
                "the runtime of the process has no context: say which `runtime` this context is for",
            )),
            _ => Ok(()),
        }
    }
}

impl Parse for ExcludedPart {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![self]) {
            return Ok(ExcludedPart::Receiver(input.parse::<Token![self]>()?.span));
        }
        if input.peek(LitStr) {
            return Ok(ExcludedPart::Fact(input.parse()?));
        }
        Ok(ExcludedPart::Argument(input.parse()?))
    }
}

/// `amount = "total"`
struct Renamed(Ident, LitStr);

impl Parse for Renamed {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        let field = text(&name, input)?;
        if field.value().is_empty() {
            return Err(Error::new(field.span(), "the name of a field cannot be empty"));
        }
        Ok(Self(name, field))
    }
}

fn text(name: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    let at: Span = input.span();
    input.parse().map_err(|_| Error::new(at, format!("`{name}` is a text: `{name} = \"...\"`")))
}

fn expression(input: ParseStream<'_>) -> Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse()
}
