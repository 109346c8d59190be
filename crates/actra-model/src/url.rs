use fluent_uri::Uri;
use fluent_uri::component::Scheme;
use fluent_uri::normalize::Normalizer;

/// An absolute URL with an ASCII host, no userinfo and no backslash, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    normalized: String,
}

impl Url {
    /// `None` if the text is not such a URL. RFC 3986 syntax, so ASCII only.
    ///
    /// Normal form (RFC 3986, 6.2.2 and 6.2.3): scheme and host in lower case, no default port, dot segments
    /// resolved, an empty path written `/`, unreserved characters not percent-encoded, other encodings in upper
    /// case.
    pub fn parse(text: &str) -> Option<Url> {
        let uri = Uri::parse(text).ok()?;
        let authority = uri.authority()?;
        let host = authority.host();
        let port_fits = authority.port_to_u16().is_ok();
        if authority.has_userinfo()
            || host.is_empty()
            || host.contains('%')
            || looks_numeric(host)
            || !port_fits
        {
            return None;
        }
        let uri = Normalizer::new().default_port_with(default_port).normalize(&uri).ok()?;
        let has_path = !uri.path().as_str().is_empty();
        let normalized = if has_path { uri.as_str().to_owned() } else { with_root(&uri) };
        Some(Url { normalized })
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.normalized
    }
}

/// The URL with `/` for its empty path.
fn with_root(uri: &Uri<String>) -> String {
    let text = uri.as_str();
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (before, after) = text.split_at_checked(end).unwrap_or((text, ""));
    format!("{before}/{after}")
}

fn default_port(scheme: &Scheme) -> Option<u16> {
    match scheme.as_str().to_ascii_lowercase().as_str() {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

/// Whether clients would read a host as a number although it is no dotted quad: `0x7f.1`, `2130706433`
/// (WHATWG URL, "ends in a number").
fn looks_numeric(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or("");
    let hexadecimal = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let numeric = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal = hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (numeric || hexadecimal) && host.parse::<std::net::Ipv4Addr>().is_err()
}
