//! The lines of a trust file, one by one. Source: C2SP tlog-policy.
use super::{
    super::note::{Algorithm, NoteError, VerifierKey},
    Group, Log, NONE, TRUST_BYTES_MAX, Threshold, TrustPolicy, Witness,
};
use std::collections::BTreeSet;

/// Why a trust file is not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the trust file: {mistake}")]
pub struct TrustError {
    pub line: usize,
    pub mistake: TrustMistake,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustMistake {
    #[error("the file has {0} bytes, {TRUST_BYTES_MAX} at most")]
    Large(usize),
    #[error("a control character: save the file as plain text with `\\n` at the end of each line")]
    Control,
    #[error("unknown word `{0}`: a line begins with `log`, `witness`, `group`, `quorum` or `#`")]
    Word(String),
    #[error("write `{0}`")]
    Form(&'static str),
    #[error(transparent)]
    Key(#[from] NoteError),
    #[error("`{name}` has signature type 0x{number:02x}, the key of a {role} has 0x{needed:02x}")]
    Role { name: String, number: u8, role: &'static str, needed: u8 },
    #[error(
        "the public key of `{0}` stands in the file twice, under this name or another: each log and witness has its own"
    )]
    Duplicate(String),
    #[error("the name `{0}` is taken: witnesses and groups share their names, and `none` means no witness")]
    Taken(String),
    #[error("`{0}` is not defined above: name witnesses and groups before the line that uses them")]
    Undefined(String),
    #[error("`{0}` is already a member of a group: each counts in one way only")]
    Member(String),
    #[error(
        "the number of a group is 1 to the count of its members, here {members}, not `{written}`; or write `any` or `all`"
    )]
    Threshold { written: String, members: usize },
    #[error("a second `quorum`: leave one of the two")]
    SecondQuorum,
    #[error("the file ends without a `quorum` line: write `quorum <name>`, or `quorum none` to ask for no witness")]
    NoQuorum,
}

pub(super) fn read(text: &str) -> Result<TrustPolicy, TrustError> {
    if text.len() > TRUST_BYTES_MAX {
        return Err(TrustError { line: 1, mistake: TrustMistake::Large(text.len()) });
    }
    let mut reader = Reader::default();
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let count = lines.clone().count();
    for (number, line) in (1..).zip(lines) {
        reader.line(line).map_err(|mistake| TrustError { line: number, mistake })?;
    }
    let Reader { logs, witnesses, groups, quorum, .. } = reader;
    let quorum = quorum.ok_or(TrustError { line: count, mistake: TrustMistake::NoQuorum })?;
    let keys = logs.iter().map(|log| log.key.clone()).collect();
    Ok(TrustPolicy { keys, logs, witnesses, groups, quorum })
}

#[derive(Default)]
struct Reader {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<String>,
    names: BTreeSet<String>,
    members: BTreeSet<String>,
    keys: BTreeSet<[u8; 32]>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), TrustMistake> {
        if line.chars().any(|character| character.is_ascii_control() && character != '\t') {
            return Err(TrustMistake::Control);
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [comment, ..] if comment.starts_with('#') => Ok(()),
            ["log", rest @ ..] => self.log(rest),
            ["witness", rest @ ..] => self.witness(rest),
            ["group", rest @ ..] => self.group(rest),
            ["quorum", rest @ ..] => self.quorum(rest),
            [other, ..] => Err(TrustMistake::Word((*other).to_owned())),
        }
    }

    fn log(&mut self, words: &[&str]) -> Result<(), TrustMistake> {
        let (key, url) = match words {
            [key] => (key, None),
            [key, url] => (key, Some((*url).to_owned())),
            _ => return Err(TrustMistake::Form("log <key> [<url>]")),
        };
        let key = self.key(key, "log", Algorithm::Ed25519)?;
        self.logs.push(Log { key, url });
        Ok(())
    }

    fn witness(&mut self, words: &[&str]) -> Result<(), TrustMistake> {
        let (name, key, url) = match words {
            [name, key] => (name, key, None),
            [name, key, url] => (name, key, Some((*url).to_owned())),
            _ => return Err(TrustMistake::Form("witness <name> <key> [<url>]")),
        };
        let key = self.key(key, "witness", Algorithm::CosignatureV1)?;
        let name = self.name(name)?;
        self.witnesses.push(Witness { name, key, url });
        Ok(())
    }

    fn group(&mut self, words: &[&str]) -> Result<(), TrustMistake> {
        let [name, threshold, members @ ..] = words else {
            return Err(TrustMistake::Form("group <name> any|all|<number> <member>..."));
        };
        if members.is_empty() {
            return Err(TrustMistake::Form("group <name> any|all|<number> <member>..."));
        }
        let threshold = match *threshold {
            "any" => Threshold::Any,
            "all" => Threshold::All,
            written => count(written, members.len())?,
        };
        for member in members {
            self.defined(member)?;
            if !self.members.insert((*member).to_owned()) {
                return Err(TrustMistake::Member((*member).to_owned()));
            }
        }
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        let name = self.name(name)?;
        self.groups.push(Group { name, threshold, members });
        Ok(())
    }

    fn quorum(&mut self, words: &[&str]) -> Result<(), TrustMistake> {
        let [name] = words else {
            return Err(TrustMistake::Form("quorum <name>"));
        };
        if self.quorum.is_some() {
            return Err(TrustMistake::SecondQuorum);
        }
        if *name != NONE {
            self.defined(name)?;
        }
        self.quorum = Some((*name).to_owned());
        Ok(())
    }

    fn key(&mut self, text: &str, role: &'static str, needed: Algorithm) -> Result<VerifierKey, TrustMistake> {
        let key = VerifierKey::parse(text)?;
        if key.algorithm != needed {
            let (number, needed) = (key.algorithm.number(), needed.number());
            return Err(TrustMistake::Role { name: key.name, number, role, needed });
        }
        match self.keys.insert(*key.public_key()) {
            true => Ok(key),
            false => Err(TrustMistake::Duplicate(key.name)),
        }
    }

    fn name(&mut self, name: &str) -> Result<String, TrustMistake> {
        match name != NONE && self.names.insert(name.to_owned()) {
            true => Ok(name.to_owned()),
            false => Err(TrustMistake::Taken(name.to_owned())),
        }
    }

    fn defined(&self, name: &str) -> Result<(), TrustMistake> {
        match self.names.contains(name) {
            true => Ok(()),
            false => Err(TrustMistake::Undefined(name.to_owned())),
        }
    }
}

/// A threshold in digits, without zeroes before them.
fn count(written: &str, members: usize) -> Result<Threshold, TrustMistake> {
    let count = written.parse().ok().filter(|count: &usize| count.to_string() == written);
    let count = count.filter(|count| (1..=members).contains(count));
    count.map(Threshold::Count).ok_or_else(|| TrustMistake::Threshold { written: written.to_owned(), members })
}
