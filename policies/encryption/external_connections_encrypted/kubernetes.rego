package encryption.external_connections_encrypted.kubernetes

import data.lib.tls

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in tls.breaches(input.resource, input.address, data.environment, input.parameters.min_tls)
	some found in places
}

undetermined contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in tls.unknown(input.resource, input.address)
	some found in places
}

applies if tls.asked(input.resource, input.address)
