package logging.access_logs_kept_one_year.kubernetes

import data.lib.control_plane
import data.lib.kept_logs

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in kept_logs.breaches(subject, data.environment, input.parameters)
	some found in places
}

undetermined contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some part in kept_logs.unknown(subject, data.environment, input.parameters)
	some reason, places in part
	some found in places
}

applies if kept_logs.asked(subject)

subject := control_plane.subject(input)
