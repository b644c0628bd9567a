# How people sign in to a cluster as a whole: what the Environment is asked about.
package lib.sign_in_whole

import data.lib.control_plane
import data.lib.sign_in

breaches(subject, environment) := {"sign_in_missing": [{"facts": {}, "path": ["spec"]} |
	nothing_in_sight(subject, environment)
	complete(subject)
]}

unknown(subject, environment) := {"sign_in_out_of_sight": [{"facts": {}, "path": ["spec"]} |
	nothing_in_sight(subject, environment)
	not complete(subject)
]}

nothing_in_sight(subject, environment) if {
	subject.address[0] == "speguard/Environment"
	object.get(environment, sign_in.kind, {}) == {}
	not control_plane.in_sight(environment)
}

complete(subject) if "kubernetes" in object.get(subject.resource, ["spec", "complete"], [])
