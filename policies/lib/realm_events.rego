# The events that a Keycloak realm keeps, and for how long (server administration guide, "Auditing").
package lib.realm_events

import data.lib.field
import data.lib.known
import data.lib.unread

streams := [
	{"kind": "login", "switch": "eventsEnabled", "expires": ["eventsExpiration"]},
	{"kind": "admin", "switch": "adminEventsEnabled", "expires": ["attributes", "adminEventsExpiration"]},
]

# Types that say who came in, left, and changed their credentials. UPDATE_TOTP is the older name of UPDATE_CREDENTIAL.
required_types := {"CODE_TO_TOKEN", "IMPERSONATE", "LOGIN", "LOGIN_ERROR", "LOGOUT"}

credential_types := {"UPDATE_CREDENTIAL", "UPDATE_TOTP"}

# In order. An empty list stands for all types that Keycloak keeps by default, those among them.
types_left_out(realm) := sort([type | some type in missing(enabled(realm))])

missing(types) := set() if types == set()

missing(types) := (required_types - types) | {"UPDATE_CREDENTIAL" | types & credential_types == set()} if types != set()

enabled(realm) := {place.value | some place in field.elements(field.root(realm, ["spec"]), ["enabledEventTypes"])}

# Streams whose events expire too early. Zero and nothing mean that they never do.
short(realm, retention_days) := [{"kind": stream.kind, "days": days, "path": place.edit} |
	some stream in streams
	place := field.at(field.root(realm, ["spec"]), stream.expires)
	seconds := number(place.value)
	seconds > 0
	seconds < retention_days * 86400
	days := floor(seconds / 86400)
]

number(value) := value if is_number(value)

number(value) := to_number(value) if {
	is_string(value)
	regex.match(`^[0-9]{1,15}$`, value)
}

# Who else is told of login events. Mail to the user about a failed login keeps nothing.
listeners(realm) := [place.value |
	some place in field.elements(field.root(realm, ["spec"]), ["eventsListeners"])
	place.value != "email"
]

gaps(realm) := array.concat(
	unread.gaps([field.root(realm, ["spec"])], [
		[["eventsEnabled"], "boolean"], [["adminEventsEnabled"], "boolean"], [["enabledEventTypes"], "list"],
		[["eventsListeners"], "list"], [["attributes"], "map"],
	]),
	[{"facts": {"field": field.name(place.edit), "why": why(place.value)}, "path": place.edit} |
		some stream in streams
		place := field.at(field.root(realm, ["spec"]), stream.expires)
		place.value != null
		not number(place.value)
		not place.value == ""
	],
)

why(value) := known.why(value) if known.is_unknown(value)

why(value) := "not a number of seconds" if not known.is_unknown(value)
