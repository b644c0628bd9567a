package mfa.mfa_for_all_users.kubernetes

import data.lib.control_plane
import data.lib.credentials
import data.lib.desktop_login
import data.lib.sign_in
import data.lib.sign_in_whole

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some places in [
		sign_in.breaches(subject, input.parameters),
		sign_in_whole.breaches(subject, data.environment),
		desktop_login.breaches(input.resource, kind, subject.pod),
		credentials.breaches(input.resource, kind),
	]
	some reason, list in places
	some found in list
}

undetermined contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some places in [
		sign_in.unknown(subject, data.environment),
		sign_in_whole.unknown(subject, data.environment),
		{"kubeconfig_unread": credentials.of_someone(input.resource, kind)},
		{"field_unknown": desktop_login.gaps(subject.pod)},
	]
	some reason, list in places
	some found in list
}

applies if kind in {sign_in.kind, "speguard/Environment"}

applies if subject.servers != []

applies if desktop_login.asked(input.resource, kind, subject.pod)

applies if credentials.asked(input.resource, kind)

kind := input.address[0]

subject := control_plane.subject(input)
