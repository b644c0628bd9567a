# Old protocols, weak keys and plain ports: what beside Ingress and Gateway decides over encryption on the way.
package lib.tls_other

import data.lib.exposure_service
import data.lib.field
import data.lib.unread

# Words of nginx' ssl_protocols and the versions they mean; SSL is older than every TLS.
versions := {"SSLv2": 0.2, "SSLv3": 0.3, "TLSv1": 1.0, "TLSv1.1": 1.1, "TLSv1.2": 1.2, "TLSv1.3": 1.3}

protocols(map) := field.at(field.root(map, []), ["data", "ssl-protocols"])

old_protocols(map, lowest) := [{"facts": {"version": word}, "path": protocols(map).edit} |
	some word in words(map)
	versions[word] < to_number(lowest)
]

words(map) := {word |
	is_string(protocols(map).value)
	some word in split(protocols(map).value, " ")
	word != ""
}

unknown_protocols(map) := [{"facts": {"version": word}, "path": protocols(map).edit} |
	some word in words(map)
	not versions[word]
]

# Smallest RSA key that is still accepted. Source: NIST SP 800-131A; SPE-ENC-03 proposes 3072.
rsa_bits_min := 2048

key(certificate, name) := field.at(field.root(certificate, []), ["spec", "privateKey", name])

weak_keys(certificate) := [{"facts": {"bits": size.value}, "path": size.edit} |
	key(certificate, "algorithm").value in [null, "RSA"]
	size := key(certificate, "size")
	is_number(size.value)
	size.value < rsa_bits_min
]

not_ready(certificate) := [{"facts": {}, "path": condition.path} |
	some condition in field.elements(field.root(certificate, []), ["status", "conditions"])
	field.at(condition, ["type"]).value == "Ready"
	field.at(condition, ["status"]).value == "False"
]

# Ports whose protocols never encrypt (FTP, Telnet, VNC), and those that may send on to TLS or speak it (HTTP, RDP).
plain := {21, 23, 5900}

maybe_plain := {80, 3389, 8080}

ports_among(service, numbers) := [{"facts": {"port": port.value}, "path": port.edit} |
	exposure_service.reachable(service)
	some given in field.elements(field.root(service, []), ["spec", "ports"])
	port := field.at(given, ["port"])
	port.value in numbers
]

gaps(body, kind) := [gap |
	some row in object.get(read, kind, [])
	some gap in unread.gaps([field.root(body, [])], [row])
]

read := {
	"ConfigMap": [[["data", "ssl-protocols"], "text"]],
	"Service": [[["spec", "ports"], "list"], [["spec", "type"], "text"]],
	"cert-manager.io/Certificate": [
		[["spec", "privateKey", "algorithm"], "text"], [["spec", "privateKey", "size"], "number"],
	],
}
