//! What a reader of written forms says of names it does not know.

/// Two slips of the hand are a typing error; three make another word.
const SLIPS_MAX: usize = 2;

/// Longer words are not compared: the comparison costs the product of both lengths.
const LETTERS_MAX: usize = 64;

/// `` `a`, `b` `` for people.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The name nearest to what was written, where it is near enough to have been meant.
#[must_use]
pub fn meant<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    if written.len() > LETTERS_MAX {
        return None;
    }
    names
        .iter()
        .map(|name| (distance(written, name), *name))
        .filter(|(slips, name)| *slips <= SLIPS_MAX && *slips * 2 <= name.len())
        .min()
        .map(|(_, name)| name)
}

/// `: did you mean …?`, else the known names: the end of a message about an unknown name.
#[must_use]
pub fn instead(written: &str, names: &[&str]) -> String {
    match meant(written, names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known are {}", listed(names)),
    }
}

/// How many letters must be put in, left out or replaced to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut left = index + 1;
        let mut next = vec![left];
        for ((diagonal, above), other) in row.iter().zip(row.iter().skip(1)).zip(&to) {
            left = (diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_understood_and_another_word_is_not() {
        assert_eq!(meant("severty", &["severity", "level"]), Some("severity"));
        assert_eq!(meant("urgency", &["severity", "level"]), None);
        assert_eq!(meant("en", &["nb"]), None);
    }

    #[test]
    fn what_is_known_is_listed_where_nothing_is_near() {
        assert_eq!(instead("severty", &["severity"]), "did you mean `severity`?");
        assert_eq!(instead("colour", &["a", "b"]), "known are `a`, `b`");
    }
}
