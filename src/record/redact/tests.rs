use super::*;
use proptest::prelude::*;
use serde_json::json;

const KEY: [u8; 32] = [7; 32];

fn refused(text: &str, expected: Form) {
    let error = check(&json!({"a": [{"b": text}]})).unwrap_err();
    assert_eq!(error, Forbidden { place: "a[0].b".into(), form: expected }, "{text}");
    assert!(!error.to_string().contains(text), "{error}");
    // What stands in its place may be written.
    assert_eq!(check(&json!(pseudonymous(&KEY, text))), Ok(()), "{text}");
    assert_eq!(check(&json!(hidden(text))), Ok(()), "{text}");
}

fn allowed(text: &str) {
    assert_eq!(check(&json!([text])), Ok(()), "{text}");
    assert_eq!(pseudonymous(&KEY, text), text);
}

/// Nine digits with their two control digits, where they have them.
fn number(nine: &str) -> Option<String> {
    let digits: Vec<u32> = nine.chars().map(|c| c.to_digit(10).unwrap()).collect();
    let control = |weights: &[u32], digits: &[u32]| {
        let sum: u32 = weights.iter().zip(digits).map(|(weight, digit)| weight * digit).sum();
        Some((11 - sum % 11) % 11).filter(|digit| *digit < 10)
    };
    let first = control(&[3, 7, 6, 1, 8, 9, 4, 5, 2], &digits)?;
    let digits: Vec<u32> = digits.into_iter().chain([first]).collect();
    let second = control(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], &digits)?;
    Some(format!("{nine}{first}{second}"))
}

/// The first number with such a beginning.
fn number_from(six: &str) -> String {
    (100..999).find_map(|individual| number(&format!("{six}{individual}"))).unwrap()
}

#[test]
fn people_are_refused() {
    for text in [
        "ola.nordmann@example.org",
        "to <kari@sykehus.example.no>",
        "x[\"a+b@blåbær.no\"]",
        "kari%40example.org",
        "\"kari n\"@example.org",
        "x_example.org#EXT#@t.onmicrosoft.com",
    ] {
        refused(text, Form::EmailAddress);
    }
    // Born, D-number, help number by month, synthetic of two kinds, help number without a date.
    for six in ["010190", "410190", "014190", "018190", "016690", "812345", "999999"] {
        let number = number_from(six);
        refused(&number, Form::NationalIdentityNumber);
        refused(&format!("pod-{number}-x"), Form::NationalIdentityNumber);
        refused(&format!("{} {}", &number[..6], &number[6..]), Form::NationalIdentityNumber);
    }
}

#[test]
fn other_numbers_are_allowed() {
    let number = number_from("010190");
    let last = if number.ends_with('0') { '1' } else { '0' };
    allowed(&format!("{}{last}", &number[..10]));
    allowed(&format!("1{number}"));
    allowed(&format!("a{number}"));
    allowed(&format!("0.{number}"));
    allowed(&number_from("321390"));
}

#[test]
fn credentials_are_refused() {
    for text in [
        "-----BEGIN CERTIFICATE-----",
        "x -----BEGIN EC PRIVATE KEY----- MHc -----END EC PRIVATE KEY-----",
        "LS0tLS1CRUdJTiBDRVJU",
    ] {
        refused(text, Form::PemBlock);
    }
    refused("PRIVATE+KEY+log.example+1f2e3d4c+AQ0123456789", Form::PrivateKey);
    refused(&format!("AGE-SECRET-KEY-1{}", "Q".repeat(58)), Form::PrivateKey);
    refused("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln", Form::WebToken);
    refused("AKIAIOSFODNN7EXAMPLE", Form::AccessToken);
    refused(&format!("ghp_{}", "a1".repeat(18)), Form::AccessToken);
    refused(&format!("github_pat_{}", "a1".repeat(30)), Form::AccessToken);
    refused(&format!("abc8Q~{}", "a.b~-_c".repeat(5)), Form::AccessToken);
    for text in [
        "password=hunter2",
        "db_password : hunter2",
        "\"clientSecret\" = \"x\"",
        "aws_secret_access_key=abc",
        "https://a.blob.example/x?sv=1&sig=abc%3D",
        "DefaultEndpointsProtocol=https;AccountKey=abc==;",
        "Authorization: Bearer abc",
        "PASSORD=x",
        "access.token=x",
    ] {
        refused(text, Form::Password);
    }
    for text in ["https://user:pass@host/x", "ssh://deploy@host", "postgres://u:***@h/db"] {
        refused(text, Form::UserInUrl);
    }
}

#[test]
fn free_text_is_refused() {
    let check_form = |text: String, form| assert_eq!(check(&json!([text])).unwrap_err().form, form);
    check_form("a\nb".into(), Form::LineBreak);
    check_form("a\u{2028}b".into(), Form::LineBreak);
    check_form("a\u{1b}[2J".into(), Form::LineBreak);
    check_form("x".repeat(TEXT_BYTES_MAX + 1), Form::FreeText);
    check_form("the patient in room four was seen by the doctor of the ward today".into(), Form::FreeText);
    allowed(&"x".repeat(TEXT_BYTES_MAX));
}

#[test]
fn keys_are_looked_at_too_and_not_repeated_in_the_error() {
    let number = number_from("010190");
    let error = check(&json!({"counts": { number.as_str(): 1 }})).unwrap_err();
    assert_eq!(error.to_string(), "counts: holds a national identity number, which no entry may hold");
}

/// What entries are made of.
#[test]
fn evidence_is_allowed() {
    for text in [
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sha256:0101901234501019012345010190123450101901234501019012345010190123",
        "hmac:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "01K9ZTAKIA0123456789ABCDEF",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "provider.example/evidence/spe-01/lead/2026",
        "provider.example/evidence/spe-01/lead/2026+1f2e3d4c+ASWnn7GwzYwNPIsxmDc6fkpYeJsigpwd0ySGNn21Yt0T",
        "2026-11-21T20:14:03.114Z",
        "git:1f3c0a9d8e7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d",
        "git@github.com",
        "ssh://git@github.com/example/spe-infra",
        "github.com/example/spe-infra:/",
        "https://tsa.example:443/tsr?x=1",
        "networking.k8s.io/v1/NetworkPolicy",
        "kubernetes|.|apps/Deployment|research|notebook",
        "module.net[\"a\"].azurerm_subnet.this[0]",
        "registry.example/app:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "actions/checkout@v4.2.2",
        "k8s.io/api@v0.36.1",
        "roots/secret:v1/Pod/a/b",
        "random_password.db",
        "automountServiceAccountToken=false",
        "1.33.4",
        "cilium 1.17",
        "ansvarlig for informasjonssikkerhet",
        "6d0e3c1a-7b5f-4e2d-9c8b-0a1b2c3d4e5f",
        "884213",
        "1.3.6.1.4.1.601.10.3.1",
        "-",
        "",
    ] {
        allowed(text);
    }
}

#[test]
fn a_replacement_is_the_same_for_the_same_part_and_says_nothing_without_the_key() {
    let address = |name: &str| format!("github_membership.this[\"{name}@example.org\"]");
    let (kari, ola) = (address("kari"), address("ola"));
    assert_eq!(pseudonymous(&KEY, &kari), pseudonymous(&KEY, &kari));
    assert_ne!(pseudonymous(&KEY, &kari), pseudonymous(&KEY, &ola));
    assert_ne!(pseudonymous(&KEY, &kari), pseudonymous(&[8; 32], &kari));
    assert_eq!(
        pseudonymous(&KEY, &kari),
        format!("github_membership.this[\"{}\"]", commitment(&KEY, b"kari@example.org"))
    );
    assert_eq!(hidden("a@b.no, password=x y c@d.no"), "***, password=*** y ***");
}

/// The text of RFC 4231, test case 2, under a key of 32 bytes; the value is from another implementation.
#[test]
fn a_commitment_is_an_hmac_and_a_salt_its_beginning() {
    let expected = "37853aff7df2ff1f94e194ad66dd7633e01f2642bdbc02f0b6a1ea7540d2ac0e";
    assert_eq!(commitment(&KEY, b"what do ya want for nothing?"), format!("hmac:{expected}"));
    assert_eq!(hexadecimal(&salt(&KEY, b"what do ya want for nothing?")), expected[..32]);
}

proptest! {
    #[test]
    fn any_text_can_be_made_fit_to_be_written(text in "[ -~]{0,60}|([a-z0-9.:@=/%\" -]|password|://|eyJ|git){0,20}") {
        let part_fits = |text: &str| !matches!(form(text), Some(found) if found != Form::FreeText && found != Form::LineBreak);
        let hidden = hidden(&text);
        prop_assert!(part_fits(&hidden), "{} became {}", text, hidden);
        let pseudonymous = pseudonymous(&KEY, &text);
        prop_assert!(part_fits(&pseudonymous), "{} became {}", text, pseudonymous);
    }

    #[test]
    fn digests_and_identifiers_are_never_refused(bytes in any::<[u8; 32]>()) {
        let digest = format!("sha256:{}", hexadecimal(&bytes));
        prop_assert_eq!(check(&json!([digest])), Ok(()));
        let vkey = format!("p.example/evidence/s/lead/2026+1f2e3d4c+{}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, [&[1][..], &bytes].concat()));
        prop_assert_eq!(check(&json!([vkey])), Ok(()));
        let ulid: String = bytes.iter().take(26).map(|byte| char::from(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[usize::from(byte & 31)])).collect();
        prop_assert_eq!(check(&json!([ulid])), Ok(()));
    }

    #[test]
    fn any_text_is_looked_at_without_a_panic(text in ".{0,40}|[@:/=%.\u{e5}\u{1f600}0-9 \"-]{0,30}") {
        let _ = form(&text);
        let _ = hidden(&text);
    }
}
