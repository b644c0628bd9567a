# What of a pod would have to be read to say that it does not reach the host, and cannot: {facts, path}.
package lib.host_unread

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

of_pod := [
	[["hostNetwork"], "boolean"], [["hostPID"], "boolean"], [["hostIPC"], "boolean"], [["volumes"], "list"],
	[["securityContext", "sysctls"], "list"], [["securityContext", "windowsOptions", "hostProcess"], "boolean"],
	[["nodeName"], "text"], [["tolerations"], "list"],
]

of_container := [
	[["ports"], "list"], [["securityContext", "privileged"], "boolean"], [["securityContext", "procMount"], "text"],
	[["securityContext", "windowsOptions", "hostProcess"], "boolean"], [["volumeDevices"], "list"],
	[["resources", "limits"], "map"],
]

of_volume := [[[], "map"], [["hostPath"], "map"]]

of_port := [[[], "map"], [["hostPort"], "number"]]

of_sysctl := [[[], "map"], [["name"], "text"]]

of_toleration := [[[], "map"], [["key"], "text"], [["operator"], "text"]]

of_sandbox := [[["runtimeClassName"], "text"]]

gaps(unread_pod, parameters) := [gap |
	pod := pods.read(unread_pod)
	some list in [
		pods.gaps(pod),
		unread.gaps([pods.whole(pod)], of_pod),
		unread.gaps(pods.containers(pod), of_container),
		unread.gaps(field.elements(pods.whole(pod), ["volumes"]), of_volume),
		unread.gaps(field.elements(pods.whole(pod), ["securityContext", "sysctls"]), of_sysctl),
		unread.gaps(field.elements(pods.whole(pod), ["tolerations"]), of_toleration),
		unread.gaps(ports(pod), of_port),
		unread.gaps([whole | parameters.require_sandbox == true; whole := pods.whole(pod)], of_sandbox),
	]
	some gap in list
]

ports(pod) := [port | some container in pods.containers(pod); some port in field.elements(container, ["ports"])]
