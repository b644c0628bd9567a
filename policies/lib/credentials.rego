# Credentials of people that go past the identity provider: client certificates and kubeconfigs, {facts, path}.
package lib.credentials

import data.lib.field

breaches(resource, kind) := {
	"person_certificate": certificates(resource, kind),
	"kubeconfig_with_credentials": administrators(resource, kind),
}

request := "certificates.k8s.io/CertificateSigningRequest"

# A certificate that the API server takes as a person's or a program's own.
certificates(resource, kind) := [{"facts": {}, "path": signer.path} |
	kind == request
	signer := field.at(field.root(resource, []), ["spec", "signerName"])
	signer.value == "kubernetes.io/kube-apiserver-client"
]

# Keys of a Secret under which kubeconfigs are kept. Their content is encoded, and never shown.
kubeconfigs(resource, kind) := [entry |
	kind == "Secret"
	some side in ["data", "stringData"]
	some entry in field.entries(field.root(resource, []), [side])
	regex.match(`(kubeconfig|admin\.conf)$`, lower(field.name(entry.path)))
]

# kubeadm's own file is of the group system:masters, which no issuer and no second factor stands before.
administrators(resource, kind) := [{"facts": {"key": field.name(entry.path)}, "path": entry.path} |
	some entry in kubeconfigs(resource, kind)
	endswith(lower(field.name(entry.path)), "admin.conf")
]

# Kubeconfigs of others: whose they are, and what they carry, is not read.
of_someone(resource, kind) := [{"facts": {"key": field.name(entry.path)}, "path": entry.path} |
	some entry in kubeconfigs(resource, kind)
	not endswith(lower(field.name(entry.path)), "admin.conf")
]

asked(resource, kind) if kubeconfigs(resource, kind) != []

asked(resource, kind) if certificates(resource, kind) != []
