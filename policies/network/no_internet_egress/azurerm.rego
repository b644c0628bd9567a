package network.no_internet_egress.azurerm

import data.lib.azure_subnets as subnets
import data.lib.reach

deny contains {"reason": "way_open", "facts": facts, "at": way.at, "path": way.path} if {
	some way in reach.open(reach.internet(input.address))
	facts := {"to": way.to, "ports": way.ports}
}

undetermined contains {"reason": "way_unknown", "facts": {"why": way.why}, "at": way.at, "path": way.path} if {
	some way in reach.unknown(reach.internet(input.address))
}

# A virtual network is asked for the subnets that stand in it, and a reserved subnet holds no workload.
applies if not input.resource.type in {"azurerm_subnet", "azurerm_virtual_network"}

applies if count(subnets.workload(input.resource)) > 0
