//! Time from outside: stamps against `openssl ts`, cosignatures against a witness that others wrote.
use authority::{Authority, ED25519, LAPSED, P256, P384, RSA, VALID, embedded, openssl, time_stamp};
use proptest::prelude::*;
use server::serve;
use speguard::record::{
    anchor::{self, AnchorError, Token},
    authority::{AuthorityError, ask},
    der,
    http::Plain,
};

pub(crate) mod authority;
pub(crate) mod server;
mod witness;

const DATA: &[u8] = b"provider.example/evidence/spe-01/lead/2026\n70000\nroot\n";
const NONCE: u64 = 0xae1f_1b21_fd9f_17da;

fn verify(token: &[u8], root: &Authority, extra: &[&str]) -> Result<anchor::Verified, AnchorError> {
    let extra: Vec<_> = extra.iter().map(|name| root.certificate(name)).collect();
    anchor::verify(token, DATA, &[root.certificate("root")], &extra)
}

#[test]
fn what_openssl_stamps_is_accepted_with_its_chain_and_without() {
    if !openssl("what_openssl_stamps_is_accepted_with_its_chain_and_without") {
        return;
    }
    let authority = Authority::new();
    let cases =
        [(RSA, "v1-sha256"), (RSA, "v2-sha384"), (RSA, "v2long-sha512"), (P256, "v1-sha512"), (P384, "v2-sha384")];
    for (number, (key, section)) in cases.into_iter().enumerate() {
        let stamp = format!("stamp{number}");
        authority.issue(&stamp, key, "stamp", Some("between"), VALID);
        let request = anchor::request(DATA, NONCE + u64::try_from(number).unwrap());
        for chain in [&["between", "root"][..], &[]] {
            let reply = authority.reply(&stamp, section, &request, chain);
            let said = format!("{section}, chain {chain:?}");
            assert_eq!(authority.accepts(&reply, &request, "root", "between"), Ok(()), "{said}");
            anchor::answers(&request, &reply).unwrap();
            let verified = verify(&reply, &authority, &["between"]).unwrap();
            assert_eq!(verified.signer, format!("O=Example, CN={stamp}"), "{said}");
            assert_eq!(verified.renew_before_ms, 4_102_444_799_000, "{said}");
            let Token { accuracy_ms, policy, authority: name, .. } = &verified.token;
            assert_eq!((*accuracy_ms, policy.as_str()), (Some(1501), "1.2.3.4.1"), "{said}");
            assert_eq!(name.as_ref(), Some(&verified.signer), "{said}");
            match (chain, verify(&reply, &authority, &[])) {
                ([], Err(AnchorError::Chain { .. })) | ([_, ..], Ok(_)) => {}
                (_, other) => panic!("{said}: {other:?}"),
            }
        }
    }
}

#[test]
fn certificates_in_no_order_are_accepted() {
    if !openssl("certificates_in_no_order_are_accepted") {
        return;
    }
    let authority = Authority::new();
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    let request = anchor::request(DATA, NONCE);
    let reply = ["root", "between"].map(|first| {
        let second = if first == "root" { "between" } else { "root" };
        authority.reply("stamp", "v2-sha256", &request, &[first, second])
    });
    // DER sorts a SET by its bytes; of two orders at most one is that.
    assert!(reply.iter().any(|reply| !embedded(reply).is_sorted()), "openssl has begun to sort");
    for reply in reply {
        verify(&reply, &authority, &[]).unwrap();
    }
}

#[test]
fn what_openssl_reads_of_a_token_is_what_we_read() {
    if !openssl("what_openssl_reads_of_a_token_is_what_we_read") {
        return;
    }
    let authority = Authority::new();
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    let request = anchor::request(DATA, NONCE);
    authority.write("ours", &request);
    authority.write("data", DATA);
    authority.run(&["ts", "-query", "-data", "data", "-sha256", "-cert", "-no_nonce", "-out", "theirs"]);
    let theirs = authority.read("theirs");
    let nonce = der::write_number(&NONCE.to_be_bytes());
    let at = theirs.len() - 3;
    let inside = [&theirs[2..at], &nonce, &theirs[at..]].concat();
    assert_eq!(request, der::write(der::SEQUENCE, &[&inside]), "the request is openssl's with our nonce");
    let said = String::from_utf8(authority.run(&["ts", "-query", "-in", "ours", "-text"])).unwrap();
    assert!(said.contains("Nonce: 0xAE1F1B21FD9F17DA") && said.contains("Certificate required: yes"), "{said}");

    let reply = authority.reply("stamp", "v2-sha256", &request, &[]);
    authority.write("reply", &reply);
    let said = String::from_utf8(authority.run(&["ts", "-reply", "-in", "reply", "-text"])).unwrap();
    let token = Token::read(&reply).unwrap();
    let serial: String = token.serial.iter().map(|octet| format!("{octet:02X}")).collect();
    assert!(said.contains(&format!("Serial number: 0x{serial}")), "{said}");
    let time = said.lines().find_map(|line| line.strip_prefix("Time stamp: ")).unwrap();
    authority.write("time", time.as_bytes());
    // `Nov 21 20:14:03.114 2026 GMT`: the fraction and the last digits of minute and second are enough to tell a slip.
    let clock = time.split(' ').find(|word| word.contains(':')).unwrap();
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let numbers: Vec<i64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    let of_day = (numbers[0] * 3600 + numbers[1] * 60 + numbers[2]) * 1000;
    let fraction: i64 = format!("{fraction:0<3}").parse().unwrap();
    assert_eq!(token.time_ms % 86_400_000, of_day + fraction, "{time}");
}

#[test]
fn a_stamp_is_had_over_http_and_an_answer_to_another_request_is_not_one() {
    if !openssl("a_stamp_is_had_over_http_and_an_answer_to_another_request_is_not_one") {
        return;
    }
    let authority = Authority::new();
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    let url = serve(move |request| {
        assert!(request.head.starts_with("post /tsr "), "{}", request.head);
        assert!(request.head.contains("content-type: application/timestamp-query"), "{}", request.head);
        let reply = authority.reply("stamp", "v2-sha256", &request.body, &["between"]);
        (200, "content-type: application/timestamp-reply\r\n".to_owned(), reply)
    });
    let url = format!("{url}/tsr");
    let request = anchor::request(DATA, NONCE);
    let reply = ask(&url, &request, Plain::Loopback).unwrap();
    assert_eq!(Token::read(&reply).unwrap().nonce, Some([&[0][..], &NONCE.to_be_bytes()].concat()));
    for other in [anchor::request(DATA, NONCE + 1), anchor::request(b"other", NONCE)] {
        assert!(matches!(anchor::answers(&other, &reply), Err(AnchorError::OtherRequest)));
    }
    match ask(&url, b"no request", Plain::Loopback) {
        Err(AuthorityError::Answer(AnchorError::Refused { status: 2, words })) => {
            assert_eq!(words, "Bad request format or system error.; failure bits 04");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stamp_that_shows_nothing_is_refused_and_the_reason_is_told() {
    if !openssl("a_stamp_that_shows_nothing_is_refused_and_the_reason_is_told") {
        return;
    }
    let (authority, other) = (Authority::new(), Authority::new());
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    authority.issue("lapsed_root", P256, "root", None, LAPSED);
    authority.issue("below_lapsed", P256, "stamp", Some("lapsed_root"), VALID);
    authority.issue("lapsed_between", P256, "between", Some("root"), LAPSED);
    authority.issue("below_between", P256, "stamp", Some("lapsed_between"), VALID);
    authority.issue("lapsed", P256, "stamp", Some("between"), LAPSED);
    let request = anchor::request(DATA, NONCE);
    let reply = |signer| authority.reply(signer, "v2-sha256", &request, &["between"]);
    let ours = authority.certificate("root");
    let check = |token: &[u8], data: &[u8], roots: &[Vec<u8>], extra: &[&str], expected: &str| {
        let extra: Vec<_> = extra.iter().map(|name| authority.certificate(name)).collect();
        let error = anchor::verify(token, data, roots, &extra).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    };
    let good = reply("stamp");
    check(&good, &[DATA, b"\n"].concat(), std::slice::from_ref(&ours), &[], "stamps other data");
    check(&good, DATA, &[], &[], "does not lead to a given root");
    // The other authority has the same names everywhere, and other keys.
    check(&good, DATA, &[other.certificate("root")], &[], "does not lead to a given root");
    // What came along is no root, and neither is the signer itself.
    check(&good, DATA, &[authority.certificate("stamp")], &[], "does not lead to a given root");
    verify(&reply("stamp"), &authority, &["lapsed_root"]).unwrap();

    check(&reply("lapsed"), DATA, std::slice::from_ref(&ours), &[], "had expired when the time was stamped");
    assert!(authority.accepts(&reply("lapsed"), &request, "root", "between").unwrap_err().contains("expired"));
    check(&reply("below_between"), DATA, std::slice::from_ref(&ours), &["lapsed_between"], "had expired");
    let lapsed = [ours.clone(), authority.certificate("lapsed_root")];
    check(&reply("below_lapsed"), DATA, &lapsed, &[], "had expired when the time was stamped");

    let bare = authority.sign_again(&good, "stamp", &["-cades", "-nocerts"]);
    check(&bare, DATA, std::slice::from_ref(&ours), &["between"], "is neither in it nor among those given");
    verify(&bare, &authority, &["between", "stamp"]).unwrap();
    let unnamed = authority.sign_again(&good, "stamp", &[]);
    check(&unnamed, DATA, std::slice::from_ref(&ours), &["between"], "no signed attribute says which certificate");
    check(b"", DATA, std::slice::from_ref(&ours), &[], "malformed");
    check(&good[..good.len() - 1], DATA, std::slice::from_ref(&ours), &[], "malformed");
    check(&[&good[..], b"\0"].concat(), DATA, std::slice::from_ref(&ours), &[], "malformed");
}

#[test]
fn a_certificate_for_something_else_stamps_no_time() {
    if !openssl("a_certificate_for_something_else_stamps_no_time") {
        return;
    }
    let authority = Authority::new();
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    let reply = authority.reply("stamp", "v2-sha256", &anchor::request(DATA, NONCE), &[]);
    // Signed again with the right certificate, named by issuer or by key, it is accepted: the reason is the certificate.
    for options in [&["-cades"][..], &["-cades", "-keyid"], &["-cades", "-md", "sha512"]] {
        verify(&authority.sign_again(&reply, "stamp", options), &authority, &["between"]).unwrap();
    }
    let cases = [
        ("no_purpose", "it has no extended key usage"),
        ("other_purpose", "does not name time stamping"),
        ("two_purposes", "names other purposes"),
        ("not_critical", "not marked critical"),
        ("no_signing", "allows no signatures"),
        ("between", "it has no extended key usage"),
    ];
    for (extensions, expected) in cases {
        if extensions != "between" {
            authority.issue(extensions, P256, extensions, Some("between"), VALID);
        }
        let token = authority.sign_again(&reply, extensions, &["-cades"]);
        match verify(&token, &authority, &["between"]) {
            Err(AnchorError::NotForTimeStamps(why)) => assert!(why.contains(expected), "{extensions}: {why}"),
            other => panic!("{extensions}: {other:?}"),
        }
    }
}

/// Every byte of a token without chain is changed in three ways. One alone may change: the status that stands before
/// the token, from granted to granted with changes, and what the token says stays the same.
#[test]
fn no_byte_that_is_signed_can_be_changed() {
    if !openssl("no_byte_that_is_signed_can_be_changed") {
        return;
    }
    let authority = Authority::new();
    for (name, key, section) in [("elliptic", P256, "v2-sha256"), ("rsa", RSA, "v1-sha256")] {
        authority.issue(name, key, "stamp", Some("between"), VALID);
        let reply = authority.reply(name, section, &anchor::request(DATA, NONCE), &[]);
        let expected = verify(&reply, &authority, &["between"]).unwrap();
        let mut accepted = Vec::new();
        for at in 0..reply.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = reply.clone();
                changed[at] ^= change;
                if let Ok(verified) = verify(&changed, &authority, &["between"]) {
                    assert_eq!(verified, expected, "byte {at}");
                    accepted.push((at, change));
                }
            }
        }
        let status = reply.windows(5).position(|window| window == [der::SEQUENCE, 3, der::INTEGER, 1, 0]).unwrap() + 4;
        assert_eq!(accepted, [(status, 1)], "{name}: {} bytes", reply.len());
    }
}

#[test]
fn a_token_made_by_hand_is_judged_by_each_of_its_signed_attributes() {
    if !openssl("a_token_made_by_hand_is_judged_by_each_of_its_signed_attributes") {
        return;
    }
    let authority = Authority::new();
    authority.issue("stamp", ED25519, "stamp", Some("between"), VALID);
    authority.issue("helper", P256, "stamp", Some("between"), VALID);
    let info = time_stamp(&authority.reply("helper", "v2-sha256", &anchor::request(DATA, NONCE), &[]));
    let sequence = |parts: &[&[u8]]| der::write(der::SEQUENCE, parts);
    let octets = |content: &[u8]| der::write(der::OCTET_STRING, &[content]);
    let identifier = |content: &[u8]| der::write(der::OBJECT_IDENTIFIER, &[content]);
    let attribute = |number: &[u8], value: &[u8]| {
        let number = [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9][..], number].concat();
        sequence(&[&identifier(&number), &der::write(der::SET, &[value])])
    };
    let sha512 = sequence(&[&identifier(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3])]);
    let digest = |bytes: &[u8]| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, bytes).as_ref().to_vec();
    let kind = attribute(&[3], &identifier(authority::TIME_STAMP));
    let message = attribute(&[4], &octets(&digest(&info)));
    let named = |certificate: &[u8]| {
        let first = sequence(&[&sha512, &octets(&digest(certificate))]);
        attribute(&[16, 2, 47], &sequence(&[&sequence(&[&first])]))
    };
    let named_by_sha1 = |certificate: &[u8]| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
        attribute(&[16, 2, 12], &sequence(&[&sequence(&[&sequence(&[&octets(digest.as_ref())])])]))
    };
    let (stamp, helper) = (authority.certificate("stamp"), authority.certificate("helper"));
    let (by_stamp, by_helper) = (named(&stamp), named(&helper));
    let craft = |attributes: &[&[u8]]| {
        let token = authority.craft(&info, "stamp", &[0x2b, 0x65, 0x70], &sha512, &attributes.concat());
        verify(&token, &authority, &["between", "helper"])
    };
    craft(&[&kind, &message, &by_stamp]).unwrap();
    craft(&[&kind, &message, &by_stamp, &named_by_sha1(&stamp)]).unwrap();
    let cases: &[(&[&[u8]], &str)] = &[
        (&[&message, &by_stamp], "no signed attribute says what is signed"),
        (&[&attribute(&[3], &identifier(authority::SIGNED_DATA)), &message, &by_stamp], "speak of something else"),
        (&[&kind, &by_stamp], "the signed digest is not that of the time stamp"),
        (&[&kind, &attribute(&[4], &octets(&digest(b"other"))), &by_stamp], "the signed digest is not"),
        (&[&kind, &message], "no signed attribute says which certificate"),
        (&[&kind, &message, &by_helper], "named as another"),
        (&[&kind, &message, &by_stamp, &named_by_sha1(&helper)], "is neither in it nor among those given"),
        (&[&kind, &message, &message, &by_stamp], "stands twice"),
        (&[&kind, &message, &by_stamp, &by_helper], "stands twice"),
    ];
    for (attributes, expected) in cases {
        let error = craft(attributes).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    // The algorithm says RSA where the key is another.
    let rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
    let token = authority.craft(&info, "stamp", &rsa, &sha512, &[&kind[..], &message, &by_stamp].concat());
    let error = verify(&token, &authority, &["between"]).unwrap_err().to_string();
    assert!(error.contains("not made by the key of the certificate"), "{error}");
}

fn frozen(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evidence_time/frozen");
    std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
}

/// Two tokens of openssl 3.0 over one checkpoint: `chain.tsr` holds its certificates unsorted, `bare.tsr` the signer's.
#[test]
fn kept_tokens_verify_for_ever() {
    let root = anchor::certificates(&frozen("root.pem")).unwrap();
    let between = anchor::certificates(&frozen("between.pem")).unwrap();
    let both = anchor::certificates(&[frozen("root.pem"), frozen("between.pem")].concat()).unwrap();
    assert_eq!(both, [root.clone(), between.clone()].concat());
    let checkpoint = frozen("checkpoint");
    let chain = anchor::verify(&frozen("chain.tsr"), &checkpoint, &root, &[]).unwrap();
    let bare = anchor::verify(&frozen("bare.tsr"), &checkpoint, &root, &between).unwrap();
    assert!(anchor::verify(&frozen("bare.tsr"), &checkpoint, &root, &[]).is_err());
    assert_eq!((chain.token.time_ms, bare.token.time_ms), (1_795_552_499_817, 1_795_552_499_835));
    assert_eq!((chain.token.serial, bare.token.serial), (vec![0x0b], vec![0x0d]));
    assert_eq!(chain.signer, "O=Example, CN=stamp");
    for (pem, at) in
        [(&b""[..], 0), (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 1), (b"text", 2)]
    {
        assert!(anchor::certificates(pem).is_err(), "{at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_that_is_done_to_a_token_makes_it_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let (root, checkpoint) = (anchor::certificates(&frozen("root.pem")).unwrap(), frozen("checkpoint"));
        let mut token = frozen("chain.tsr");
        for (at, value) in changes {
            let at = at.index(token.len());
            token[at] = value;
        }
        let _ = anchor::verify(&token, &checkpoint, &root, std::slice::from_ref(&token));
        let _ = anchor::verify(&token[..cut.index(token.len())], &checkpoint, std::slice::from_ref(&token), &[]);
    }
}
