//! `--color auto|always|never`

use std::ffi::{OsStr, OsString};

use anstream::ColorChoice;

/// Chooses whether output is colored, help and errors about arguments included. Without the option, `NO_COLOR`,
/// `CLICOLOR_FORCE` and their like decide, or else whether it goes to a terminal.
///
/// Looks at the arguments before they are parsed, since errors of parsing are colored, too.
pub(crate) fn set_choice(arguments: &[OsString]) {
    let mut choice = ColorChoice::Auto;
    let mut arguments = arguments.iter().take_while(|argument| *argument != "--");
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str() {
            Some("--color") => arguments.next().and_then(|value| OsStr::to_str(value)),
            Some(argument) => argument.strip_prefix("--color="),
            None => None,
        };
        choice = match value {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            Some("auto") => ColorChoice::Auto,
            _ => choice,
        };
    }
    choice.write_global();
}
