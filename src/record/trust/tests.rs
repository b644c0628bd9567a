use super::{
    super::note::{SignerKey, cosign, sign},
    *,
};
use proptest::prelude::*;

#[test]
fn the_example_of_the_specification_asks_for_two_and_one() {
    let policy = TrustPolicy::parse(&example()).unwrap();
    assert!(policy.wants_witnesses());
    for (cosigners, met) in [
        ("X1 X2 Y1", true),
        ("X1 X3 Y2 Y3", true),
        ("X1 X2 X3 Y1 Y2 Y3", true),
        ("X1 X2 X3", false),
        ("X1 Y1 Y2 Y3", false),
        ("X1 X9 Y1", false),
        ("X-witnesses Y-witnesses", false),
        ("X-and-Y", false),
        ("", false),
    ] {
        assert_eq!(policy.quorum_met(&names(cosigners)), met, "{cosigners}");
    }
}

#[test]
fn a_policy_is_written_as_it_is_read() {
    let text = example();
    assert_eq!(TrustPolicy::parse(&text).unwrap().to_string(), text.replace("# two levels\n\n", ""));
    let spaced = text.replace(' ', "\t  ").replace('\n', " \n\t");
    assert_eq!(TrustPolicy::parse(&spaced), TrustPolicy::parse(&text));
    assert_eq!(TrustPolicy::parse(text.trim_end()), TrustPolicy::parse(&text));
}

#[test]
fn a_draft_names_the_log_and_asks_for_no_witness() {
    let log = signer("log.example/spe").verifier_key();
    let draft = TrustPolicy::draft(log.clone());
    assert_eq!(draft.to_string(), format!("log {log}\nquorum none\n"));
    assert_eq!(TrustPolicy::parse(&draft.to_string()).as_ref(), Ok(&draft));
    assert_eq!(draft.logs(), [log]);
    assert!(draft.quorum_met(&BTreeSet::new()) && !draft.wants_witnesses());
}

#[test]
fn one_witness_may_be_the_quorum() {
    let policy = TrustPolicy::parse(&format!("{}quorum b\n", witnesses("a b"))).unwrap();
    assert!(policy.quorum_met(&names("b")) && policy.quorum_met(&names("a b")));
    assert!(!policy.quorum_met(&names("a")) && !policy.quorum_met(&names("none")));
    assert_eq!(policy.logs(), []);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let (log, own) = (signer("log").verifier_key(), signer("log").cosigner_key());
    let two = witnesses("a b");
    let witness = signer("a").cosigner_key();
    for (text, said) in [
        (String::new(), "1: the file ends without a `quorum` line"),
        (two.clone(), "2: the file ends without a `quorum` line"),
        ("quorum none\nquorum none\n".to_owned(), "2: a second `quorum`"),
        ("quorum none\r\n".to_owned(), "1: a control character"),
        ("quorum none \u{7f}\n".to_owned(), "1: a control character"),
        ("# quorum none\nquorom none\n".to_owned(), "2: unknown word `quorom`"),
        ("quorum\u{a0}none\n".to_owned(), "1: unknown word `quorum\u{a0}none`"),
        ("quorum\n".to_owned(), "1: write `quorum <name>`"),
        ("quorum none none\n".to_owned(), "1: write `quorum <name>`"),
        ("quorum a\n".to_owned() + &two, "1: `a` is not defined above"),
        (two.clone() + "quorum A\n", "3: `A` is not defined above"),
        (two.clone() + "quorum \u{212a}\n", "3: `\u{212a}` is not defined above"),
        ("log\n".to_owned(), "1: write `log <key> [<url>]`"),
        (format!("log {log} u v\n"), "1: write `log <key> [<url>]`"),
        ("log x\n".to_owned(), "1: `x` is not a verifier key"),
        (format!("log {own}\n"), "1: `log` has signature type 0x04, the key of a log has 0x01"),
        (format!("log {log}\nlog {log}\n"), "2: the public key of `log` stands in the file twice"),
        (format!("log {log}\nwitness w {own}\n"), "2: the public key of `log` stands in the file twice"),
        (format!("witness a\n{two}"), "1: write `witness <name> <key> [<url>]`"),
        (format!("witness a {log}\n"), "1: `log` has signature type 0x01, the key of a witness has 0x04"),
        (format!("{two}witness c {witness}\n"), "3: the public key of `a` stands in the file twice"),
        (format!("{two}witness a {own}\n"), "3: the name `a` is taken"),
        (format!("witness none {own}\n"), "1: the name `none` is taken"),
        (format!("{two}group a any b\n"), "3: the name `a` is taken"),
        (format!("{two}group none any b\n"), "3: the name `none` is taken"),
        (format!("{two}group g any\n"), "3: write `group <name> any|all|<number> <member>...`"),
        (format!("{two}group g any c\n"), "3: `c` is not defined above"),
        (format!("{two}group g any g\n"), "3: `g` is not defined above"),
        (format!("{two}group g any none\n"), "3: `none` is not defined above"),
        (format!("{two}group g all a a\n"), "3: `a` is already a member"),
        (format!("{two}group g all a b\ngroup h any a\n"), "4: `a` is already a member"),
        (format!("{two}group g 0 a b\n"), "3: the number of a group is 1 to"),
        (format!("{two}group g 3 a b\n"), "3: the number of a group is 1 to the count of its members, here 2, not `3`"),
        (format!("{two}group g 01 a b\n"), "3: the number of a group is 1 to"),
        (format!("{two}group g some a b\n"), "3: the number of a group is 1 to"),
        (" ".repeat(TRUST_BYTES_MAX + 1), "1: the file has 1048577 bytes, 1048576 at most"),
    ] {
        let error = TrustPolicy::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {} of the trust file:{}", &said[..1], &said[2..])), "{text}\n{error}");
    }
}

#[test]
fn a_policy_of_the_size_that_the_specification_asks_for_is_read() {
    let each = |make: &dyn Fn(usize) -> String| (0..32).map(make).collect::<String>();
    let logs = each(&|at| format!("log {}\n", signer(&format!("log{at}")).verifier_key()));
    let names = each(&|at| format!("w{at} "));
    let groups = each(&|at| match at {
        0 => "group g0 any w0\n".to_owned(),
        _ => format!("group g{at} all g{} w{at}\n", at - 1),
    });
    let policy = TrustPolicy::parse(&format!("{logs}{}{groups}quorum g31\n", witnesses(&names))).unwrap();
    let all = self::names(&names);
    assert!(policy.quorum_met(&all));
    assert!(all.iter().all(|one| !policy.quorum_met(&all.iter().filter(|name| *name != one).cloned().collect())));
}

#[test]
fn a_checkpoint_is_believed_when_its_own_log_has_signed() {
    let (log, text) = (signer("log.example/spe"), checkpoint("log.example/spe"));
    let policy = TrustPolicy::draft(log.verifier_key());
    let believed = policy.check(&note(&text, vec![sign(&text, &log)])).unwrap();
    assert_eq!((believed.checkpoint.size, believed.quorum_met), (7, true));
    assert_eq!(believed.log, log.verifier_key());
    assert_eq!(policy.check(&note(&text, vec![sign(&text, &signer("other"))])), Err(Distrust::NoLog));
    let other = checkpoint("log.example/other");
    let foreign = policy.check(&note(&other, vec![sign(&other, &log)]));
    assert_eq!(foreign, Err(Distrust::Origin("log.example/other".to_owned())));
    let wrong = policy.check(&note(&text, vec![sign(&other, &log)]));
    assert!(matches!(wrong, Err(Distrust::Note(NoteError::Signature { .. }))), "{wrong:?}");
    let free = note("no checkpoint\n", vec![sign("no checkpoint\n", &log)]);
    assert!(matches!(policy.check(&free), Err(Distrust::Note(NoteError::Checkpoint { .. }))));
}

#[test]
fn witnesses_count_by_their_names_in_the_file() {
    let (log, text) = (signer("log.example/spe"), checkpoint("log.example/spe"));
    let lines = format!("log {}\n{}group g 2 a b c\nquorum g\n", log.verifier_key(), witnesses("a b c"));
    let policy = TrustPolicy::parse(&lines).unwrap();
    let by = |cosigners: &[(&str, u64)]| {
        let cosignatures = cosigners.iter().map(|(name, time)| cosign(&text, &signer(name), *time));
        note(&text, [sign(&text, &log)].into_iter().chain(cosignatures).collect())
    };
    let believed = policy.check(&by(&[("a", 5), ("stranger", 6)])).unwrap();
    assert_eq!((believed.cosigned, believed.quorum_met), (BTreeMap::from([("a".to_owned(), 5)]), false));
    let believed = policy.check(&by(&[("c", 9), ("a", 5)])).unwrap();
    let times = BTreeMap::from([("a".to_owned(), 5), ("c".to_owned(), 9)]);
    assert_eq!((believed.cosigned, believed.quorum_met), (times, true));
    let mut altered = by(&[("c", 9), ("a", 5)]);
    altered.signatures[2].bytes[7] ^= 1;
    assert!(policy.check(&altered).is_err());
    assert!(policy.check(&by(&[("a", 5), ("a", 6)])).is_err(), "one witness does not count twice");
    let log_alone = note(&text, vec![sign(&text, &signer("a")), sign(&text, &log)]);
    assert_eq!(policy.witness(&log_alone), Ok(BTreeMap::new()));
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_a_mistake(text in "((log|witness|group|quorum|#|none|any|2| |\t|\n|a|b){1,6}\n){0,8}") {
        if let Ok(policy) = TrustPolicy::parse(&text) {
            prop_assert_eq!(TrustPolicy::parse(&policy.to_string()), Ok(policy));
        }
    }

    #[test]
    fn more_cosigners_never_lose_the_quorum(met in prop::collection::vec(any::<bool>(), 6), more in 0_usize..6) {
        let policy = TrustPolicy::parse(&example()).unwrap();
        let all = ["X1", "X2", "X3", "Y1", "Y2", "Y3"];
        let mut cosigners: BTreeSet<String> =
            all.iter().zip(&met).filter(|(_, met)| **met).map(|(name, _)| (*name).to_owned()).collect();
        let before = policy.quorum_met(&cosigners);
        prop_assert_eq!(before, met[..3].iter().filter(|met| **met).count() >= 2 && met[3..].contains(&true));
        cosigners.insert(all[more].to_owned());
        prop_assert!(policy.quorum_met(&cosigners) || !before);
    }
}

/// The example of C2SP tlog-policy.
fn example() -> String {
    format!(
        "# two levels\n\nlog {} https://log.example/\n{}group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n\
         group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        signer("log").verifier_key(),
        witnesses("X1 X2 X3 Y1 Y2 Y3"),
    )
}

fn witnesses(names: &str) -> String {
    names.split_whitespace().map(|name| format!("witness {name} {}\n", signer(name).cosigner_key())).collect()
}

fn names(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

fn checkpoint(origin: &str) -> String {
    Checkpoint { origin: origin.to_owned(), size: 7, root: [7; 32] }.to_text()
}

fn note(text: &str, signatures: Vec<super::super::note::Signature>) -> Note {
    Note { text: text.to_owned(), signatures }
}

fn signer(name: &str) -> SignerKey {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    SignerKey::new(name, &seed).unwrap()
}
