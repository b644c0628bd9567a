//! Ways between projects that are no connections: storage, copies, grants, rights.
use super::{derive, environment, lines, of, unlisted};
use speguard::model::{Environment, Project};

const NAMESPACES: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: heart, labels: {spe/project: heart}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: heart-two, labels: {spe/project: heart}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: lungs, labels: {spe/project: lungs}}}
";

fn read(objects: &[String]) -> Environment {
    environment(&(NAMESPACES.to_owned() + &objects.iter().map(|object| format!("---\n{object}\n")).collect::<String>()))
}

#[track_caller]
fn check(objects: &[String], address: &str, expected: &[&str]) {
    assert_eq!(lines(of(&derive(&read(objects)).projects, address)), expected, "{objects:#?}");
}

fn volume(name: &str, source: &str, namespace: Option<&str>) -> String {
    let claim =
        namespace.map(|namespace| format!("claimRef: {{name: data, namespace: {namespace}}}, ")).unwrap_or_default();
    format!("{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: {name}}}, spec: {{{claim}{source}}}}}")
}

#[test]
fn volumes_in_one_place_are_shared_by_their_projects() {
    let pairs = [
        ("nfs: {server: filer, path: /export/a}", "nfs: {server: filer, path: /export/a/}"),
        ("nfs: {server: filer, path: /export}", "nfs: {server: filer, path: /export/a/b}"),
        ("nfs: {server: filer, path: /}", "nfs: {server: filer, path: /export}"),
        ("csi: {driver: d, volumeHandle: h}", "csi: {driver: d, volumeHandle: h}"),
        ("hostPath: {path: /data}", "hostPath: {path: /data/lungs}"),
        (
            "csi: {driver: nfs.csi.k8s.io, volumeHandle: one, volumeAttributes: {server: filer, share: /export}}",
            "csi: {driver: nfs.csi.k8s.io, volumeHandle: two, volumeAttributes: {server: filer, share: /export, subDir: a}}",
        ),
        (
            "nfs: {server: filer, path: /export}",
            "csi: {driver: nfs.csi.k8s.io, volumeHandle: two, volumeAttributes: {server: filer, share: /export}}",
        ),
        ("rbd: {pool: p, image: i, monitors: [m]}", "rbd: {pool: p, image: i, monitors: [m]}"),
    ];
    for (one, other) in pairs {
        let source = |text: &str| text.split_once(':').unwrap().0.to_owned();
        let objects = [volume("v", one, Some("heart")), volume("w", other, Some("lungs"))];
        check(
            &objects,
            "PersistentVolume/v",
            &[&format!("open volume | lungs @ PersistentVolume/w spec.{}", source(other))],
        );
        check(
            &objects,
            "PersistentVolume/w",
            &[&format!("open volume | heart @ PersistentVolume/v spec.{}", source(one))],
        );
    }
    let apart = [
        ("nfs: {server: filer, path: /export/a}", "nfs: {server: filer, path: /export/ab}"),
        ("nfs: {server: filer, path: /export}", "nfs: {server: other, path: /export}"),
        ("csi: {driver: d, volumeHandle: h}", "csi: {driver: d, volumeHandle: i}"),
        ("rbd: {pool: p, image: i}", "rbd: {pool: p, image: k}"),
    ];
    for (one, other) in apart {
        check(&[volume("v", one, Some("heart")), volume("w", other, Some("lungs"))], "PersistentVolume/v", &[]);
    }
    let nfs = "nfs: {server: filer, path: /export}";
    check(&[volume("v", nfs, Some("heart")), volume("w", nfs, Some("heart-two"))], "PersistentVolume/v", &[]);
    check(&[volume("v", nfs, Some("heart")), volume("w", nfs, Some("kube-system"))], "PersistentVolume/v", &[]);
}

#[test]
fn a_volume_without_a_claim_may_be_taken_by_any_project() {
    let claim = |namespace: &str| {
        format!(
            "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: data, namespace: {namespace}}}, spec: {{volumeName: v}}}}"
        )
    };
    let free = volume("v", "nfs: {server: filer, path: /export}", None);
    let why =
        "unknown volume | no claim is named for it: a claim of any project may take it @ PersistentVolume/v spec.nfs";
    check(std::slice::from_ref(&free), "PersistentVolume/v", &[why]);
    check(&[free.clone(), claim("heart")], "PersistentVolume/v", &[]);
    let both =
        ["open volume | lungs @ PersistentVolume/v spec.nfs", "open volume | heart @ PersistentVolume/v spec.nfs"];
    check(&[free, claim("heart"), claim("lungs")], "PersistentVolume/v", &both);
}

#[test]
fn storage_that_a_pod_mounts_by_itself_counts_too() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: heart}, spec: {containers: [], volumes: [{name: x, emptyDir: {}}, {name: d, nfs: {server: filer, path: /export/a}}]}}".to_owned();
    let deny = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: n, namespace: heart}, spec: {podSelector: {}, policyTypes: [Egress]}}".to_owned();
    let other = volume("w", "nfs: {server: filer, path: /export}", Some("lungs"));
    let open = "open volume | lungs @ PersistentVolume/w spec.nfs";
    check(&[pod.clone(), deny.clone(), other.clone()], "Pod/heart/p", &[open]);
    check(&[pod, deny, other], "PersistentVolume/w", &["open volume | heart @ Pod/heart/p spec.volumes[1].nfs"]);
}

#[test]
fn a_snapshot_of_another_projects_volume_leads_to_it() {
    let content = "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshotContent, metadata: {name: s}, spec: {driver: d, source: {volumeHandle: h}, volumeSnapshotRef: {name: s, namespace: heart}}}".to_owned();
    let other = volume("w", "csi: {driver: d, volumeHandle: h}", Some("lungs"));
    check(
        &[content, other],
        "snapshot.storage.k8s.io/VolumeSnapshotContent/s",
        &["open volume | lungs @ PersistentVolume/w spec.csi"],
    );
}

#[test]
fn claims_and_grants_name_namespaces_of_others() {
    let claim = |namespace: &str| {
        format!(
            "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: c, namespace: heart}}, spec: {{dataSourceRef: {{kind: PersistentVolumeClaim, name: d, namespace: {namespace}}}}}}}"
        )
    };
    let place = "@ PersistentVolumeClaim/heart/c spec.dataSourceRef.namespace";
    check(&[claim("lungs")], "PersistentVolumeClaim/heart/c", &[&format!("open source | lungs {place}")]);
    for own in ["heart", "heart-two", "kube-system"] {
        check(&[claim(own)], "PersistentVolumeClaim/heart/c", &[]);
    }
    let grant = |namespace: &str| {
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: {{name: g, namespace: lungs}}, spec: {{from: [{{group: '', kind: PersistentVolumeClaim, namespace: {namespace}}}], to: []}}}}"
        )
    };
    let address = "gateway.networking.k8s.io/ReferenceGrant/lungs/g";
    check(&[grant("heart")], address, &[&format!("open grant | heart @ {address} spec.from[0].namespace")]);
    check(&[grant("kube-system")], address, &[]);
}

fn binding(kind: &str, namespace: &str, role: &str, subject: &str) -> String {
    format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{name: b{namespace}}}, roleRef: {{kind: ClusterRole, name: {role}}}, subjects: [{subject}]}}"
    )
}

#[test]
fn a_binding_gives_rights_to_accounts_of_other_projects() {
    let address = "rbac.authorization.k8s.io/RoleBinding/heart/b";
    let place = format!("@ {address} subjects[0]");
    let given = |subject: &str, expected: &[&str]| {
        check(&[binding("RoleBinding", ", namespace: heart", "view", subject)], address, expected);
    };
    let open = format!("open rights | lungs {place}");
    given("{kind: ServiceAccount, name: x, namespace: lungs}", &[&open]);
    given("{kind: Group, name: 'system:serviceaccounts:lungs'}", &[&open]);
    given("{kind: User, name: 'system:serviceaccount:lungs:x'}", &[&open]);
    given("{kind: Group, name: 'system:authenticated'}", &[&format!("open rights_of_all {place}")]);
    for fine in [
        "{kind: ServiceAccount, name: x, namespace: heart}",
        "{kind: ServiceAccount, name: x}",
        "{kind: ServiceAccount, name: x, namespace: kube-system}",
        "{kind: Group, name: 'project:heart'}",
    ] {
        given(fine, &[]);
    }
    given("{name: x}", &[&format!("unknown rights | what kind of subject it is is not known {place}")]);
}

#[test]
fn a_binding_of_the_whole_cluster_reaches_every_project() {
    let address = "rbac.authorization.k8s.io/ClusterRoleBinding/b";
    let place = format!("@ {address} subjects[0]");
    let role = |resources: &str| {
        format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: r}}, rules: [{{apiGroups: [''], resources: {resources}, verbs: [get]}}]}}"
        )
    };
    let given = |role_name: &str, more: &[String], expected: &[&str]| {
        let subject = "{kind: ServiceAccount, name: x, namespace: heart}";
        check(&[&[binding("ClusterRoleBinding", "", role_name, subject)], more].concat(), address, expected);
    };
    let open = format!("open rights_everywhere | heart {place}");
    given("view", &[], &[&open]);
    given("r", &[role("[pods]")], &[&open]);
    given("r", &[role("['*']")], &[&open]);
    given("r", &[role("[nodes]")], &[]);
    given("system:discovery", &[], &[]);
    given("r", &[], &[&format!("unknown rights | its role `r` was not read {place}")]);
    let everybody = binding("ClusterRoleBinding", "", "view", "{kind: Group, name: 'system:serviceaccounts'}");
    check(&[everybody], address, &[&format!("open rights_of_all {place}")]);
    let platform =
        binding("ClusterRoleBinding", "", "cluster-admin", "{kind: ServiceAccount, name: x, namespace: kube-system}");
    check(&[platform], address, &[]);
}

#[test]
fn a_kind_that_could_not_be_listed_may_hold_storage_in_the_same_place() {
    let environment = read(&[volume("v", "nfs: {server: filer, path: /export}", Some("heart"))]);
    let of_volume = |environment: &Environment| lines(of(&derive(environment).projects, "PersistentVolume/v"));
    let unknown = "unknown volume | `/list` could not be read and may hold storage in the same place @ PersistentVolume/v spec.nfs";
    for kind in ["PersistentVolume", "PersistentVolumeClaim", "snapshot.storage.k8s.io/VolumeSnapshotContent", "Pod"] {
        assert_eq!(of_volume(&unlisted(&environment, kind)), [unknown], "{kind}");
    }
    assert_eq!(of_volume(&unlisted(&environment, "Service")), Vec::<String>::new());
}

#[test]
fn labels_of_namespaces_that_could_not_be_listed_may_say_whose_they_are() {
    let subject = "{kind: ServiceAccount, name: x, namespace: elsewhere}";
    let mut environment = read(&[binding("RoleBinding", ", namespace: heart", "view", subject)]);
    environment.description.stated = true;
    let project = |name: &str| Project { name: name.into(), namespaces: [name.into()].into(), ..Project::default() };
    environment.description.projects = vec![project("heart"), project("lungs")];
    let address = "rbac.authorization.k8s.io/RoleBinding/heart/b";
    let found = |environment: &Environment| lines(of(&derive(environment).projects, address));
    assert_eq!(found(&environment), Vec::<String>::new());
    let why = "it is not known to which project `elsewhere` belongs";
    assert_eq!(
        found(&unlisted(&environment, "Namespace")),
        [format!("unknown rights | {why} @ {address} subjects[0]")]
    );
    assert_eq!(found(&unlisted(&environment, "Pod")), Vec::<String>::new());
}
