# What of a pod would have to be read to hold it to the restricted standard, and cannot: {facts, path}.
package lib.restricted_unread

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

gaps(pod) := [gap |
	some list in [
		pods.gaps(pod),
		unread.gaps([pods.whole(pod)], of_pod),
		unread.gaps(pods.containers(pod), of_container),
		unread.gaps(field.elements(pods.whole(pod), ["volumes"]), [[[], "map"]]),
		unread.gaps(capabilities(pod), [[[], "text"]]),
		inherited(pod),
	]
	some gap in list
]

of_pod := [
	[["volumes"], "list"], [["os", "name"], "text"],
	[["securityContext", "runAsUser"], "number"],
	[["securityContext", "seLinuxOptions", "type"], "text"],
	[["securityContext", "seLinuxOptions", "user"], "text"],
	[["securityContext", "seLinuxOptions", "role"], "text"],
	[["securityContext", "appArmorProfile", "type"], "text"],
]

of_container := [
	[["securityContext", "runAsUser"], "number"],
	[["securityContext", "allowPrivilegeEscalation"], "boolean"],
	[["securityContext", "capabilities", "drop"], "list"],
	[["securityContext", "capabilities", "add"], "list"],
	[["securityContext", "seLinuxOptions", "type"], "text"],
	[["securityContext", "seLinuxOptions", "user"], "text"],
	[["securityContext", "seLinuxOptions", "role"], "text"],
	[["securityContext", "appArmorProfile", "type"], "text"],
]

of_inherited := [
	[["securityContext", "runAsNonRoot"], "boolean"],
	[["securityContext", "seccompProfile", "type"], "text"],
]

inherited(pod) := [gap |
	some container in pods.containers(pod)
	some row in of_inherited
	some gap in unread.of(pods.inherited(pod, container, row[0]), row[1])
]

capabilities(pod) := [name |
	some container in pods.containers(pod)
	some side in ["add", "drop"]
	some name in field.elements(container, ["securityContext", "capabilities", side])
]
