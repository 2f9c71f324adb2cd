//! The program: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    gatepost::cli::run()
}
