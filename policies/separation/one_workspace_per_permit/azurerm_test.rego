package separation.one_workspace_per_permit.azurerm_test

import data.separation.one_workspace_per_permit.azurerm as criterion

test_meets_when_a_group_holds_one_permit if {
	seen := accounts([{"permit_id": "25/1"}, {"permit_id": "25/1"}])
	criterion.deny | criterion.undetermined == set() with input as group({}) with data.environment as seen
	criterion.applies with input as group({}) with data.environment as seen
}

test_breaks_when_a_group_holds_two_permits if {
	expected := {finding("holds_two_permits", {"permits": "25/1, 25/2"})}
	seen := accounts([{"permit_id": "25/1"}, {"spe/permit-id": "25/2"}])
	criterion.deny == expected with input as group({}) with data.environment as seen
	own := group({"permit_id": "25/2"})
	criterion.deny == expected with input as own with data.environment as accounts([{"permit_id": "25/1"}])
}

test_breaks_when_a_subnet_holds_two_permits if {
	expected := {finding("holds_two_permits", {"permits": "25/1, 25/2"})}
	subject := of("azurerm_subnet", "s", {})
	criterion.deny == expected with input as subject with data.environment as endpoints(["25/1", "25/2"])
	criterion.deny == set() with input as subject with data.environment as endpoints(["25/1"])
}

test_does_not_apply_where_no_tag_names_a_permit if {
criterion.deny |
	criterion.undetermined == set() with input as group({}) with data.environment as accounts([{}])
	not criterion.applies with input as group({}) with data.environment as accounts([{}])
}

test_undetermined_when_a_permit_is_unknown if {
	facts := {"resource": "a1", "why": "u"}
	expected := {finding("permit_unknown", facts)}
	every tags in [{"permit_id": {"$unknown": "u"}}, {"$unknown": "u"}] {
		seen := accounts([{"permit_id": "25/1"}, tags])
		criterion.undetermined == expected with input as group({}) with data.environment as seen
		criterion.deny == set() with input as group({}) with data.environment as seen
	}
}

test_one_unknown_for_all_is_one_permit if {
	same := accounts([{"$unknown": "var.tags has no value"}, {"$unknown": "var.tags has no value"}])
	criterion.deny | criterion.undetermined == set() with input as group({}) with data.environment as same
	expected := {
		finding("permit_unknown", {"resource": "a0", "why": "u"}),
		finding("permit_unknown", {"resource": "a1", "why": "v"}),
	}
	apart := accounts([{"$unknown": "u"}, {"$unknown": "v"}])
	criterion.undetermined == expected with input as group({}) with data.environment as apart
}

test_another_label_is_read if {
	expected := {finding("holds_two_permits", {"permits": "1, 2"})}
	other := object.union(group({"our-permit": "2"}), {"parameters": {"permit_label": "our-permit"}})
	criterion.deny == expected with input as other with data.environment as accounts([{"our-permit": "1"}])
}

test_is_asked_of_projects_only if {
	platform := object.union(group({"permit_id": "25/2"}), {"scope": "platform"})
	criterion.deny == set() with input as platform with data.environment as accounts([{"permit_id": "25/1"}])
	not criterion.applies with input as platform with data.environment as accounts([{"permit_id": "25/1"}])
}

group(tags) := of("azurerm_resource_group", "g", {"name": "rg", "tags": tags})

of(type, address, values) := {
	"scope": "project",
	"resource": {"type": type, "address": address, "values": values},
	"parameters": {"permit_label": "spe/permit-id"},
}

accounts(tags) := {"azurerm_storage_account": {"": {address: account |
	some i, t in tags
	address := concat("", ["a", ["0", "1", "2"][i]])
	account := {"address": address, "values": {"resource_group_name": "rg", "tags": t}}
}}}

endpoints(permits) := {"azurerm_private_endpoint": {"": {permit: endpoint |
	some permit in permits
	subnet := {"$unknown": "u", "$refers": ["s"]}
	endpoint := {"address": permit, "values": {"subnet_id": subnet, "tags": {"permit_id": permit}}}
}}}

finding(reason, facts) := {"reason": reason, "facts": facts, "path": ["values"]}
