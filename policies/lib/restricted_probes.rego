# Probes and hooks that make the node connect to a host of the pod's choice, which the standard refuses since 1.34.
package lib.restricted_probes

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

handlers := [
	["livenessProbe"], ["readinessProbe"], ["startupProbe"], ["lifecycle", "postStart"], ["lifecycle", "preStop"],
]

hosts(container) := [host |
	some handler in handlers
	container.value[handler[0]] != null
	some way in ["httpGet", "tcpSocket"]
	host := field.at(container, array.concat(handler, [way, "host"]))
]

elsewhere(pod) := [pods.about(container, host, {"host": host.value}) |
	some container in pods.containers(pod)
	some host in hosts(container)
	is_string(host.value)
	host.value != ""
]

gaps(pod) := [gap |
	some container in pods.containers(pod)
	some host in hosts(container)
	some gap in unread.of(host, "text")
]
