//! The three forms that persons write: spe.yaml, waiver and attestation. Every key, what it holds and what it is for.
use super::shape::{Default, Field, Form, Shape, fact, list, optional, required, some};

pub(super) const API_VERSION: &str = "speguard.io/v1alpha1";
pub(super) const DESCRIPTION_KIND: &str = "SecureProcessingEnvironment";
pub(super) const WAIVER_KIND: &str = "Waiver";
pub(super) const ATTESTATION_KIND: &str = "Attestation";

/// The three as kinds of a cluster, with their group.
pub const KINDS: [&str; 3] =
    ["speguard.io/SecureProcessingEnvironment", "speguard.io/Waiver", "speguard.io/Attestation"];

/// Names of the platforms of which everything may have been read.
const PLATFORMS: &[&str] =
    &["kubernetes", "azurerm", "aws", "google", "openstack", "github", "keycloak", "arm", "cloudformation"];

/// Ten years: a retention beyond it is more likely a slip of the hand than a decision.
const RETENTION_DAYS_MAX: i64 = 3660;

const NONE: Default = Default::Texts(&[]);
const TEXTS: Shape = list(&Shape::Text);
const METADATA: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "the name that reports use"),
    optional("namespace", Shape::Text, "where it lies in a cluster; not read"),
    optional("labels", Shape::Free, "not read"),
    optional("annotations", Shape::Free, "not read"),
]));

const fn whole(kind: &'static str, spec: &'static Form) -> [Field; 4] {
    [
        required("apiVersion", Shape::Constant(API_VERSION), "the version of this form"),
        required("kind", Shape::Constant(kind), "what this is"),
        required("metadata", METADATA, "its name"),
        required("spec", Shape::Map(spec), "what it says"),
    ]
}

pub(super) const DESCRIPTION: Form = Form::of(&whole(DESCRIPTION_KIND, &SPEC));
pub(super) const WAIVER: Form = Form::of(&whole(WAIVER_KIND, &WAIVER_SPEC));
pub(super) const ATTESTATION: Form = Form::of(&whole(ATTESTATION_KIND, &ATTESTATION_SPEC));

const OWNER: Field = required("owner", Shape::Text, "who answers for it: a person or a role");
const REASON: Field = required("reason", Shape::Text, "why it is needed");
const EXPIRES: Field = required("expires", Shape::Date, "its last day; afterwards it counts as absent");
const EXPIRES_MAYBE: Field = optional("expires", Shape::Date, "its last day; afterwards it counts as absent");

const PROJECT: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "the value of the project label"),
    optional("permit", Shape::Text, "the data permit's id"),
    optional("expires", Shape::Date, "the permit's last day; the project stays a project afterwards"),
    optional("namespaces", TEXTS, "its namespaces by name"),
    optional("selector", Shape::Labels, "labels that its namespaces carry, all of them"),
]));
const DESTINATION_FIELDS: [Field; 7] = [
    optional("cidr", Shape::Range, "addresses"),
    optional("host", Shape::Host, "a host name, or all below one as *.example.no"),
    optional("service_tag", Shape::ServiceTag, "a cloud's name for a group of addresses"),
    optional("ports", list(&Shape::Port), "protocol and port, as tcp/443; none = every port"),
    OWNER,
    REASON,
    EXPIRES,
];
const DESTINATION: Shape = Shape::Map(&Form::one_of(&DESTINATION_FIELDS, &["cidr", "host", "service_tag"]));
const SHARED_SERVICE: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "what it is called"),
    optional("namespace", Shape::Text, "the namespace it runs in"),
    optional("selector", Shape::Labels, "labels of its pods"),
    optional("ports", list(&Shape::Port), "where it listens; none = every port"),
    OWNER,
    EXPIRES_MAYBE,
]));
const FRONT_DOOR: Shape = Shape::Map(&Form::one_of(
    &[
        optional("resource", Shape::Text, "the address of the resource that is the door"),
        optional("name", Shape::Text, "its name"),
        optional("namespace", Shape::Text, "every ingress of a namespace"),
        optional("host", Shape::Host, "an ingress by its host name"),
        optional("address", Shape::Text, "a public address"),
        optional("networks", list(&Shape::Range), "the networks it is meant for; none where it is for everybody"),
        OWNER,
        EXPIRES_MAYBE,
    ],
    &["resource", "name", "namespace", "host", "address"],
));
const NAMED_AND_OWNED: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "what it is called"),
    OWNER,
    optional("reason", Shape::Text, "why it is needed"),
    EXPIRES_MAYBE,
]));
const ROSTER: Shape = Shape::Map(&Form::of(&[
    required("permit", Shape::Text, "the data permit's id"),
    required("persons", TEXTS, "who may work under it"),
]));
const LOG_STORE: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "what it is called"),
    required("platform", Shape::Text, "the platform it is on, or outside"),
    required("classes", some(&Shape::Text), "which logs are kept there: authentication, workspace_session, …"),
    optional("resource", Shape::Text, "its address, where it is in the code that is read"),
    optional("retention_days", Shape::Int { minimum: 0, maximum: RETENTION_DAYS_MAX }, "how long entries stay"),
    optional("immutable", Shape::Bool, "whether entries can be changed or removed before that"),
    optional("owner", Shape::Text, "who answers for it"),
]));
const CLUSTER: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "what it is called"),
    required("sources", some(&CLUSTER_SOURCE), "the folders whose objects run in it"),
    optional("network_plugin", Shape::Text, "what enforces network policies there"),
    optional("node_route", NODE_ROUTE, "what closes the nodes' own way out, where no cloud code shows it"),
]));
const CLUSTER_SOURCE: Shape = Shape::Map(&Form::of(&[
    required("path", Shape::Text, "a folder, a chart or an overlay, relative to the repository"),
    optional("namespace", Shape::Text, "the namespace of objects that say none"),
]));
const NODE_ROUTE: Shape = Shape::Map(&Form::of(&[
    required("closed_by", Shape::Text, "what closes it: a firewall, an isolated network"),
    OWNER,
    EXPIRES,
]));
const ZONE: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "project, airlock, front-door or platform"),
    optional("namespaces", TEXTS, "its namespaces"),
    optional("networks", list(&Shape::Range), "its addresses"),
]));
const IDENTITY_PROVIDER: Shape = Shape::Map(&Form::of(&[
    required("name", Shape::Text, "what it is called"),
    optional("platform", Shape::Choice(PLATFORMS), "the platform it is on, where it can be read"),
    optional("realm", Shape::Text, "the realm or tenant that people sign in to"),
    optional("issuer", Shape::Text, "the issuer in its tokens"),
    optional("owner", Shape::Text, "who answers for it"),
]));
const SIGNER: Shape = Shape::Map(&Form::one_of(
    &[
        optional("key", Shape::Text, "a public key, or where it lies"),
        optional("issuer", Shape::Text, "who vouches for the identity"),
        optional("subject", Shape::Text, "the identity, with issuer"),
        optional("owner", Shape::Text, "who answers for it"),
        EXPIRES_MAYBE,
    ],
    &["key", "issuer"],
));

/// Everything that spe.yaml may say. A `fact` is a parameter of criteria under the same name, with the same default.
pub(super) const SPEC: Form = Form::of_parts(&[
    optional("profile", Shape::Text, "the profile to judge by: minimum, recommended or a file"),
    optional("projects", list(&PROJECT), "one workspace for each data permit"),
    fact("project_label", Shape::Text, Default::Text("spe/project"), "the label that names the project"),
    fact("permit_label", Shape::Text, Default::Text("spe/permit-id"), "the label that names the data permit"),
    fact("permit_expires_label", Shape::Text, Default::Text("spe/permit-expires"), "the label with its last day"),
    fact("owner_label", Shape::Text, Default::Text("spe/owner"), "the label that names the owner"),
    fact("classification_label", Shape::Text, Default::Text("spe/classification"), "the label with the class of data"),
    fact("zone_label", Shape::Text, Default::Text("spe/zone"), "the label that names the zone"),
    fact("environment_label", Shape::Text, Default::Text("spe/environment"), "the label: production, test, …"),
    fact("production_values", TEXTS, Default::Texts(&["production", "prod"]), "its values that mean production"),
    fact("quarantine_label", Shape::Text, Default::Text("spe/quarantine"), "the label that stops a project"),
    fact(
        "debug_annotation",
        Shape::Text,
        Default::Text("spe/break-glass"),
        "the annotation of an approved debug session",
    ),
    fact(
        "exempt_namespaces",
        TEXTS,
        Default::Texts(&["kube-system"]),
        "namespaces without a project's rules; reported",
    ),
    fact(
        "private_ranges",
        list(&Shape::Range),
        PRIVATE_RANGES,
        "own public addresses; private ones need not be listed",
    ),
    fact("allowed_destinations", list(&DESTINATION), NONE, "where workloads may connect to"),
    fact("allowed_proxies", list(&DESTINATION), NONE, "proxies and mirrors that workloads may use"),
    fact("shared_services", list(&SHARED_SERVICE), NONE, "services that every project may reach"),
    fact("front_doors", list(&FRONT_DOOR), NONE, "the ways in from outside"),
    fact("approved_registries", TEXTS, NONE, "registries and repositories, matched on whole path segments"),
    fact("approved_mirrors", list(&NAMED_AND_OWNED), NONE, "package mirrors"),
    fact("approved_resolvers", TEXTS, NONE, "internal resolvers by address"),
    fact("approved_images", list(&NAMED_AND_OWNED), NONE, "machine images by id, gallery or pattern"),
    fact("trusted_signers", list(&SIGNER), NONE, "who may sign what runs here"),
    fact("admin_sources", TEXTS, NONE, "addresses or security groups of the administration path"),
    fact("platform_roles", TEXTS, NONE, "roles and groups of platform staff"),
    fact("platform_subjects", TEXTS, NONE, "roles and accounts that are not members of a project"),
    fact("break_glass_accounts", BREAK_GLASS, NONE, "emergency accounts"),
    fact("permit_roster", list(&ROSTER), Default::Null, "persons by permit, as the controller supplies them"),
    fact("assurance_values", TEXTS, ASSURANCE, "acr values that the identity provider gives for strong sign-in"),
    fact("amr_values", TEXTS, AMR, "amr values accepted as a second factor"),
    fact("airlock_identities", TEXTS, NONE, "accounts and roles of the airlock"),
    fact("airlock_stores", TEXTS, NONE, "stores and volumes that exports pass"),
    fact("allowed_places", TEXTS, NONE, "regions for keys and backups"),
    fact("encrypted_storage_classes", TEXTS, NONE, "storage classes that are encrypted below Kubernetes"),
    optional("nodes_encrypted", Shape::Bool, "whether the nodes' own disks are encrypted"),
    optional("regions", TEXTS, "the regions that the environment is in"),
    optional("identity_provider", IDENTITY_PROVIDER, "where people sign in"),
    optional("log_stores", list(&LOG_STORE), "where logs end"),
    optional("network_plugin", Shape::Text, "what enforces network policies: cilium, calico, …"),
    optional("zones", list(&ZONE), "parts of the environment"),
    optional("clusters", list(&CLUSTER), "which sources make up one cluster"),
    optional("waivers", Shape::Text, "the folder of waivers"),
    optional("attestations", Shape::Text, "the folder of attestations"),
    optional("complete", list(&Shape::Choice(PLATFORMS)), "platforms of which everything is in what is read"),
]);

/// Private and shared address space and link-local addresses: `model::default_private_ranges`.
const PRIVATE_RANGES: Default = Default::Texts(&[
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
]);
const ASSURANCE: Default = Default::Texts(&["idporten-loa-substantial", "idporten-loa-high"]);
const AMR: Default = Default::Texts(&["mfa", "otp", "hwk", "fido", "swk", "pop", "sc"]);
/// The bound of SPE-MFA-01 `break_glass_accounts`.
const BREAK_GLASS: Shape = Shape::List {
    of: &NAMED_AND_OWNED,
    minimum: 0,
    maximum: Some((2, "each account past the second factor is a way in for whoever finds its password")),
};

const WAIVER_SPEC: Form = Form::of(&[
    required("criterion", Shape::Text, "the criterion's id"),
    required("resources", some(&Shape::Text), "[root:]address, as reports print it; * stands for any text"),
    optional("reasons", TEXTS, "which reasons of the criterion; none = all"),
    required("reason", Shape::Text, "why this is accepted for now"),
    required("owner", Shape::Text, "who will put it right"),
    required("approver", Shape::Text, "who accepts the risk: another than the owner"),
    required("granted", Shape::Date, "the day it was approved"),
    required("expires", Shape::Date, "its last day, at most 180 days after it was granted"),
]);

const ATTESTATION_SPEC: Form = Form::of(&[
    required("criterion", Shape::Text, "the criterion's id"),
    required("verdict", Shape::Choice(&["met", "not_met"]), "what is stated"),
    required("statement", Shape::Text, "what was seen, in a sentence or two"),
    required("owner", Shape::Text, "who states it"),
    required("stated", Shape::Date, "the day of the statement"),
    required("expires", Shape::Date, "its last day"),
    optional("evidence", TEXTS, "documents, tickets or links that show it"),
]);
