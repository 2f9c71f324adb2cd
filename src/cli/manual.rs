//! Man pages and completions, both made from the definitions of the commands.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::print::print;
use crate::app::Failure;

/// A man page and the name of its file.
struct Page {
    name: String,
    text: Vec<u8>,
}

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell, mut commands: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    let name = commands.get_name().to_owned();
    clap_complete::generate(shell, &mut commands, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Writes one page for each command into a folder, which is created if necessary. Returns how many.
pub(super) fn write(folder: &Path, commands: Command) -> Result<usize, Failure> {
    // All pages are there before the first file is touched.
    let mut pages = Vec::new();
    let mut commands = on_paper(commands);
    commands.build();
    render(&commands, None, &mut pages)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::Unwritten { path, error }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for Page { name, text } in &pages {
        let path = folder.join(name);
        replace(&path, &folder.join(format!(".{name}.new")), text).map_err(failed(&path))?;
    }
    Ok(pages.len())
}

/// Writes a file beside its place and renames it, so that a reader never finds half a page.
fn replace(path: &Path, beside: &Path, text: &[u8]) -> io::Result<()> {
    let write = || {
        let mut file = File::create(beside)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(beside, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(beside)))
}

/// Without `help`, which shows in a terminal what the pages show, and with the words of the help.
fn on_paper(command: Command) -> Command {
    let command = command.disable_help_subcommand(true).subcommand_help_heading("COMMANDS");
    command.subcommand_value_name("COMMAND").mut_subcommands(on_paper)
}

/// Renders the page of a command and those of the commands below it. `above` is the name of the page above.
fn render(command: &Command, above: Option<&str>, pages: &mut Vec<Page>) -> io::Result<()> {
    let man = Man::new(command.clone())
        .source(concat!("gatepost ", env!("CARGO_PKG_VERSION")))
        .manual("Gatepost manual");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::default();
    match above {
        None => {
            let codes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            roff.control("SH", ["EXIT STATUS"]).text([roman(codes)]);
        }
        Some(above) => {
            let root = command.get_display_name().and_then(|name| name.split('-').next()).unwrap_or(above);
            let mut see = vec![bold(root), roman("(1), for the global options")];
            if above != root {
                see.splice(0..0, [bold(above), roman("(1), ")]);
            }
            roff.control("SH", ["SEE ALSO"]).text(see);
        }
    }
    roff.to_writer(&mut text)?;
    pages.push(Page { name: man.get_filename(), text });
    let name = command.get_display_name().unwrap_or(command.get_name());
    command.get_subcommands().try_for_each(|below| render(below, Some(name), pages))
}
