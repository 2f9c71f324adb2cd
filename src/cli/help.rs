//! Help that shows the global options once.

use clap::Command;

/// Hides the global options in the help of every subcommand, which would otherwise repeat them all.
/// They are accepted there all the same.
pub(super) fn globals_once(command: Command) -> Command {
    let hidden = command.get_arguments().filter(|argument| argument.is_global_set());
    let hidden: Vec<_> = hidden.map(|argument| argument.clone().hide(true)).collect();
    // A subcommand that already has an argument of a global's name does not inherit that global.
    command.mut_subcommands(|subcommand| pointing_up(subcommand.args(&hidden)))
}

fn pointing_up(command: Command) -> Command {
    command.after_help("Global options: see gatepost --help").mut_subcommands(pointing_up)
}
