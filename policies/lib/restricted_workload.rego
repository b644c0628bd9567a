# All that the restricted profile asks of a workload: the standard, and what the profile adds to it.
package lib.restricted_workload

import data.lib.field
import data.lib.limits
import data.lib.pod as pods
import data.lib.restricted
import data.lib.restricted_labels
import data.lib.restricted_probes
import data.lib.restricted_unread
import data.lib.unread

breaches(resource, unread_pod, ranges, parameters) := object.union(restricted.breaches(pod), {
	"apparmor_annotated_off": restricted_labels.annotated_unconfined(resource, pod.path),
	"probe_elsewhere": restricted_probes.elsewhere(pod),
	"unlimited": limits.unlimited(pod, ranges),
	"root_writable": writable_roots(pod, parameters),
}) if {
	pod := pods.read(unread_pod)
}

writable_roots(pod, parameters) := [pods.about(container, place, {}) |
	parameters.require_read_only_root == true
	some container in pods.containers(pod)
	place := field.at(container, ["securityContext", "readOnlyRootFilesystem"])
	place.value in [null, false]
]

gaps(resource, unread_pod, ranges, parameters) := [gap |
	pod := pods.read(unread_pod)
	some list in [
		restricted_unread.gaps(pod),
		restricted_probes.gaps(pod),
		limits.gaps(pod, ranges),
		unread.of(field.at(field.root(resource, []), restricted_labels.annotations(pod.path)), "map"),
		[gap |
			parameters.require_read_only_root == true
			row := [["securityContext", "readOnlyRootFilesystem"], "boolean"]
			some gap in unread.gaps(pods.containers(pod), [row])
		],
	]
	some gap in list
]
