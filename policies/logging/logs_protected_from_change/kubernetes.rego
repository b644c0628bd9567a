package logging.logs_protected_from_change.kubernetes

import data.lib.control_plane
import data.lib.log_protection

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in log_protection.breaches(subject, data.environment)
	some found in places
}

undetermined contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in log_protection.unknown(subject, data.environment)
	some found in places
}

applies if log_protection.asked(subject, data.environment)

subject := control_plane.subject(input)
