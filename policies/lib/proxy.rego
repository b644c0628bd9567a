# The proxies that a workload is told to use.
package lib.proxy

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

names := {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}

# Proxies by an environment variable that are none of the allowed.
refused(variables, allowed) := [pods.about(variable.container, place, {"proxy": host(place.value)}) |
	some variable in variables
	place := field.at(variable, ["value"])
	is_string(place.value)
	place.value != ""
	not host(place.value) in hosts(allowed)
]

# The variables of a pod that name a proxy, with their containers.
variables(pod) := [object.union(variable, {"container": container}) |
	some container in pods.containers(pod)
	some variable in field.elements(container, ["env"])
	name := field.at(variable, ["name"]).value
	is_string(name)
	upper(name) in names
]

gaps(pod, variables) := [gap |
	some list in [
		unread.gaps(pods.containers(pod), [[["env"], "list"]]),
		unread.gaps(variables, [[["value"], "text"]]),
		[{"facts": facts, "path": place.edit} |
			facts := {"field": "valueFrom", "why": "it is taken from elsewhere"}
			some variable in variables
			place := field.at(variable, ["valueFrom"])
			place.value != null
		],
	]
	some gap in list
]

# The host of a proxy's address: `http://user@proxy.example:3128/` gives `proxy.example`.
host(address) := regex.replace(stripped, `:[0-9]*$`, "") if {
	stripped := regex.replace(regex.replace(address, `^[A-Za-z0-9+.-]+://`, ""), `^[^/@]*@|/.*$`, "")
}

hosts(allowed) := {lower(name) |
	some entry in allowed
	some key in ["host", "cidr"]
	name := trim_suffix(object.get(entry, key, ""), "/32")
	name != ""
}
