package logging.access_logs_kept_one_year.azurerm

import data.lib.azure_log_classes as classes
import data.lib.azure_log_subjects as subjects
import data.lib.azure_logs as logs

least := input.parameters.retention_days

ways := data.reach.logs[input.address[0]][input.address[1]][input.address[2]]

deny contains {"reason": "no_log_sink", "facts": {}, "path": ["values"]} if {
	logs.required[object.get(input.resource, "type", "")]
	count(ways) == 0
}

deny contains {"reason": "category_not_sent", "facts": {"category": wanted[0]}, "path": ["values"]} if {
	count(ways) > 0
	some wanted in unsatisfied
	count(logs.taking(ways, wanted)) == 0
	count(logs.doubts(ways, wanted, least)) == 0
}

deny contains {"reason": "kept_too_short", "facts": facts, "at": way.at, "path": way.path} if {
	some wanted in unsatisfied
	count(logs.doubts(ways, wanted, least)) == 0
	some way in logs.taking(ways, wanted)
	facts := {"days": logs.days(way, wanted), "retention_days": least, "to": way.to}
}

deny contains finding if some finding in classes.breaches(input.resource, input.parameters)

undetermined contains {"reason": "retention_unknown", "facts": facts, "at": doubt.at, "path": doubt.path} if {
	some wanted in unsatisfied
	some doubt in logs.doubts(ways, wanted, least)
	facts := {"why": doubt.why}
}

undetermined contains {"reason": "retention_unknown", "facts": {"why": why}, "path": ["values"]} if {
	input.resource.type
	not ways
	why := "where its logs end was not derived"
}

undetermined contains finding if some finding in classes.doubts(input.resource, input.parameters)

applies if count(asked) > 0

applies if count(classes.assigned(input.resource, input.parameters)) > 0

asked := subjects.wanted(input.resource, ways)

unsatisfied := [wanted | some wanted in asked; not logs.enough(ways, wanted, least)]
