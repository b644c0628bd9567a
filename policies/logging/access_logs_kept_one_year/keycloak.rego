package logging.access_logs_kept_one_year.keycloak

import data.lib.realm_events

realm := input.resource.spec

deny contains {"reason": "events_not_kept", "facts": {"kind": stream.kind}, "path": ["spec", stream.switch]} if {
	some stream in realm_events.streams
	object.get(realm, stream.switch, false) == false
}

deny contains {"reason": "event_types_left_out", "facts": {"types": types}, "path": ["spec", "enabledEventTypes"]} if {
	missing := realm_events.types_left_out(realm)
	count(missing) > 0
	types := concat(", ", missing)
}

deny contains {"reason": "events_expire", "facts": facts, "path": short.path} if {
	some short in realm_events.short(realm, input.parameters.retention_days)
	realm_events.listeners(realm) == []
	facts := {"kind": short.kind, "days": short.days}
}

undetermined contains {"reason": "events_expire_may_be_shipped", "facts": facts, "path": short.path} if {
	some short in realm_events.short(realm, input.parameters.retention_days)
	listeners := realm_events.listeners(realm)
	listeners != []
	facts := {"kind": short.kind, "days": short.days, "listeners": concat(", ", listeners)}
}

undetermined contains {"reason": "events_unread", "facts": gap.facts, "path": gap.path} if {
	some gap in realm_events.gaps(realm)
}

applies if object.get(input.resource, ["spec", "enabled"], true) != false
