package encryption.encrypted_at_rest.azurerm

import data.lib.azure
import data.lib.azure_encryption as encryption
import data.lib.azure_keys as keys

deny contains {"reason": setting.reason, "facts": facts, "path": reading.path} if {
	some setting in settings
	some reading in azure.readings(input.resource.values, setting)
	azure.bad(reading.value, setting)
	facts := {"attribute": setting.attribute}
}

deny contains {"reason": place.reason, "facts": {"attribute": place.attribute}, "path": place.path} if {
	input.parameters.require_customer_keys
	some place in keys.missing(input.resource)
}

undetermined contains {"reason": "setting_unknown", "facts": facts, "path": reading.path} if {
	some setting in settings
	some reading in azure.readings(input.resource.values, setting)
	azure.unsure(reading.value, setting)
	facts := {"attribute": setting.attribute, "why": azure.why(reading.value)}
}

undetermined contains {"reason": "setting_unknown", "facts": facts, "path": doubt.path} if {
	input.parameters.require_customer_keys
	some doubt in keys.doubts(input.resource)
	facts := {"attribute": doubt.attribute, "why": doubt.why}
}

settings := array.concat(always, stricter)

always := object.get(encryption.settings, input.resource.type, [])

stricter := object.get(encryption.strict, input.resource.type, []) if input.parameters.require_customer_keys

stricter := [] if not input.parameters.require_customer_keys
