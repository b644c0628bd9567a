//! The summary for a pipeline's page.
use super::{hostile, stage::*};
use speguard::{
    model::*,
    report::{Format, Language, Page, render},
};

#[test]
fn markdown_tells_everything() {
    insta::assert_snapshot!(Stage::full().render(Format::Markdown), @"
    # Secure processing environment: speguard

    **Something that counts is not met (exit code 1).**

    | Not met | Undetermined | Met | Waived | Warned | Observed | Not applicable | Not looked at | Unread |
    |--:|--:|--:|--:|--:|--:|--:|--:|--:|
    | 5 | 1 | 2 | 1 | 1 | 1 | 1 | 3 | 1 |

    ## Not met and undetermined

    ### SPE-NET-02 No direct outbound access to the internet

    | Verdict | Resource | Finding | Place |
    |---|---|---|---|
    | ❌ not met | <code>apps/Deployment/research/a</code> | uses the network of its node | [app.yaml:1](app.yaml#L1) |
    | ❌ not met | <code>apps/Deployment/research/b</code> | uses the network of its node | [app.yaml:1](app.yaml#L1) |
    | ❌ not met | <code>apps/Deployment/research/c</code> | uses the network of its node | [app.yaml:1](app.yaml#L1) |
    | ❌ not met | <code>apps/Deployment/research/d</code> | uses the network of its node | [app.yaml:1](app.yaml#L1) |
    | ❌ not met | <code>apps/Deployment/research/notebook</code> | uses the network of its node<br>can open connections to 0.0.0.0/0, ::/0 on tcp/443<br>not known beside that: its egress is not established: CiliumNetworkPolicy is not read yet | [app.yaml:7](app.yaml#L7)<br>[app.yaml:17](app.yaml#L17)<br>[app.yaml:1](app.yaml#L1) |

    <details><summary>Why, remedy and sources</summary>

    - **severity:** critical, minimum
    - **why:** One open connection is enough to carry data past the export control.
    - **requirement:** Workloads cannot open connections.
    - **remedy, kubernetes:** Select the pods with a NetworkPolicy.
    - **sources:**
      - EHDS Art. 73(1)(b) <sub>verbatim: the wording was read in the Official Journal; the criterion is our reading of it, not a quotation</sub>
      - SATRE v2.0.1 2.2.11 <sub>verified: the wording was read at the source</sub>

    </details>

    ### SPE-LOG-01 Access logs are kept at least one year

    | Verdict | Resource | Finding | Place |
    |---|---|---|---|
    | ❔ undetermined | <code>speguard/Environment/tre</code> | nobody has stated it yet | [.](.) |
    | ❔ undetermined (warns only) | <code>terraform/core:module.logs.this</code> | retention is not known: var.retention has no value | [terraform/core/logs.tf:7](terraform/core/logs.tf#L7) |
    | ❌ not met (waived) | <code>terraform/core:module.logs.this</code> | keeps logs 30 days of 365 | [terraform/core/logs.tf:7](terraform/core/logs.tf#L7) |
    | ❌ not met (observed only) | <code>terraform/core:module.logs.this</code> | keeps logs 30 days of 365 | [terraform/core/logs.tf:7](terraform/core/logs.tf#L7) |

    <details><summary>Why, remedy and sources</summary>

    - **severity:** high, minimum
    - **why:** Article 73 says one year.
    - **requirement:** Workloads cannot open connections.
    - **remedy, azurerm:** Set retention&#95;in&#95;days.
    - **sources:**
      - EHDS Art. 73(1)(e) <sub>verbatim: the wording was read in the Official Journal; the criterion is our reading of it, not a quotation</sub>

    </details>

    ## What was not looked at, not read or left out

    > there is no spe.yaml: every namespace that is not exempt is taken for a project, no destination outside is allowed, and what only a person can say is not looked at; `speguard init` writes one

    <details><summary>one problem: something was not read, or cannot be relied on</summary>

    - tab in indentation: use spaces
      - [b r/ø&#35;.yaml:3](b%20r/%C3%B8%23.yaml#L3)

    </details>

    <details><summary>not looked at: 3 (criterion and platform)</summary>

    - SPE-LOG-01 Access logs are kept at least one year (kubernetes)
    - SPE-NET-02 No direct outbound access to the internet (azurerm)
    - SPE-NET-02 No direct outbound access to the internet (keycloak)

    </details>

    <details><summary>2 kinds were read that no criterion judges</summary>

    - <code>ConfigMap</code>
    - <code>example.org/Widget</code>

    </details>

    <details><summary>one namespace is exempt from the criteria for projects</summary>

    - <code>kube-system</code>

    </details>

    <details><summary>2 waivers have no effect</summary>

    - old expired on 2026-12-31: its judgements count again
    - stray matches no judgement that needs it: remove it, or correct its criterion and resources

    </details>
    ");
}

#[test]
fn markdown_links_to_the_forge_in_norwegian() {
    let stage = Stage { language: Language::Norwegian, ..Stage::full() };
    let page = Page { link_base: Some("https://github.com/o/r/blob/abc/"), ..stage.page() };
    let text = render(Format::Markdown, &page);
    let row = text.lines().find(|line| line.contains("/notebook")).unwrap();
    insta::assert_snapshot!(row, @"| ❌ ikke oppfylt | <code>apps/Deployment/research/notebook</code> | bruker nettverket til noden<br>kan åpne forbindelser til 0.0.0.0/0, ::/0 på tcp/443<br>i tillegg uavklart: utgående trafikk er ikke fastslått: CiliumNetworkPolicy is not read yet | [app.yaml:7](https://github.com/o/r/blob/abc/app.yaml#L7)<br>[app.yaml:17](https://github.com/o/r/blob/abc/app.yaml#L17)<br>[app.yaml:1](https://github.com/o/r/blob/abc/app.yaml#L1) |");
}

#[test]
fn a_summary_fits_what_github_takes_and_says_what_it_left_out() {
    let mut stage = Stage::empty();
    let why = "x".repeat(280);
    for criterion in 0..200 {
        for nth in 0..60 {
            let finding = Finding::bare("way_unknown").with("why", format!("{nth} {why}"));
            stage.judge(&format!("SPE-{criterion:03}"), &workload("w"), undetermined(finding), Enforcement::Deny);
        }
    }
    stage.assessment.problems = vec![Problem::new(Origin::file("f".repeat(3000)), why); 500];
    let text = stage.render(Format::Markdown);
    assert!(text.len() <= 1024 * 1024, "{}", text.len());
    let cut = text.lines().find(|line| line.contains("left out here")).unwrap();
    let shown = text.matches("\n### ").count();
    assert!(cut.starts_with(&format!("> {} criteria are left out here", 200 - shown)), "{cut}, {shown} shown");
    assert!(text.contains("10 more stand in the text, JSON and SARIF reports."));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn no_name_adds_a_cell_a_row_or_a_tag() {
    let text = hostile().render(Format::Markdown);
    assert!(!text.contains("<b>"));
    for line in text.lines().filter(|line| line.starts_with("| ❌") || line.starts_with("| ❔")) {
        assert_eq!(line.matches('|').count(), 5, "{line}");
    }
}
