# What each resource is asked about its logs.
package lib.azure_log_subjects

import data.lib.azure_logs as logs
import data.lib.azure_partners as partners

setting := "azurerm_monitor_diagnostic_setting"

# The lists of categories that must each be kept; the empty list stands for whatever is sent.
wanted(resource, _) := logs.required[resource.type] if logs.required[resource.type]

wanted(resource, ways) := [[]] if asked_for_itself(resource, ways)

wanted(resource, ways) := [] if {
	not logs.required[resource.type]
	not asked_for_itself(resource, ways)
}

# A setting is asked where its target is not, and only about logs: one that sends metrics alone is not.
asked_for_itself(resource, ways) if {
	resource.type == setting
	some way in ways
	sends(way)
	not judged_with_its_target(resource)
}

sends(way) if count(way.categories) > 0

sends(way) if way.unread

judged_with_its_target(resource) if {
	some kind, _ in logs.required
	count(partners.named(kind, object.get(resource.values, "target_resource_id", null))) > 0
}
