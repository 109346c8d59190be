//! Which URLs are accepted, and their normal forms.

use proptest::prelude::*;

use super::*;

#[test]
fn normalizes() {
    for (text, normal) in [
        ("http://example.com", "http://example.com/"),
        ("HTTP://Example.COM:80/A", "http://example.com/A"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:0443?q", "https://example.com/?q"),
        ("https://example.com:", "https://example.com/"),
        ("https://example.com:08443/", "https://example.com:8443/"),
        ("ws://h:80/", "ws://h/"),
        ("wss://h:443/", "wss://h/"),
        ("ftp://h:21/", "ftp://h/"),
        ("ssh://h:22/", "ssh://h:22/"),
        ("http://h:443/", "http://h:443/"),
        ("http://h/a/./b/../c//d", "http://h/a/c//d"),
        ("http://h/../a", "http://h/a"),
        ("http://h/%2e%2E/a", "http://h/a"),
        ("http://h/%7euser/%3a%C3%A9", "http://h/~user/%3A%C3%A9"),
        ("http://h?a=%7e#%7e", "http://h/?a=~#~"),
        ("http://h#x?y", "http://h/#x?y"),
        ("http://h/?", "http://h/?"),
        ("http://10.0.0.1/", "http://10.0.0.1/"),
        ("http://[2001:DB8:0::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://example.com./", "http://example.com./"),
        ("http://1.example/", "http://1.example/"),
        ("http://0x7f.example/", "http://0x7f.example/"),
        ("http://dead.beef/", "http://dead.beef/"),
        ("http://a_b.example/", "http://a_b.example/"),
    ] {
        assert_eq!(Url::parse(text).as_ref().map(Url::as_str), Some(normal), "{text}");
    }
}

#[test]
fn refuses_everything_else() {
    for text in [
        "",
        "example.com",
        "//example.com/",
        "/path",
        "http:",
        "http:/a",
        "http://",
        "http:///a",
        "http://:80/",
        "file:///etc/passwd",
        "mailto:a@example.com",
        "http://user@h/",
        "http://user:pw@h/",
        "http://@h/",
        "http://h\\@evil.example/",
        "http:\\\\h/",
        "http://h/a b",
        " http://h/",
        "http://h/\n",
        "http://h/\0",
        "http://bücher.example/",
        "http://h/é",
        "http://h/%",
        "http://h/%zz",
        "http://ex%61mple.com/",
        "http://h:65536/",
        "http://h:-1/",
        "http://h:a/",
        "http://h:99999999999/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[v1.x]/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://127.0.0.01/",
        "http://127.0.0.1./",
        "http://256.0.0.1/",
        "http://1.2.3.4.5/",
        "http://a.0x/",
        "http://a.1/",
        "1http://h/",
        "http://h/[",
        "http://h/|",
    ] {
        assert_eq!(Url::parse(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// What both take, both normalize alike, as far as only letters, digits and dots are concerned.
    #[test]
    fn agrees_with_another_parser(
        scheme in "[hH]ttps?|ftp|wss?",
        host in "[a-zA-Z0-9]{1,8}(\\.[a-zA-Z0-9]{1,4}){0,3}",
        port in "(:[0-9]{0,5})?",
        path in "(/([a-z0-9~]|\\.){0,4}){0,4}",
        query in "(\\?[a-z=&]{0,5})?",
    ) {
        let text = format!("{scheme}://{host}{port}{path}{query}");
        let other = ::url::Url::parse(&text).ok();
        let ours = Url::parse(&text);
        // The other parser turns `127.1` into an address and decodes names; we refuse such hosts.
        let Some(ours) = ours else {
            let numeric = looks_numeric(&host);
            prop_assert!(other.is_none() || numeric, "{text} is refused");
            return Ok(());
        };
        let unread = other.is_none() && host.to_ascii_lowercase().contains("xn");
        prop_assert!(unread || other.as_ref().map(::url::Url::as_str) == Some(ours.as_str()), "{ours:?} {other:?}");
    }

    #[test]
    fn normal_forms_are_their_own(text in "[a-z]{1,5}://[a-z.\\[\\]:0-9]{1,10}[/a-zA-Z%0-9.?#@~]{0,20}") {
        if let Some(url) = Url::parse(&text) {
            prop_assert_eq!(Url::parse(url.as_str()), Some(url));
        }
    }
}
