use super::*;
use proptest::prelude::*;

/// The key pair and the note of the documentation of Go's `golang.org/x/mod/sumdb/note`.
const SIGNER: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

/// The example of C2SP signed-note.
const QUASIMODO: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

#[test]
fn keys_and_signatures_are_those_of_go() {
    let signer = SignerKey::from_text(SIGNER).unwrap();
    assert_eq!(signer.to_text(), SIGNER);
    assert_eq!(signer.verifier_key().to_string(), VERIFIER);
    assert_eq!(VerifierKey::parse(VERIFIER).unwrap(), signer.verifier_key());
    assert_eq!(sign(TEXT, &signer).to_string(), LINE);
    let note = Note::parse(format!("{TEXT}\n{LINE}\n")).unwrap();
    assert_eq!(verify(&note, &signer.verifier_key()), Ok(()));
}

#[test]
fn a_signer_key_is_not_printed() {
    let printed = format!("{:?}", SignerKey::from_text(SIGNER).unwrap());
    assert_eq!(printed, "SignerKey { name: \"PeterNeumann\", .. }");
    let refused = SignerKey::from_text(&SIGNER.replace("AYEK", "AYE")).unwrap_err().to_string();
    assert!(!refused.contains("YE"), "{refused}");
}

#[test]
fn the_text_of_a_note_may_hold_empty_lines() {
    let note = Note::parse(QUASIMODO).unwrap();
    assert!(note.text.ends_with(":\n\ned è subito sera.\n"));
    assert_eq!(note.signatures[0].id, 0x367b_a04b);
    assert_eq!(note.encode(), QUASIMODO);
}

#[test]
fn an_empty_text_is_a_text() {
    let signed = |text: &str| Note { text: text.to_owned(), signatures: vec![sign(text, &signer("log"))] };
    let note = signed("\n");
    assert_eq!(Note::parse(note.encode()), Ok(note));
}

#[test]
fn verifier_keys_of_another_form_are_refused() {
    let refused = |text: &str| VerifierKey::parse(text).unwrap_err().to_string();
    let form = |text: &str| format!("`{text}` is not a verifier key: write `<name>+<8 hexadecimal digits>+<base64>`");
    for text in [
        "",
        "name",
        "name+c74f20a3",
        &VERIFIER.replace("c74f20a3", "c74f20a"),
        &VERIFIER.replace("c74f20a3", "+74f20a3"),
        &VERIFIER.replace("10TW", "10T"),
        &format!("{VERIFIER}\n"),
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW10TW",
        "PeterNeumann+c74f20a3+",
    ] {
        assert_eq!(refused(text), form(text));
    }
    assert_eq!(
        refused(&VERIFIER.replace("Peter", "")),
        "the key `Neumann` names the id c74f20a3, its bytes give 2e409b23: it was cut or mistyped"
    );
    assert!(refused(&VERIFIER.replacen("PeterNeumann", "Peter Neumann", 1)).starts_with("`Peter Neumann` cannot be"));
    let quantum = format!("w+00000000+{}", BASE64_STANDARD.encode([6; 1313]));
    assert_eq!(
        refused(&quantum),
        "the key `w` has signature type 0x06: known are 0x01 (Ed25519) and 0x04 (cosignature/v1)"
    );
}

#[test]
fn signer_keys_of_another_form_are_refused() {
    for text in ["", VERIFIER, &SIGNER.replace("KDFz", ""), &SIGNER.replace("c74f20a3", "c74f20a4")] {
        assert!(SignerKey::from_text(text).is_err(), "{text}");
    }
    let cosigner = format!("PRIVATE+KEY+w+00000000+{}", BASE64_STANDARD.encode([4; 33]));
    assert_eq!(SignerKey::from_text(&cosigner).unwrap_err(), NoteError::Algorithm { name: "w".to_owned(), number: 4 });
    assert_eq!(SignerKey::new("a b", &[1; 32]).unwrap_err(), NoteError::Name("a b".to_owned()));
    assert!(SignerKey::from_text(&format!("{SIGNER}\n")).is_ok());
}

#[test]
fn notes_of_another_form_are_refused() {
    let refused = |note: &str| Note::parse(note).unwrap_err();
    let whole = format!("{TEXT}\n{LINE}\n");
    assert_eq!(refused(""), NoteError::Form);
    assert_eq!(refused(TEXT), NoteError::Form);
    assert_eq!(refused(&format!("{TEXT}\n")), NoteError::Form);
    assert_eq!(refused(whole.trim_end()), NoteError::Form);
    assert_eq!(refused(&format!("{whole}\n")), NoteError::Form);
    assert_eq!(refused(&whole.replace("problem,", "problem,\r")), NoteError::Characters);
    assert_eq!(Note::parse([whole.as_bytes(), b"\xff"].concat()), Err(NoteError::Characters));
    assert_eq!(refused(&format!("{whole}— name\n")), NoteError::Line(2));
    assert_eq!(refused(&format!("{whole}- name x08go/ZJ\n")), NoteError::Line(2));
    assert_eq!(refused(&format!("{whole}—  x08go/ZJ\n")), NoteError::Line(2));
    assert_eq!(refused(&format!("{whole}— a+b x08go/ZJ\n")), NoteError::Line(2));
    assert_eq!(refused(&format!("{whole}— name x08go/ZJ \n")), NoteError::Line(2));
    assert_eq!(refused(&format!("{whole}— name x08gow==\n")), NoteError::Line(2));
    assert_eq!(refused(&format!("{whole}— na\u{a0}me x08go/ZJ\n")), NoteError::Line(2));
    // The last sextet of a signature of 68 bytes has two bits that no byte takes up.
    assert_eq!(refused(&whole.replace("JnAM=", "JnAN=")), NoteError::Line(1));
    assert_eq!(refused(&whole.replace("JnAM=", "JnAM")), NoteError::Line(1));
    let long = BASE64_STANDARD.encode(vec![0; SIGNATURE_BYTES_MAX + 5]);
    assert_eq!(refused(&format!("{whole}— name {long}\n")), NoteError::SignatureLarge(2, SIGNATURE_BYTES_MAX + 1));
    assert_eq!(refused(&"x".repeat(NOTE_BYTES_MAX + 1)), NoteError::Large(NOTE_BYTES_MAX + 1));
}

#[test]
fn unknown_signatures_are_kept_up_to_a_limit() {
    let signer = signer("log.example");
    let own = sign(TEXT, &signer);
    let stranger = |number: usize| Signature { name: format!("stranger-{number}"), id: own.id, bytes: vec![1; 64] };
    let note = |count: usize| {
        let signatures = [own.clone()].into_iter().chain((1..count).map(stranger)).collect();
        Note { text: TEXT.to_owned(), signatures }
    };
    let full = Note::parse(note(SIGNATURES_MAX).encode()).unwrap();
    assert_eq!(full, note(SIGNATURES_MAX));
    assert_eq!(verify(&full, &signer.verifier_key()), Ok(()));
    assert_eq!(Note::parse(note(SIGNATURES_MAX + 1).encode()), Err(NoteError::Signatures));
}

#[test]
fn a_signature_counts_for_its_key_once_and_only_when_it_fits() {
    let (log, witness) = (signer("log.example"), signer("witness.example"));
    let (key, name, id) = (log.verifier_key(), "log.example".to_owned(), log.verifier_key().id);
    let note = |signatures: Vec<Signature>| Note { text: TEXT.to_owned(), signatures };
    let own = sign(TEXT, &log);
    assert_eq!(verify(&note(vec![own.clone()]), &key), Ok(()));
    assert_eq!(verify(&note(vec![]), &key), Err(NoteError::Unsigned { name: name.clone(), id }));
    assert_eq!(verify(&note(vec![sign(TEXT, &witness)]), &key), Err(NoteError::Unsigned { name: name.clone(), id }));
    assert_eq!(verify(&note(vec![own.clone(), own.clone()]), &key), Err(NoteError::Twice { name: name.clone(), id }));
    let wrong = Err(NoteError::Signature { name: name.clone(), id });
    assert_eq!(verify(&note(vec![sign("other\n", &log)]), &key), wrong);
    assert_eq!(verify(&note(vec![Signature { bytes: own.bytes[1..].to_vec(), ..own.clone() }]), &key), wrong);
    let role = NoteError::Role { name: name.clone(), id: log.cosigner_key().id, is: "witness", needed: "log" };
    assert_eq!(verify(&note(vec![own.clone()]), &log.cosigner_key()), Err(role));
    assert!(verify_cosignature(&note(vec![own]), &key).is_err());
}

#[test]
fn a_cosignature_tells_its_time() {
    let (log, witness) = (signer("log.example"), signer("witness.example"));
    let key = witness.cosigner_key();
    let note = |signature: Signature| Note { text: TEXT.to_owned(), signatures: vec![sign(TEXT, &log), signature] };
    let own = cosign(TEXT, &witness, 1_679_315_147);
    assert_eq!(verify_cosignature(&note(own.clone()), &key), Ok(1_679_315_147));
    let wrong = Err(NoteError::Signature { name: key.name.clone(), id: key.id });
    let mut later = own.clone();
    later.bytes[7] ^= 1;
    assert_eq!(verify_cosignature(&note(later), &key), wrong);
    assert_eq!(verify_cosignature(&note(cosign("other\n", &witness, 1)), &key), wrong);
    assert_eq!(verify_cosignature(&note(cosign(TEXT, &witness, 1 << 63)), &key), wrong);
    assert_eq!(verify_cosignature(&note(Signature { bytes: vec![1; 7], ..own.clone() }), &key), wrong);
    // A log's signature of the same key is no cosignature, and the other way round.
    assert!(verify_cosignature(&note(Signature { id: key.id, ..sign(TEXT, &witness) }), &key).is_err());
    assert!(verify(&note(own), &witness.verifier_key()).is_err());
}

/// The checkpoint of C2SP tlog-cosignature, and the id of its witness's key.
#[test]
fn checkpoints_are_read_as_the_specification_writes_them() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(text).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_text(), text);
    let extended = format!("{text}one\ntwo\n");
    assert_eq!(Checkpoint::parse(&extended), Ok(checkpoint));
    assert_eq!(Checkpoint::extensions(&extended), ["one", "two"]);
    assert_eq!(Checkpoint::extensions(text), [""; 0]);
}

#[test]
fn checkpoints_of_another_form_are_refused() {
    let root = BASE64_STANDARD.encode([7; 32]);
    let refused = |text: &str| Checkpoint::parse(text).unwrap_err().to_string();
    let size = "line 2 of the checkpoint is not a size: digits without zeroes before them";
    let hash = "line 3 of the checkpoint is not a root: 32 bytes in base64";
    assert_eq!(refused(""), "line 1 of the checkpoint is not ended");
    assert_eq!(refused(&format!("o\n1\n{root}")), "line 3 of the checkpoint is not ended");
    assert_eq!(refused(&format!("\n1\n{root}\n")), "line 1 of the checkpoint is not the origin of a log");
    for number in ["", "01", "+1", "-1", "1 ", "18446744073709551616"] {
        assert_eq!(refused(&format!("o\n{number}\n{root}\n")), size);
    }
    for root in ["", "AAAA", &root[..43], &root.replace("wc=", "wd="), &format!("{root}=")] {
        assert_eq!(refused(&format!("o\n1\n{root}\n")), hash, "{root}");
    }
    assert_eq!(refused("o\n"), size);
    assert_eq!(refused("o\n1\n"), hash);
    assert_eq!(refused(&format!("o\n1\n{root}\n\n")), "line 4 of the checkpoint is not an extension: it is empty");
}

proptest! {
    #[test]
    fn a_flipped_bit_of_a_signed_checkpoint_is_refused(size: u64, root: [u8; 32], at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let signer = signer("log.example/spe");
        let checkpoint = Checkpoint { origin: "log.example/spe".to_owned(), size, root };
        let text = checkpoint.to_text();
        let note = Note { signatures: vec![sign(&text, &signer)], text };
        let mut bytes = note.encode().into_bytes();
        prop_assert_eq!(Note::parse(&bytes), Ok(note.clone()));
        prop_assert_eq!(verify(&note, &signer.verifier_key()), Ok(()));
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let believed = Note::parse(&bytes).and_then(|note| verify(&note, &signer.verifier_key()));
        prop_assert!(believed.is_err(), "byte {at}");
    }

    #[test]
    fn any_text_is_a_note_of_one_form_or_refused(note in "([a-z\n —]{0,6}|\n\n|— [a-z]{1,3} [A-Za-z0-9+/]{8}\n){1,8}") {
        if let Ok(read) = Note::parse(&note) {
            prop_assert_eq!(read.encode(), note);
        }
    }

    #[test]
    fn keys_are_read_as_written(seed: [u8; 32], name in "[a-z./-]{1,20}") {
        let signer = SignerKey::new(&name, &seed).unwrap();
        prop_assert_eq!(SignerKey::from_text(&signer.to_text()).unwrap().verifier_key(), signer.verifier_key());
        for key in [signer.verifier_key(), signer.cosigner_key()] {
            prop_assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
        }
    }
}

fn signer(name: &str) -> SignerKey {
    let mut seed = [0; 32];
    seed[..name.len().min(32)].copy_from_slice(&name.as_bytes()[..name.len().min(32)]);
    SignerKey::new(name, &seed).unwrap()
}
