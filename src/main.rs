//! Parses, dispatches, prints the error chain, and makes the exit code.
use clap::Parser;
use speguard::{
    cli::{Cli, Colour, Command, Standing},
    commands::{self, Shell},
};
use std::{io::IsTerminal, process::ExitCode};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The run could not be carried out: misuse, or a report that could not be written.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let variable = |name: &str| std::env::var(name).ok();
    let shell = Shell {
        language: commands::language(cli.lang, variable),
        link_base: commands::link_base(variable),
        colour: match cli.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stdout().is_terminal()
            }
        },
        progress: std::io::stderr().is_terminal(),
    };
    let result = match cli.command {
        Command::Scan(arguments) => commands::scan::run(&arguments, &shell),
        Command::Reach(arguments) => commands::reach::run(&arguments, &shell),
        Command::Criteria(arguments) => commands::criteria::run(&arguments, &shell),
        Command::Evidence(command) => commands::evidence::run(&command, &shell),
        Command::Serve(arguments) => commands::serve::run(&arguments, &shell),
        Command::Webhooks(arguments) => commands::webhooks::run(&arguments),
        Command::Rbac(arguments) => commands::rbac::run(&arguments),
        Command::Crds => commands::crds::run(),
        Command::Test(arguments) => commands::test::run(&arguments),
        Command::Init(arguments) => commands::init::run(&arguments, &shell),
        Command::Waiver(Standing::List(arguments)) => commands::waiver::run(&arguments, false, &shell),
        Command::Waiver(Standing::Check(arguments)) => commands::waiver::run(&arguments, true, &shell),
        Command::Attest(Standing::List(arguments)) => commands::attest::run(&arguments, false, &shell),
        Command::Attest(Standing::Check(arguments)) => commands::attest::run(&arguments, true, &shell),
        Command::Completions(arguments) => commands::print(&arguments.script()).map(|()| 0),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            commands::complain(&error);
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}
