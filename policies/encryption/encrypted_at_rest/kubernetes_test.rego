package encryption.encrypted_at_rest.kubernetes_test

import data.encryption.encrypted_at_rest.kubernetes as criterion

test_meets_when_every_claim_is_encrypted if {
	seen := facts([closed("parameter", false), closed("attested", false)])
	criterion.deny | criterion.undetermined == set() with input as claim with data.reach as seen
		with data.environment as {}
	criterion.applies with input as claim with data.reach as seen with data.environment as {}
}

test_breaks_at_the_class_that_does_not_encrypt if {
	expected := {way_breach("storage_open", {"why": "its provisioner encrypts nothing"})}
	seen := facts([open("its provisioner encrypts nothing"), closed("parameter", true)])
	criterion.deny == expected with input as claim with data.reach as seen with data.environment as {}
}

test_breaks_without_a_key_of_ones_own_where_the_profile_asks if {
	expected := {way_breach("own_key_missing", {})}
	strict := object.union(claim, {"parameters": {"require_customer_keys": true}})
	provider := facts([closed("platform default", false)])
	criterion.deny == expected with input as strict with data.reach as provider with data.environment as {}
	criterion.deny == set() with input as strict with data.reach as facts([closed("parameter", true)])
		with data.environment as {}
	criterion.deny == set() with input as strict with data.reach as facts([closed("attested", false)])
		with data.environment as {}
}

test_undetermined_when_the_key_is_unknown if {
	expected := {way_breach("own_key_unknown", {})}
	strict := object.union(claim, {"parameters": {"require_customer_keys": true}})
	seen := facts([closed("parameter", {"$unknown": "values.yaml"})])
	criterion.undetermined == expected with input as strict with data.reach as seen with data.environment as {}
	criterion.undetermined == set() with input as claim with data.reach as seen with data.environment as {}
}

test_undetermined_when_what_encrypts_is_unknown if {
	expected := {way_breach("storage_unknown", {"why": "the class `fast` is not among what was read"})}
	seen := facts([object.union(open("the class `fast` is not among what was read"), {"answer": "unknown"})])
	criterion.undetermined == expected with input as claim with data.reach as seen with data.environment as {}
	criterion.deny == set() with input as claim with data.reach as seen with data.environment as {}
}

test_undetermined_when_nothing_was_derived if {
	expected := {{
		"reason": "storage_unknown",
		"facts": {"why": "it was not derived"},
		"at": claim.address,
		"path": [],
	}}
	criterion.undetermined == expected with input as claim with data.reach as {} with data.environment as {}
	criterion.undetermined == expected with input as claim with data.reach as {"storage": {}} with data.environment as {}
}

test_asks_of_scratch_space_whether_the_nodes_are_encrypted if {
	path := ["spec", "volumes", 0, "emptyDir"]
	broken := {{"reason": "node_disk_open", "facts": {"volume": "scratch"}, "path": path}}
	unknown := {{"reason": "node_disk_unknown", "facts": {"volume": "scratch"}, "path": path}}
	asked := pod([{"name": "scratch", "emptyDir": {}}, {"name": "fast", "emptyDir": {"medium": "Memory"}}])
	criterion.deny == broken with input as asked with data.reach as none with data.environment as nodes(false)
	criterion.undetermined == unknown with input as asked with data.reach as none with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as asked with data.reach as none
		with data.environment as nodes(true)
	criterion.applies with input as asked with data.reach as none with data.environment as nodes(true)
}

test_undetermined_when_volumes_are_unknown_or_of_another_type if {
	unknown := {gap("volumes", "values.yaml", ["spec", "volumes"])}
	no_map := {gap("emptyDir", "not of the expected type", ["spec", "volumes", 0, "emptyDir"])}
	criterion.undetermined == unknown with input as pod({"$unknown": "values.yaml"}) with data.reach as none
		with data.environment as {}
	criterion.undetermined == no_map with input as pod([{"name": "scratch", "emptyDir": "1Gi"}]) with data.reach as none
		with data.environment as {}
}

test_does_not_apply_without_storage_or_in_exempt_namespaces if {
	exempt := object.union(claim, {"scope": "exempt"})
	seen := facts([open("its provisioner encrypts nothing")])
	criterion.deny | criterion.undetermined == set() with input as exempt with data.reach as seen
		with data.environment as {}
	not criterion.applies with input as exempt with data.reach as seen with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as pod([]) with data.reach as none
		with data.environment as {}
	not criterion.applies with input as pod([]) with data.reach as none with data.environment as {}
}

claim := {
	"address": ["PersistentVolumeClaim", "research", "data"],
	"scope": "project",
	"parameters": {"require_customer_keys": false},
}

pod(volumes) := {
	"address": ["Pod", "research", "fit"],
	"scope": "project",
	"parameters": {"require_customer_keys": false},
	"pod": {"spec": {"volumes": volumes}, "path": ["spec"]},
}

none := {"storage": {"Pod": {"research": {"fit": []}}}}

facts(ways) := {"storage": {"PersistentVolumeClaim": {"research": {"data": ways}}}}

class := {"at": ["storage.k8s.io/StorageClass", "", "fast"], "path": ["provisioner"]}

open(why) := object.union(class, {"answer": "open", "why": why})

closed(by, own_key) := object.union(class, {"answer": "closed", "by": by, "customer_key": own_key})

nodes(encrypted) := {"speguard/Environment": {"": {"spe": {"spec": {"nodes_encrypted": encrypted}}}}}

way_breach(reason, facts) := object.union(class, {"reason": reason, "facts": facts})

gap(field, why, path) := {"reason": "field_unknown", "facts": {"field": field, "why": why}, "path": path}
