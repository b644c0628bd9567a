package encryption.encrypted_at_rest.kubernetes_test

import data.encryption.encrypted_at_rest.kubernetes as criterion

test_meets_when_the_platform_or_the_class_encrypts if {
criterion.deny |
	criterion.undetermined == set() with input as class({"provisioner": "disk.csi.azure.com"})
		with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as class(ebs({"encrypted": "true"}))
		with data.environment as {}
	criterion.applies with input as class(ebs({"encrypted": "true"})) with data.environment as {}
}

test_meets_when_the_class_is_attested if {
	asked := attested(class({"provisioner": "rancher.io/local-path"}))
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as {}
}

test_breaks_when_the_class_does_not_encrypt if {
	expected := {breach("class_not_encrypted", {}, ["provisioner"])}
	criterion.deny == expected with input as class(ebs({"encrypted": "false"})) with data.environment as {}
	criterion.deny == expected with input as class(ebs({})) with data.environment as {}
	criterion.deny == expected with input as class({"provisioner": "ebs.csi.aws.com"}) with data.environment as {}
	criterion.deny == expected with input as class({"provisioner": "nfs.csi.k8s.io"}) with data.environment as {}
}

test_breaks_without_a_key_of_ones_own_where_the_profile_asks if {
	expected := {breach("class_without_own_key", {}, ["parameters"])}
	strict := {"parameters": {"require_customer_keys": true}}
	without := object.union(class(ebs({"encrypted": "true"})), strict)
	with_key := object.union(class(ebs({"encrypted": "true", "kmsKeyId": "arn:k"})), strict)
	criterion.deny == expected with input as without with data.environment as {}
	criterion.deny == set() with input as with_key with data.environment as {}
}

test_undetermined_when_it_is_not_read_how_the_class_encrypts if {
	expected := {breach("class_unknown", {"provisioner": "driver.longhorn.io"}, ["provisioner"])}
	criterion.undetermined == expected with input as class({"provisioner": "driver.longhorn.io"})
		with data.environment as {}
}

test_undetermined_when_a_parameter_is_unknown_or_of_another_type if {
	unknown := breach("class_unknown", {"provisioner": "ebs.csi.aws.com"}, ["provisioner"])
	from_values := {unknown, gap("encrypted", "values.yaml", ["parameters", "encrypted"])}
	no_text := {unknown, gap("encrypted", "not of the expected type", ["parameters", "encrypted"])}
	criterion.undetermined == from_values with input as class(ebs({"encrypted": {"$unknown": "values.yaml"}}))
		with data.environment as {}
	criterion.undetermined == no_text with input as class(ebs({"encrypted": true})) with data.environment as {}
	criterion.deny == set() with input as class(ebs({"encrypted": true})) with data.environment as {}
}

test_breaks_at_a_volume_made_by_hand if {
	expected := {breach("volume_not_encrypted", {"source": "nfs"}, ["spec", "nfs"])}
	criterion.deny == expected with input as volume({"nfs": {"server": "filer"}}) with data.environment as {}
	criterion.deny == set() with input as attested(volume({"nfs": {}, "storageClassName": "fast"}))
		with data.environment as {}
}

test_undetermined_when_the_volume_lies_with_a_driver_that_is_not_read if {
	expected := {breach("volume_unknown", {}, ["spec"])}
	criterion.undetermined == expected with input as volume({"csi": {"driver": "ebs.csi.aws.com"}})
		with data.environment as {}
	criterion.undetermined == expected with input as volume({}) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as volume({"csi": {"driver": "pd.csi.storage.gke.io"}})
		with data.environment as {}
}

test_meets_when_the_class_of_a_claim_encrypts if {
criterion.deny |
	criterion.undetermined == set() with input as claim({"storageClassName": "safe"})
		with data.environment as classes
	criterion.applies with input as claim({"storageClassName": "safe"}) with data.environment as classes
}

test_breaks_when_the_class_of_a_claim_does_not_encrypt if {
	expected := {breach("claim_not_encrypted", {"class": "plain"}, ["spec", "storageClassName"])}
	criterion.deny == expected with input as claim({"storageClassName": "plain"}) with data.environment as classes
}

test_breaks_when_the_default_class_does_not_encrypt if {
	expected := {breach("claim_not_encrypted", {"class": "plain"}, ["spec"])}
	marked := {"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}
	seen := object.union(classes, {"storage.k8s.io/StorageClass": {"": {"plain": marked}}})
	criterion.deny == expected with input as claim({}) with data.environment as seen
}

test_breaks_at_the_claims_of_a_stateful_set_and_of_a_pod if {
	path := ["spec", "volumeClaimTemplates", 0, "spec", "storageClassName"]
	of_set := {breach("claim_not_encrypted", {"class": "plain"}, path)}
	of_pod := {breach(
		"claim_not_encrypted", {"class": "plain"},
		["spec", "volumes", 0, "ephemeral", "volumeClaimTemplate", "spec", "storageClassName"],
	)}
	templates := {"volumeClaimTemplates": [{"spec": {"storageClassName": "plain"}}]}
	volume := {"name": "work", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "plain"}}}}
	criterion.deny == of_set with input as subject("apps/StatefulSet", {"spec": templates})
		with data.environment as classes
	criterion.deny == of_pod with input as pod([volume]) with data.environment as classes
}

test_undetermined_when_a_claim_leads_nowhere if {
	absent := {doubt("the class gone is not in sight", ["spec", "storageClassName"])}
	silent := {doubt("no class is stated, and no default class is in sight", ["spec"])}
	static := {doubt("it takes a volume made by hand that is not in sight", ["spec", "storageClassName"])}
	unread := {doubt("it is not read how the class slow encrypts", ["spec", "storageClassName"])}
	criterion.undetermined == absent with input as claim({"storageClassName": "gone"}) with data.environment as classes
	criterion.undetermined == silent with input as claim({}) with data.environment as classes
	criterion.undetermined == static with input as claim({"storageClassName": "", "volumeName": "disk"})
		with data.environment as classes
	criterion.undetermined == unread with input as claim({"storageClassName": "slow"}) with data.environment as classes
}

test_undetermined_when_two_classes_are_the_default if {
	expected := {doubt("no class is stated, and more than one is the default", ["spec"])}
	marked := {"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}
	seen := object.union(classes, {"storage.k8s.io/StorageClass": {"": {"plain": marked, "safe": marked}}})
	criterion.undetermined == expected with input as claim({}) with data.environment as seen
	criterion.deny == set() with input as claim({}) with data.environment as seen
}

test_undetermined_when_the_class_of_a_claim_is_unknown if {
	expected := {gap("storageClassName", "values.yaml", ["spec", "storageClassName"])}
	asked := claim({"storageClassName": {"$unknown": "values.yaml"}})
	criterion.undetermined == expected with input as asked with data.environment as classes
}

test_asks_of_scratch_space_whether_the_nodes_are_encrypted if {
	path := ["spec", "volumes", 0, "emptyDir"]
	open := {breach("node_disk_not_encrypted", {"volume": "scratch"}, path)}
	unknown := {breach("node_disk_unknown", {"volume": "scratch"}, path)}
	scratch := pod([{"name": "scratch", "emptyDir": {}}, {"name": "fast", "emptyDir": {"medium": "Memory"}}])
	criterion.deny == open with input as scratch with data.environment as nodes(false)
	criterion.undetermined == unknown with input as scratch with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as scratch with data.environment as nodes(true)
}

test_does_not_apply_to_pods_without_such_volumes_or_in_exempt_namespaces if {
	exempt := object.union(pod([{"name": "scratch", "emptyDir": {}}]), {"scope": "exempt"})
	criterion.deny | criterion.undetermined == set() with input as exempt with data.environment as {}
	not criterion.applies with input as exempt with data.environment as {}
	not criterion.applies with input as pod([{"name": "data", "persistentVolumeClaim": {}}]) with data.environment as {}
}

subject(kind, body) := {
	"address": [kind, "research", "main"],
	"scope": "project",
	"parameters": {"encrypted_storage_classes": [], "require_customer_keys": false},
	"resource": body,
}

class(body) := object.union(subject("storage.k8s.io/StorageClass", body), {"address": [
	"storage.k8s.io/StorageClass",
	"", "fast",
]})

ebs(parameters) := {"provisioner": "ebs.csi.aws.com", "parameters": parameters}

volume(spec) := subject("PersistentVolume", {"spec": spec})

claim(spec) := subject("PersistentVolumeClaim", {"spec": spec})

pod(volumes) := object.union(subject("Pod", {"spec": {}}), {"pod": {"spec": {"volumes": volumes}, "path": ["spec"]}})

attested(asked) := object.union(asked, {"parameters": {"encrypted_storage_classes": ["fast"]}})

classes := {"storage.k8s.io/StorageClass": {"": {
	"plain": {"provisioner": "rancher.io/local-path"},
	"safe": {"provisioner": "disk.csi.azure.com"},
	"slow": {"provisioner": "rook-ceph.rbd.csi.ceph.com"},
}}}

nodes(encrypted) := {"speguard/Environment": {"": {"spe": {"spec": {"nodes_encrypted": encrypted}}}}}

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}

doubt(why, path) := breach("claim_unknown", {"why": why}, path)

gap(field, why, path) := breach("field_unknown", {"field": field, "why": why}, path)
