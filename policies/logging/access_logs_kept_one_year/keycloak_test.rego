package logging.access_logs_kept_one_year.keycloak_test

import data.logging.access_logs_kept_one_year.keycloak as criterion

test_meets_when_all_events_are_kept_for_ever if {
criterion.deny | criterion.undetermined == set() with input as realm({})}

test_meets_when_events_are_kept_just_long_enough if {
	kept := {"eventsExpiration": 31536000, "attributes": {"adminEventsExpiration": "31536000"}}
	criterion.deny | criterion.undetermined == set() with input as realm(kept)
}

test_breaks_where_events_are_off_or_never_switched_on if {
	expected := {
		{"reason": "events_not_kept", "facts": {"kind": "login"}, "path": ["spec", "eventsEnabled"]},
		{"reason": "events_not_kept", "facts": {"kind": "admin"}, "path": ["spec", "adminEventsEnabled"]},
	}
	bare := {"resource": {"spec": {"eventsEnabled": false}}, "parameters": {"retention_days": 365}}
	criterion.deny == expected with input as bare
}

test_breaks_where_types_are_left_out if {
	expected := {{
		"reason": "event_types_left_out",
		"facts": {"types": "CODE_TO_TOKEN, IMPERSONATE, LOGOUT, UPDATE_CREDENTIAL"},
		"path": ["spec", "enabledEventTypes"],
	}}
	criterion.deny == expected with input as realm({"enabledEventTypes": ["LOGIN", "LOGIN_ERROR"]})
}

test_breaks_where_events_expire_and_nobody_else_has_them if {
	expected := {{
		"reason": "events_expire",
		"facts": {"kind": "login", "days": 30},
		"path": ["spec", "eventsExpiration"],
	}}
	criterion.deny == expected with input as realm({"eventsExpiration": 2592000, "eventsListeners": ["email"]})
}

test_breaks_where_admin_events_expire if {
	expected := {{
		"reason": "events_expire",
		"facts": {"kind": "admin", "days": 30},
		"path": ["spec", "attributes", "adminEventsExpiration"],
	}}
	criterion.deny == expected with input as realm({"attributes": {"adminEventsExpiration": "2592000"}})
}

test_undetermined_where_a_listener_may_keep_them if {
	expected := {{
		"reason": "events_expire_may_be_shipped",
		"facts": {"kind": "login", "days": 30, "listeners": "jboss-logging"},
		"path": ["spec", "eventsExpiration"],
	}}
	criterion.undetermined == expected with input as realm({
		"eventsExpiration": 2592000,
		"eventsListeners": ["jboss-logging"],
	})
}

test_undetermined_where_the_expiry_is_not_a_number if {
	expected := {{
		"reason": "events_unread",
		"facts": {"field": "eventsExpiration", "why": "not a number of seconds"},
		"path": ["spec", "eventsExpiration"],
	}}
	criterion.undetermined == expected with input as realm({"eventsExpiration": "soon"})
}

test_a_longer_retention_breaks_what_a_year_meets if {
	longer := object.union(realm({"eventsExpiration": 31536000}), {"parameters": {"retention_days": 731}})
	count(criterion.deny) == 1 with input as longer
}

test_undetermined_where_the_switch_is_of_another_type if {
	count(criterion.undetermined) == 1 with input as realm({"eventsEnabled": "yes"})
}

realm(spec) := {
	"resource": {"spec": object.union({"eventsEnabled": true, "adminEventsEnabled": true}, spec)},
	"parameters": {"retention_days": 365},
}
