//! Frames: one message a line, told apart as the strictest reader does.

/// The longest frame of a client. A request to a policy is smaller; what is not decided may be an image.
pub const FRAME_BYTES: usize = 16 << 20;

/// Why bytes are not one frame for every reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the message is longer than {FRAME_BYTES} bytes")]
    TooLong,
    #[error(
        "a carriage return stands inside of the message, where some servers begin a new one: leave it out"
    )]
    CarriageReturn,
    #[error("the message is not UTF-8")]
    NotUtf8,
}

/// The text of a frame without the carriage return of its end; empty for a blank line.
///
/// Some readers begin a new line at U+0085, U+2028 and U+2029, which JSON allows in texts: they become escapes, which
/// mean the same, so that such a reader finds one line.
pub(crate) fn read(mut frame: Vec<u8>) -> Result<String, FrameError> {
    if frame.len() > FRAME_BYTES {
        return Err(FrameError::TooLong);
    }
    if frame.last() == Some(&b'\r') {
        frame.pop();
    }
    let text = String::from_utf8(frame).map_err(|_| FrameError::NotUtf8)?;
    if text.contains('\r') {
        return Err(FrameError::CarriageReturn);
    }
    let is_line_end = |c| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
    if !text.contains(is_line_end) {
        return Ok(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_line_end(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_one_line_for_every_reader() {
        assert_eq!(read(b"{}\r".to_vec()).as_deref(), Ok("{}"));
        assert_eq!(read(b"{\r}".to_vec()), Err(FrameError::CarriageReturn));
        assert_eq!(read(b"{}\r\r".to_vec()), Err(FrameError::CarriageReturn));
        assert_eq!(read(vec![0xff]), Err(FrameError::NotUtf8));
        assert_eq!(read("\"a\u{2028}b\u{85}\"".into()).as_deref(), Ok("\"a\\u2028b\\u0085\""));
    }
}
