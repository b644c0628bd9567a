# Encryption of connections from outside, whatever the kind, by reason: each a list of {facts, path}.
package lib.tls

import data.lib.exposure_service
import data.lib.tls_gateway
import data.lib.tls_ingress
import data.lib.tls_other

ingress := "networking.k8s.io/Ingress"

gateway := "gateway.networking.k8s.io/Gateway"

others := {"ConfigMap", "Service", "cert-manager.io/Certificate"}

# Kinds that take connections from outside, and are not read yet.
unread := {"networking.istio.io/Gateway", "route.openshift.io/Route"}

breaches(body, address, _, _) := tls_ingress.breaches(body) if address[0] == ingress

breaches(body, address, environment, _) := tls_gateway.breaches(body, address, environment) if address[0] == gateway

breaches(body, address, _, lowest) := {
	"old_protocol": [found | address[0] == "ConfigMap"; some found in tls_other.old_protocols(body, lowest)],
	"plain_port": [found | address[0] == "Service"; some found in tls_other.ports_among(body, tls_other.plain)],
	"weak_key": [found | certificate(address); some found in tls_other.weak_keys(body)],
	"certificate_not_ready": [found | certificate(address); some found in tls_other.not_ready(body)],
} if {
	address[0] in others
}

breaches(_, address, _, _) := {} if not address[0] in (others | {ingress, gateway})

unknown(body, address) := tls_ingress.unknown(body) if address[0] == ingress

unknown(body, address) := {"field_unknown": tls_gateway.gaps(body)} if address[0] == gateway

unknown(body, address) := {
	"protocol_unknown": [found | address[0] == "ConfigMap"; some found in tls_other.unknown_protocols(body)],
	"port_may_be_plain": [found |
		address[0] == "Service"
		some found in tls_other.ports_among(body, tls_other.maybe_plain)
	],
	"field_unknown": tls_other.gaps(body, address[0]),
} if {
	address[0] in others
}

unknown(_, address) := {"kind_unread": [{"facts": {}, "path": ["spec"]}]} if address[0] in unread

certificate(address) if address[0] == "cert-manager.io/Certificate"

# A ConfigMap of something else and a Service inside the cluster are not asked about.
asked(_, address) if address[0] in {ingress, gateway, "cert-manager.io/Certificate"}

asked(body, address) if {
	address[0] == "ConfigMap"
	tls_other.protocols(body).value != null
}

asked(body, address) if {
	address[0] == "Service"
	exposure_service.reachable(body)
}
