//! What encrypts a claim: chains from claim to class to provisioner.
use super::{derive, environment, lines, of};
use speguard::model::Value;

const CLAIM: &str = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: a}
spec: {storageClassName: fast}
";

fn class(name: &str, provisioner: &str, rest: &str) -> String {
    format!(
        "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: {name}}}\nprovisioner: {provisioner}\n{rest}\n"
    )
}

#[track_caller]
fn check(text: &str, address: &str, expected: &[&str]) {
    assert_eq!(lines(of(&derive(&environment(text)).storage, address)), expected, "{text}");
}

const PVC: &str = "PersistentVolumeClaim/a/data";

/// A claim with one class, and what becomes of it. Facts stand in the order of their names: by, claim, class,
/// provisioner, why.
fn one(provisioner: &str, rest: &str, expected: &str) {
    check(&(CLAIM.to_owned() + &class("fast", provisioner, rest)), PVC, &[expected]);
}

#[test]
fn providers_that_always_encrypt_close_the_claim() {
    for provisioner in ["disk.csi.azure.com", "file.csi.azure.com", "pd.csi.storage.gke.io", "kubernetes.io/gce-pd"] {
        let facts = format!("platform default | data | fast | {provisioner}");
        one(provisioner, "", &format!("closed {facts} @ storage.k8s.io/StorageClass/fast provisioner"));
    }
}

#[test]
fn a_parameter_decides_where_the_provider_asks_for_it() {
    let ebs = "ebs.csi.aws.com";
    let at = "@ storage.k8s.io/StorageClass/fast";
    one(
        ebs,
        "parameters: {encrypted: 'true'}",
        &format!("closed parameter | data | fast | {ebs} {at} parameters.encrypted"),
    );
    let not_true = "`encrypted` is not \"true\"";
    one(
        ebs,
        "parameters: {encrypted: 'false'}",
        &format!("open data | fast | {ebs} | {not_true} {at} parameters.encrypted"),
    );
    let unset = "`encrypted` is not set, and the account's default is not shown";
    one(ebs, "parameters: {type: gp3}", &format!("open data | fast | {ebs} | {unset} {at} parameters"));
    one(ebs, "", &format!("open data | fast | {ebs} | {unset} {at} "));
    let wrong = "`parameters.encrypted` is not a text";
    one(
        ebs,
        "parameters: {encrypted: true}",
        &format!("unknown data | fast | {ebs} | {wrong} {at} parameters.encrypted"),
    );
}

#[test]
fn a_key_of_ones_own_is_told() {
    let own_key = |rest: &str| {
        let derived = derive(&environment(&(CLAIM.to_owned() + &class("fast", "disk.csi.azure.com", rest))));
        of(&derived.storage, PVC).unwrap()[0].facts.get("customer_key").cloned()
    };
    assert_eq!(own_key(""), Some(Value::Bool(false)));
    assert_eq!(own_key("parameters: {diskEncryptionSetID: /subscriptions/x}"), Some(Value::Bool(true)));
}

#[test]
fn local_disks_and_file_servers_are_open() {
    for provisioner in ["rancher.io/local-path", "kubernetes.io/no-provisioner", "nfs.csi.k8s.io"] {
        let facts = format!("data | fast | {provisioner} | its provisioner encrypts nothing");
        one(provisioner, "", &format!("open {facts} @ storage.k8s.io/StorageClass/fast provisioner"));
    }
}

#[test]
fn what_decides_elsewhere_is_unknown() {
    let rows = [
        ("driver.longhorn.io", "how Longhorn encrypts is not read yet"),
        ("rbd.csi.ceph.com", "how Ceph encrypts is not read yet"),
        ("rook-ceph.cephfs.csi.ceph.com", "how Ceph encrypts is not read yet"),
        ("cinder.csi.openstack.org", "its Cinder volume type decides, which is not read"),
        ("example.org/own", "its provisioner is not known to speguard"),
    ];
    for (provisioner, why) in rows {
        let facts = format!("data | fast | {provisioner} | {why}");
        one(
            provisioner,
            "parameters: {encrypted: 'true'}",
            &format!("unknown {facts} @ storage.k8s.io/StorageClass/fast provisioner"),
        );
    }
}

#[test]
fn an_attested_class_is_closed_even_where_it_was_not_read() {
    let attested = |text: &str| {
        let mut environment = environment(text);
        environment.description.spec.put("encrypted_storage_classes", vec!["fast"]);
        lines(of(&derive(&environment).storage, PVC))
    };
    assert_eq!(attested(CLAIM), [format!("closed attested | data | fast |  @ {PVC} spec.storageClassName")]);
    let nfs = CLAIM.to_owned() + &class("fast", "nfs.csi.k8s.io", "");
    assert_eq!(
        attested(&nfs),
        ["closed attested | data | fast | nfs.csi.k8s.io @ storage.k8s.io/StorageClass/fast provisioner"]
    );
    let other = nfs.replace("fast", "slow");
    assert_eq!(
        attested(&other),
        [
            "open data | slow | nfs.csi.k8s.io | its provisioner encrypts nothing @ storage.k8s.io/StorageClass/slow provisioner"
        ]
    );
}

#[test]
fn a_class_that_cannot_be_followed_is_unknown() {
    check(
        CLAIM,
        PVC,
        &[&format!(
            "unknown data | fast |  | the class `fast` is not among what was read @ {PVC} spec.storageClassName"
        )],
    );
    let by_hand = CLAIM.replace("fast", "''");
    let why = "it binds to a volume made by hand, and does not say which";
    check(&by_hand, PVC, &[&format!("unknown data |  |  | {why} @ {PVC} spec.storageClassName")]);
    let odd = CLAIM.replace("fast", "5");
    check(
        &odd,
        PVC,
        &[&format!("unknown data |  |  | `spec.storageClassName` is not readable @ {PVC} spec.storageClassName")],
    );
}

#[test]
fn a_claim_without_a_class_takes_the_one_default_class() {
    let claim = CLAIM.replace("storageClassName: fast", "accessModes: [ReadWriteOnce]");
    let default = |name: &str| {
        class(name, "disk.csi.azure.com", "")
            .replace("metadata: {", "metadata: {annotations: {storageclass.kubernetes.io/is-default-class: 'true'}, ")
    };
    let closed =
        "closed platform default | data | one | disk.csi.azure.com @ storage.k8s.io/StorageClass/one provisioner";
    check(&(claim.clone() + &default("one") + &class("two", "nfs.csi.k8s.io", "")), PVC, &[closed]);
    let several = "it names no class, and there are several default classes";
    check(
        &(claim.clone() + &default("one") + &default("two")),
        PVC,
        &[&format!("unknown data |  |  | {several} @ {PVC} spec")],
    );
    let none = "it names no class, and no default class is among what was read";
    check(&claim, PVC, &[&format!("unknown data |  |  | {none} @ {PVC} spec")]);
}

#[test]
fn workloads_answer_for_the_claims_that_they_bring() {
    let stateful = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: a}
spec:
  template:
    spec:
      containers: []
      volumes:
        - {name: tmp, emptyDir: {}}
        - {name: work, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: local}}}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]
";
    let text =
        stateful.to_owned() + &class("fast", "disk.csi.azure.com", "") + &class("local", "rancher.io/local-path", "");
    let fast =
        "closed platform default | data | fast | disk.csi.azure.com @ storage.k8s.io/StorageClass/fast provisioner";
    let local = "open work | local | rancher.io/local-path | its provisioner encrypts nothing @ storage.k8s.io/StorageClass/local provisioner";
    check(&text, "apps/StatefulSet/a/db", &[fast, local]);
    check(super::POD, "Pod/a/p", &[]);
}

#[test]
fn a_volume_made_by_hand_is_what_it_lies_on() {
    let volume = |source: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: v}}\nspec: {{capacity: {{storage: 1Gi}}, {source}}}\n"
        )
    };
    let at = "@ PersistentVolume/v";
    let nothing = "its provisioner encrypts nothing";
    check(
        &volume("nfs: {server: x, path: /}"),
        "PersistentVolume/v",
        &[&format!("open v |  | nfs.csi.k8s.io | {nothing} {at} spec.nfs")],
    );
    check(
        &volume("csi: {driver: disk.csi.azure.com, volumeHandle: x}"),
        "PersistentVolume/v",
        &[&format!("closed platform default | v |  | disk.csi.azure.com {at} spec.csi.driver")],
    );
    let why = "a volume made by hand does not say whether its disk is encrypted";
    check(
        &volume("csi: {driver: ebs.csi.aws.com, volumeHandle: x}"),
        "PersistentVolume/v",
        &[&format!("unknown v |  | ebs.csi.aws.com | {why} {at} spec.csi.driver")],
    );
    let bound = CLAIM.replace("storageClassName: fast", "volumeName: v") + "---\n" + &volume("hostPath: {path: /data}");
    check(&bound, PVC, &[&format!("open data |  | kubernetes.io/host-path | {nothing} {at} spec.hostPath")]);
}
