package logging.logs_protected_from_change.azurerm

import data.lib.azure
import data.lib.azure_immutability as immutability
import data.lib.azure_log_stores as stores

deny contains {"reason": "not_immutable", "facts": {}, "path": ["values"]} if {
	is_archive
	not immutability.locked(input.resource, least)
	count(immutability.too_short(input.resource, least)) == 0
	count(immutability.doubts(input.resource)) == 0
}

deny contains {"reason": "locked_too_short", "facts": facts, "path": ["values", "immutability_policy"]} if {
	is_archive
	not immutability.locked(input.resource, least)
	some days in immutability.too_short(input.resource, least)
	facts := {"days": days, "retention_days": least}
}

deny contains {"reason": "purged_at_once", "facts": {}, "path": reading.path} if {
	some reading in purges
	reading.value == true
}

deny contains {"reason": "shares_its_group", "facts": facts, "path": ["values", "resource_group_name"]} if {
	is_store
	facts := {"neighbour": min(stores.neighbours(input.resource))}
	not stores.guarded(input.resource)
	not stores.perhaps_guarded(input.resource)
}

undetermined contains {"reason": "protection_unknown", "facts": {"why": doubt.why}, "path": doubt.path} if {
	is_archive
	not immutability.locked(input.resource, least)
	some doubt in immutability.doubts(input.resource)
}

undetermined contains {"reason": "protection_unknown", "facts": facts, "path": reading.path} if {
	some reading in purges
	azure.unsure(reading.value, {"good": [true], "absent": "good"})
	facts := {"why": azure.why(reading.value)}
}

undetermined contains {"reason": "separation_unknown", "facts": {"why": why}, "path": ["values", "resource_group_name"]} if {
	is_store
	some why in stores.separation_doubts(input.resource)
}

applies if is_store

least := input.parameters.retention_days

is_store if stores.is_store(input.resource)

is_archive if stores.is_archive(input.resource)

purges := azure.readings(input.resource.values, {"attribute": "immediate_data_purge_on_30_days_enabled"})
