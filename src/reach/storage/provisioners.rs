//! What encrypts the volumes of a provisioner: one table.

/// What is known of a provisioner's volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// The provider always encrypts, with keys of its own where none is named.
    PlatformDefault,
    /// Encrypted where `parameters.encrypted` is `"true"`.
    Parameter,
    /// Written as it is to a disk, a folder or a server.
    Nothing,
    /// Decided elsewhere; one English clause.
    NotTold(&'static str),
}

/// One provisioner, by its name.
#[derive(Debug)]
pub(super) struct Provisioner {
    name: &'static str,
    pub(super) encryption: Encryption,
    /// The parameter that names a key of one's own, in lower case as the drivers compare it.
    pub(super) key_parameter: Option<&'static str>,
}

const fn row(name: &'static str, encryption: Encryption, key_parameter: Option<&'static str>) -> Provisioner {
    Provisioner { name, encryption, key_parameter }
}

const CEPH: Encryption = Encryption::NotTold("how Ceph encrypts is not read yet");
const LONGHORN: Encryption = Encryption::NotTold("how Longhorn encrypts is not read yet");
const VOLUME_TYPE: Encryption = Encryption::NotTold("its Cinder volume type decides, which is not read");
const FILE_SYSTEM: Encryption = Encryption::NotTold("the file system behind it decides, which is not read");

/// Sources: Azure Storage and managed-disk encryption at rest (always on, Microsoft Learn); Google Cloud default
/// encryption at rest; parameters of the Amazon EBS CSI driver; the README of each local, NFS and SMB provisioner,
/// none of which encrypts. In-tree names are the predecessors of the CSI drivers beside them.
const PROVISIONERS: &[Provisioner] = &[
    row("disk.csi.azure.com", Encryption::PlatformDefault, Some("diskencryptionsetid")),
    row("kubernetes.io/azure-disk", Encryption::PlatformDefault, Some("diskencryptionsetid")),
    row("file.csi.azure.com", Encryption::PlatformDefault, None),
    row("kubernetes.io/azure-file", Encryption::PlatformDefault, None),
    row("blob.csi.azure.com", Encryption::PlatformDefault, None),
    row("pd.csi.storage.gke.io", Encryption::PlatformDefault, Some("disk-encryption-kms-key")),
    row("kubernetes.io/gce-pd", Encryption::PlatformDefault, Some("disk-encryption-kms-key")),
    row("filestore.csi.storage.gke.io", Encryption::PlatformDefault, None),
    row("ebs.csi.aws.com", Encryption::Parameter, Some("kmskeyid")),
    row("ebs.csi.eks.amazonaws.com", Encryption::Parameter, Some("kmskeyid")),
    row("kubernetes.io/aws-ebs", Encryption::Parameter, Some("kmskeyid")),
    row("efs.csi.aws.com", FILE_SYSTEM, None),
    row("fsx.csi.aws.com", FILE_SYSTEM, None),
    row("cinder.csi.openstack.org", VOLUME_TYPE, None),
    row("kubernetes.io/cinder", VOLUME_TYPE, None),
    row("manila.csi.openstack.org", FILE_SYSTEM, None),
    row("driver.longhorn.io", LONGHORN, None),
    row("rbd.csi.ceph.com", CEPH, Some("encryptionkmsid")),
    row("cephfs.csi.ceph.com", CEPH, Some("encryptionkmsid")),
    row("kubernetes.io/rbd", CEPH, None),
    row("kubernetes.io/cephfs", CEPH, None),
    row("rancher.io/local-path", Encryption::Nothing, None),
    row("kubernetes.io/no-provisioner", Encryption::Nothing, None),
    row("kubernetes.io/host-path", Encryption::Nothing, None),
    row("hostpath.csi.k8s.io", Encryption::Nothing, None),
    row("k8s.io/minikube-hostpath", Encryption::Nothing, None),
    row("microk8s.io/hostpath", Encryption::Nothing, None),
    row("docker.io/hostpath", Encryption::Nothing, None),
    row("openebs.io/local", Encryption::Nothing, None),
    row("local.csi.openebs.io", Encryption::Nothing, None),
    row("nfs.csi.k8s.io", Encryption::Nothing, None),
    row("k8s-sigs.io/nfs-subdir-external-provisioner", Encryption::Nothing, None),
    row("cluster.local/nfs-subdir-external-provisioner", Encryption::Nothing, None),
    row("smb.csi.k8s.io", Encryption::Nothing, None),
];

/// In-tree sources of a PersistentVolume made by hand, by the key that names them, and the provisioner that stands
/// for them; `iscsi` and `local` are plain disks (Kubernetes API reference, PersistentVolumeSpec).
pub(super) const SOURCES: &[(&str, &str)] = &[
    ("awsElasticBlockStore", "kubernetes.io/aws-ebs"),
    ("azureDisk", "kubernetes.io/azure-disk"),
    ("azureFile", "kubernetes.io/azure-file"),
    ("cephfs", "kubernetes.io/cephfs"),
    ("cinder", "kubernetes.io/cinder"),
    ("gcePersistentDisk", "kubernetes.io/gce-pd"),
    ("hostPath", "kubernetes.io/host-path"),
    ("iscsi", "kubernetes.io/no-provisioner"),
    ("local", "kubernetes.io/no-provisioner"),
    ("nfs", "nfs.csi.k8s.io"),
    ("rbd", "kubernetes.io/rbd"),
];

/// The row of a provisioner. Rook puts its namespace before the name of the Ceph drivers.
pub(super) fn find(name: &str) -> Option<&'static Provisioner> {
    let ceph = |row: &&Provisioner| {
        row.encryption == CEPH && name.strip_suffix(row.name).is_some_and(|before| before.ends_with('.'))
    };
    PROVISIONERS.iter().find(|row| row.name == name).or_else(|| PROVISIONERS.iter().find(ceph))
}
