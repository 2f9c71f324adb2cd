//! An event as one line. Its fields are written one by one, as they come: a line is made for every request.

use std::fmt::{self, Debug, Write as _};
use std::io::Write as _;

use serde::Serialize;
use tracing::Level;
use tracing::field::{Field, Visit};

use crate::domain::record::time::Timestamp;

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `time LEVEL message field=value`
    Plain,
    /// The same on a terminal.
    Coloured,
    /// One JSON object.
    Json,
}

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";

/// A line that is being written.
pub(super) struct Line {
    bytes: Vec<u8>,
    style: Style,
}

// Writing to memory never fails. A value that cannot be shown is cut off.
impl Line {
    /// Begins a line in the memory of an earlier one.
    pub(super) fn begin(mut memory: Vec<u8>, style: Style, at: Timestamp, level: Level) -> Self {
        memory.clear();
        let _ = match style {
            Style::Json => write!(memory, r#"{{"timestamp":"{at}","level":"{level}""#),
            Style::Plain => write!(memory, "{at} {:>5}", level.as_str()),
            Style::Coloured => {
                write!(memory, "{DIM}{at}{RESET} {}{:>5}{RESET}", colour(level), level.as_str())
            }
        };
        Self { bytes: memory, style }
    }

    /// The whole line. Module names mean nothing to a person, so only JSON shows where it came from.
    pub(super) fn end(mut self, target: &str) -> Vec<u8> {
        if self.style == Style::Json {
            self.name("target");
            self.json(target);
            self.bytes.push(b'}');
        }
        self.bytes.push(b'\n');
        self.bytes
    }

    /// The name of a field, with the characters around it.
    fn name(&mut self, name: &str) {
        let [before, name, after] = match (self.style, name) {
            (Style::Json, _) => [",\"", name, "\":"],
            (_, "message") => [" ", "", ""],
            (Style::Plain, _) => [" ", name, "="],
            (Style::Coloured, _) => [" \x1b[3m", name, "\x1b[0m\x1b[2m=\x1b[0m"],
        };
        for part in [before, name, after] {
            self.bytes.extend_from_slice(part.as_bytes());
        }
    }

    fn json(&mut self, value: impl Serialize) {
        let _ = serde_json::to_writer(&mut self.bytes, &value);
    }

    /// Writes a value: as JSON, or as it is shown to people.
    fn value(&mut self, field: &Field, value: impl Serialize, shown: fmt::Arguments<'_>) {
        self.name(field.name());
        if self.style == Style::Json {
            self.json(value);
        } else {
            let _ = Printable(&mut self.bytes).write_fmt(shown);
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.style == Style::Json {
            let mut text = String::new();
            let _ = write!(text, "{value:?}");
            self.name(field.name());
            self.json(text);
        } else {
            self.value(field, "", format_args!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.value(field, value, format_args!("{value}"));
        } else if self.style != Style::Json && is_plain(value) {
            // As below, in a tenth of the time: every request has an id.
            self.name(field.name());
            self.bytes.push(b'"');
            self.bytes.extend_from_slice(value.as_bytes());
            self.bytes.push(b'"');
        } else {
            self.value(field, value, format_args!("{value:?}"));
        }
    }

    // Whole numbers look the same in JSON.
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field.name());
        self.json(value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field.name());
        self.json(value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, value, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value, format_args!("{value}"));
    }
}

/// Whether a text is shown as it is, between quotation marks.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[34m",
    }
}

/// Escapes control characters: a line break in a value would look like another line of the log, and others
/// can change what a terminal shows. So do the line breaks of Unicode, and the characters that turn text around.
struct Printable<'a>(&'a mut Vec<u8>);

impl fmt::Write for Printable<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // All of them have one of these bytes.
        if !text.bytes().any(|byte| byte < b' ' || matches!(byte, 0x7f | 0xc2 | 0xe2)) {
            self.0.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        for character in text.chars() {
            if character.is_control()
                || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                let _ = write!(self.0, "{}", character.escape_default());
            } else {
                self.0.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::{Line, Style};
    use crate::domain::record::time::Timestamp;

    struct Kept(Style, Arc<Mutex<Vec<u8>>>);

    impl Subscriber for Kept {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn event(&self, event: &Event<'_>) {
            let at = Timestamp(1_764_497_400_123);
            let mut line = Line::begin(Vec::new(), self.0, at, *event.metadata().level());
            event.record(&mut line);
            self.1.lock().expect("no panic").extend(line.end(event.metadata().target()));
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    fn written(style: Style) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        tracing::subscriber::with_default(Kept(style, Arc::clone(&lines)), || {
            let path = "/a\nb\u{85}\u{202e}\x1b[31m\"ü\"";
            let nothing: Option<&str> = None;
            tracing::warn!(
                target: "here",
                text = path,
                client.ip = %path,
                list = ?["x"],
                number = 7_u64,
                less = -7,
                part = 0.5,
                "unsafe" = true,
                nothing,
                "a {} happened", path
            );
        });
        String::from_utf8(Arc::try_unwrap(lines).expect("one owner").into_inner().expect("no panic"))
            .expect("text")
    }

    #[test]
    fn a_log_line_stays_one_line_whatever_it_contains() {
        assert_eq!(
            written(Style::Plain),
            "2025-11-30T10:10:00.123Z  WARN a /a\\nb\\u{85}\\u{202e}\\u{1b}[31m\"ü\" happened \
             text=\"/a\\nb\\u{85}\\u{202e}\\u{1b}[31m\\\"ü\\\"\" client.ip=/a\\nb\\u{85}\\u{202e}\\u{1b}[31m\"ü\" list=[\"x\"] \
             number=7 less=-7 part=0.5 unsafe=true\n"
        );
        assert!(written(Style::Coloured).contains("\x1b[33m WARN\x1b[0m a /a"));
        let json: serde_json::Value = serde_json::from_str(&written(Style::Json)).expect("JSON");
        assert_eq!(written(Style::Json).lines().count(), 1);
        let text = "/a\nb\u{85}\u{202e}\x1b[31m\"ü\"";
        assert_eq!(
            json,
            serde_json::json!({
                "timestamp": "2025-11-30T10:10:00.123Z", "level": "WARN", "message": format!("a {text} happened"),
                "client.ip": text, "text": text, "list": "[\"x\"]", "number": 7, "less": -7, "part": 0.5,
                "unsafe": true, "target": "here",
            })
        );
    }
}
