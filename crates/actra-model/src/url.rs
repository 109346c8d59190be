//! URLs in normal form, restricted to those that every client reads alike.

use fluent_uri::Uri;

/// An absolute URL with an ASCII host, no userinfo and no backslash, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    normalized: String,
}

impl Url {
    /// `None` if the text is not such a URL. RFC 3986 syntax, so ASCII only.
    ///
    /// Normal form (RFC 3986, 6.2.2 and 6.2.3): scheme and host in lower case, no default port, other ports without
    /// leading zeros, dot segments resolved, an empty path written `/`, unreserved characters not percent-encoded,
    /// other encodings in upper case.
    pub fn parse(text: &str) -> Option<Url> {
        let uri = Uri::parse(text).ok()?;
        let authority = uri.authority()?;
        let host = authority.host();
        if authority.has_userinfo() || !is_plain_host(host) {
            return None;
        }
        let port = authority.port_to_u16().ok()?;
        let uri = uri.normalize();
        let scheme = uri.scheme().as_str();
        let mut normalized = format!("{scheme}://{}", uri.authority()?.host());
        if let Some(port) = port.filter(|port| Some(*port) != default_port(scheme)) {
            normalized.push_str(&format!(":{port}"));
        }
        let path = uri.path().as_str();
        normalized.push_str(if path.is_empty() { "/" } else { path });
        if let Some(query) = uri.query() {
            normalized.push('?');
            normalized.push_str(query.as_str());
        }
        if let Some(fragment) = uri.fragment() {
            normalized.push('#');
            normalized.push_str(fragment.as_str());
        }
        Some(Url { normalized })
    }

    /// The URL in normal form.
    pub fn as_str(&self) -> &str {
        &self.normalized
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

/// A name or an address as every client reads it.
fn is_plain_host(host: &str) -> bool {
    // `[v1.x]` is an address of a version to come, which nobody can compare.
    !host.is_empty()
        && !host.contains('%')
        && !host.starts_with("[v")
        && !host.starts_with("[V")
        && !looks_numeric(host)
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

#[cfg(test)]
mod tests;
