package network.no_public_exposure.azurerm

import data.lib.azure
import data.lib.azure_exposure
import data.lib.azure_firewall
import data.lib.azure_front_door as front_door
import data.lib.azure_injected as injected
import data.lib.azure_partners as partners

deny contains {"reason": setting.reason, "facts": facts, "path": reading.path} if {
	some setting in azure_exposure.settings[input.resource.type]
	some reading in azure.readings(input.resource.values, setting)
	azure.bad(reading.value, setting)
	not injected.inside(input.resource)
	facts := {"attribute": setting.attribute}
}

deny contains object.union({"facts": {}}, place) if {
	some place in azure_firewall.open_to_all(input.resource)
}

deny contains {"reason": "public_address", "facts": {}, "path": ["values"]} if {
	input.resource.type == "azurerm_public_ip"
	not front_door.declared(input.resource, input.parameters.front_doors)
}

deny contains {"reason": "interface_has_public_address", "facts": {}, "path": reading.path} if {
	some reading in interface_addresses
	partners.holds(reading.value)
	not front_door.leads_to(reading.value, input.parameters.front_doors)
}

undetermined contains {"reason": "setting_unknown", "facts": facts, "path": reading.path} if {
	some setting in azure_exposure.settings[input.resource.type]
	some reading in azure.readings(input.resource.values, setting)
	azure.unsure(reading.value, setting)
	not injected.inside(input.resource)
	facts := {"attribute": setting.attribute, "why": azure.why(reading.value)}
}

undetermined contains object.union({"reason": "networks_unknown", "facts": facts}, place) if {
	some doubt in azure_firewall.doubts(input.resource)
	facts := {"why": doubt.why}
	place := object.remove(doubt, ["why"])
}

undetermined contains {"reason": "setting_unknown", "facts": facts, "path": reading.path} if {
	some reading in interface_addresses
	reading.value != null
	not partners.holds(reading.value)
	facts := {"attribute": "public_ip_address_id", "why": azure.why(reading.value)}
}

interface_addresses := azure.readings(input.resource.values, {
	"block": "ip_configuration",
	"attribute": "public_ip_address_id",
}) if input.resource.type == "azurerm_network_interface"

# Network rules are judged with their account where it is in sight.
applies if not azure_firewall.judged_elsewhere(input.resource)
