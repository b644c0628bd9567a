package encryption.external_connections_encrypted.azurerm

import data.lib.azure
import data.lib.azure_gateway as gateway
import data.lib.azure_gateway_tls as gateway_tls
import data.lib.azure_server_parameters as parameters
import data.lib.azure_tls as tls
import data.lib.azure_transport as transport

deny contains {"reason": place.reason, "facts": {"attribute": place.attribute}, "path": place.path} if {
	some place in broken
}

deny contains {"reason": "tls_too_old", "facts": facts, "path": reading.path} if {
	some reading in versions
	is_string(reading.value)
	tls.number(reading.value) < tls.number(input.parameters.min_tls)
	facts := {"attribute": reading.attribute, "version": reading.value, "min_tls": input.parameters.min_tls}
}

undetermined contains {"reason": "setting_unknown", "facts": facts, "path": doubt.path} if {
	some doubt in doubts
	facts := {"attribute": doubt.attribute, "why": doubt.why}
}

undetermined contains {"reason": "setting_unknown", "facts": facts, "path": reading.path} if {
	some reading in versions
	not tls.understood(reading)
	facts := {"attribute": reading.attribute, "why": azure.why(reading.value)}
}

# Server parameters are a wide kind: most have nothing to do with connections.
applies if not parameters.kinds[input.resource.type]

applies if parameters.decides(input.resource)

broken := array.concat(
	transport.broken(input.resource),
	array.concat(gateway.broken(input.resource), parameters.broken(input.resource)),
)

doubts := array.concat(
	transport.doubts(input.resource),
	array.concat(gateway.doubts(input.resource), parameters.doubts(input.resource)),
)

versions := array.concat(
	transport.stated(input.resource),
	array.concat(gateway_tls.stated(input.resource, majors), parameters.stated(input.resource)),
)

majors := object.get(input, ["provider", "majors"], [0])
