package network.no_internet_egress.kubernetes

import data.lib.clusters
import data.lib.proxy
import data.lib.reach

deny contains {"reason": "way_open", "facts": facts, "at": way.at, "path": way.path} if {
	input.scope == "project"
	input.pod
	some way in reach.open(reach.internet(input.address))
	facts := {"to": way.to, "ports": way.ports}
}

deny contains {"reason": "proxy_not_allowed", "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some found in proxy.refused(proxies, input.parameters.allowed_proxies)
}

undetermined contains {"reason": "way_unknown", "facts": {"why": way.why}, "at": way.at, "path": way.path} if {
	input.scope == "project"
	input.pod
	some way in reach.unknown(reach.internet(input.address))
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	some gap in proxy.gaps(input.pod, proxies)
}

undetermined contains {"reason": "node_route_unknown", "facts": {"cluster": cluster.name}, "path": cluster.path} if {
	environment
	some cluster in clusters.stated(input.resource)
	not clusters.route_closed(cluster)
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if {
	input.scope == "unknown"
	input.pod
}

applies if input.scope == "project"

proxies := proxy.variables(input.pod)

environment if input.address[0] == "speguard/Environment"
