//! The log: one line per event, on standard error.
//!
//! - `line`: an event as text or JSON
//! - `output`: how lines leave, without making a request wait for whoever reads them

mod line;
mod output;

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;
use std::sync::Arc;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use self::line::{Line, Style};
use self::output::Output;
use crate::domain::ports::World;
use crate::web::OF_REQUESTS;
use crate::world;

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

/// The log of this process.
pub(super) struct Log(Arc<Output>);

/// Starts the log. No level is finer than INFO: at finer ones, libraries we use print what they send
/// and receive, links and codes included.
pub(super) fn start(format: LogFormat, level: LevelFilter) -> io::Result<Log> {
    let style = match format {
        LogFormat::Text if io::stderr().is_terminal() => Style::Coloured,
        LogFormat::Text => Style::Plain,
        LogFormat::Json => Style::Json,
    };
    let output = Output::start()?;
    let writer = Writer { level, style, world: world::real(), output: Arc::clone(&output) };
    tracing::subscriber::set_global_default(writer).expect("there is one log");
    Ok(Log(output))
}

impl Log {
    /// Writes everything that has not left yet, unless no one reads it.
    pub(super) fn finish(&self) {
        self.0.finish();
    }
}

/// Logs a panic as one line of the chosen format.
pub(super) fn panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic = text, place, "a fault in Gatepost; please report it");
}

/// Makes a line of each event. Spans are not shown: we have none, and libraries use them only at finer levels.
struct Writer {
    level: LevelFilter,
    style: Style,
    world: World,
    output: Arc<Output>,
}

thread_local! {
    /// The memory of the last line. Taken while a line is made, since a value in it may log something itself.
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Subscriber for Writer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::begin(LINE.take(), self.style, self.world.now(), *event.metadata().level());
        event.record(&mut line);
        let line = line.end(event.metadata().target());
        if event.metadata().target() == OF_REQUESTS {
            self.output.add(&line);
        } else {
            self.output.write(&line);
        }
        LINE.set(line);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
