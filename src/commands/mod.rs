//! One verb per file; wiring only. What they share: the shell that asks, and what is read and judged.
use crate::{cli::Lang, report::Language};
use anyhow::Context;
use std::io::{self, Write};

#[cfg(feature = "serve")]
mod admission;
pub mod attest;
pub mod cases;
pub mod code;
pub mod crds;
pub mod criteria;
pub mod evidence;
pub mod init;
#[cfg_attr(not(feature = "cluster"), path = "live_absent.rs")]
mod live;
pub mod policies;
pub mod progress;
pub mod rbac;
pub mod reach;
pub mod read;
pub mod record;
pub mod scan;
#[cfg_attr(not(feature = "serve"), path = "serve_absent.rs")]
pub mod serve;
pub mod sketch;
mod statement;
pub mod table;
pub mod test;
pub mod waiver;
pub mod webhooks;
#[cfg_attr(not(feature = "serve"), path = "would_deny_absent.rs")]
mod would_deny;

/// Who asks, as far as it matters to what is printed.
#[derive(Clone, Debug)]
pub struct Shell {
    pub language: Language,
    /// Standard output is a terminal that wants colour.
    pub colour: bool,
    /// Standard error is a terminal: progress may be shown.
    pub progress: bool,
    /// Where a forge shows the repository's files at this commit, ending in `/`.
    pub link_base: Option<String>,
}

/// The language asked for, else the locale's (POSIX order: LC_ALL, LC_MESSAGES, LANG), else English.
#[must_use]
pub fn language(asked: Option<Lang>, variable: impl Fn(&str) -> Option<String>) -> Language {
    match asked {
        Some(Lang::En) => Language::English,
        Some(Lang::Nb) => Language::Norwegian,
        None => {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.is_empty()));
            let norwegian = |locale: String| ["nb", "no", "nn"].iter().any(|code| locale.starts_with(code));
            if locale.is_some_and(norwegian) { Language::Norwegian } else { Language::English }
        }
    }
}

/// Where the forge that runs this shows files: GitHub Actions says so in three variables.
#[must_use]
pub fn link_base(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let [server, repository, commit] =
        ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"].map(|name| variable(name).filter(|it| !it.is_empty()));
    Some(format!("{}/{}/blob/{}/", server?, repository?, commit?))
}

/// Writes to standard output. A reader that went away is not an error: the shell asked for no more.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Writes what there is to say beside the answer to standard error.
pub fn remark(note: &str) {
    // As for errors.
    drop(io::stderr().lock().write_all(note.as_bytes()));
}

/// Writes an error and its causes to standard error.
pub fn complain(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    // Nothing is left to tell it to when standard error is gone; the exit code still says it.
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Namespace and name of what is written as both; `what` says of what, with its article.
///
/// # Errors
/// Another form.
pub fn namespaced<'a>(what: &str, stated: &'a str) -> anyhow::Result<(&'a str, &'a str)> {
    let parts = stated.split_once('/');
    let whole = parts.filter(|(space, name)| !space.is_empty() && !name.is_empty() && !name.contains('/'));
    whole.with_context(|| format!("{what} is written as NAMESPACE/NAME, and not `{stated}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_what_is_asked_for_then_the_locale_then_english() {
        let norwegian = |name: &str| (name == "LANG").then(|| "nb_NO.UTF-8".to_owned());
        assert_eq!(language(Some(Lang::En), norwegian), Language::English);
        assert_eq!(language(None, norwegian), Language::Norwegian);
        assert_eq!(language(None, |_| None), Language::English);
    }

    #[test]
    fn an_earlier_locale_variable_outranks_a_later_one() {
        let both = |name: &str| match name {
            "LC_ALL" => Some("C".to_owned()),
            "LANG" => Some("nb_NO".to_owned()),
            _ => None,
        };
        assert_eq!(language(None, both), Language::English);
    }
}
