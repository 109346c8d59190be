//! `--color auto|always|never`

use std::ffi::{OsStr, OsString};

use anstream::ColorChoice;

/// Settles the colors of everything that is written, help and errors about arguments included; without the option,
/// `NO_COLOR`, `CLICOLOR_FORCE` and their like decide, else whether it goes to a terminal.
///
/// Looks at the arguments as they are, since errors about them are colored, too.
pub(crate) fn settle(arguments: &[OsString]) {
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
