package separation.no_cross_project_access.kubernetes

import data.lib.device_sharing
import data.lib.reach

# What a way that is no connection is called.
reasons := {
	"grant": "reference_granted",
	"rights": "rights_given",
	"rights_everywhere": "rights_everywhere",
	"source": "copied_from",
	"volume": "volume_shared",
}

deny contains {"reason": "way_open", "facts": facts, "at": way.at, "path": way.path} if {
	some way in reach.open(ways)
	facts := {"to": way.to, "ports": way.ports}
}

deny contains {"reason": reasons[way.by], "facts": {"to": way.to}, "at": way.at, "path": way.path} if {
	some way in reach.open(ways)
	way.by
}

deny contains {"reason": "rights_of_all", "facts": {}, "at": way.at, "path": way.path} if {
	some way in reach.open(ways)
	way.by == "rights_of_all"
}

undetermined contains {"reason": "way_unknown", "facts": {"why": way.why}, "at": way.at, "path": way.path} if {
	some way in reach.unknown(ways)
}

# A way that is open for no cause that is known here is not passed over.
undetermined contains {"reason": "way_unknown", "facts": facts, "at": way.at, "path": way.path} if {
	some way in reach.open(ways)
	not way.ports
	not reasons[way.by]
	way.by != "rights_of_all"
	facts := {"why": "its cause is new"}
}

undetermined contains {"reason": "device_shared", "facts": {}, "path": entry.path} if {
	some entry in device_sharing.shared(input.resource, input.address)
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if {
	input.scope == "unknown"
	not configures
}

applies if {
	input.scope == "project"
	not configures
}

configures if input.address[0] == device_sharing.kind

ways := [way | input.scope == "project"; not configures; some way in reach.projects(input.address)]
