# Whether volumes of a StorageClass are encrypted, as far as the class itself says.
package lib.storage_class

import data.lib.field
import data.lib.unread

# The platform encrypts every volume of these, whatever the class says.
by_platform := {
	"blob.csi.azure.com",
	"disk.csi.azure.com",
	"file.csi.azure.com",
	"filestore.csi.storage.gke.io",
	"kubernetes.io/azure-disk",
	"kubernetes.io/azure-file",
	"kubernetes.io/gce-pd",
	"pd.csi.storage.gke.io",
}

# These encrypt where a parameter says so.
by_parameter := {"ebs.csi.aws.com", "kubernetes.io/aws-ebs"}

# These hand out a path or a disk as it is.
never := {
	"cluster.local/nfs-subdir-external-provisioner",
	"docker.io/hostpath",
	"hostpath.csi.k8s.io",
	"k8s-sigs.io/nfs-subdir-external-provisioner",
	"k8s.io/minikube-hostpath",
	"kubernetes.io/host-path",
	"kubernetes.io/no-provisioner",
	"local.csi.openebs.io",
	"microk8s.io/hostpath",
	"nfs.csi.k8s.io",
	"openebs.io/local",
	"rancher.io/local-path",
}

# Where a class of the platform names a key of one's own.
key_parameters := {
	"disk.csi.azure.com": "diskencryptionsetid",
	"ebs.csi.aws.com": "kmskeyid",
	"pd.csi.storage.gke.io": "disk-encryption-kms-key",
}

provisioner(class) := field.value(class, ["provisioner"])

# A parameter of a class; the drivers read their keys whatever the case.
parameter(class, name) := [entry.value |
	some entry in field.entries(field.root(class, []), ["parameters"])
	lower(field.name(entry.path)) == name
]

encrypted(name, _, attested) if name in attested

encrypted(_, class, _) if provisioner(class) in by_platform

encrypted(_, class, _) if {
	provisioner(class) in by_parameter
	"true" in parameter(class, "encrypted")
}

open(name, class, attested) if {
	not name in attested
	provisioner(class) in never
}

open(name, class, attested) if {
	not name in attested
	provisioner(class) in by_parameter
	gaps(class) == []
	not "true" in parameter(class, "encrypted")
}

# Encrypted, and with no key of one's own named, where the driver has a place for one.
keyless(class) if {
	wanted := key_parameters[provisioner(class)]
	gaps(class) == []
	not named(parameter(class, wanted))
}

named(values) if {
	some value in values
	value != ""
}

gaps(class) := array.concat(
	unread.gaps([field.root(class, [])], [[["provisioner"], "text"], [["parameters"], "map"]]),
	unread.gaps(field.entries(field.root(class, []), ["parameters"]), [[[], "text"]]),
)
