package hardening.no_host_access.kubernetes_test

import data.hardening.no_host_access.kubernetes as criterion

test_meets_when_nothing_touches_the_host if {
criterion.deny |
	criterion.undetermined == set() with input as workload({"hostNetwork": false})
	criterion.applies with input as workload({})
}

test_breaks_for_each_host_namespace if {
	expected := {
		breach("host_namespace", {"field": "hostNetwork"}, ["hostNetwork"]),
		breach("host_namespace", {"field": "hostPID"}, ["hostPID"]),
		breach("host_namespace", {"field": "hostIPC"}, ["hostIPC"]),
	}
	criterion.deny == expected with input as workload({"hostNetwork": true, "hostPID": true, "hostIPC": true})
}

test_breaks_at_a_host_path if {
	expected := {breach("host_path", {"volume": "socket"}, ["volumes", 1, "hostPath"])}
	volumes := [{"name": "scratch", "emptyDir": {}}, {"name": "socket", "hostPath": {"path": "/run"}}]
	criterion.deny == expected with input as workload({"volumes": volumes})
}

test_breaks_at_a_host_port_but_not_at_zero if {
	expected := {in_container("host_port", {"port": 8080}, ["ports", 1, "hostPort"])}
	ports := [{"containerPort": 80, "hostPort": 0}, {"containerPort": 80, "hostPort": 8080}]
	criterion.deny == expected with input as container({"ports": ports})
}

test_breaks_when_a_container_is_privileged if {
	expected := {in_container("privileged", {}, ["securityContext", "privileged"])}
	criterion.deny == expected with input as container({"securityContext": {"privileged": true}})
}

test_breaks_when_an_ephemeral_container_is_privileged if {
	path := ["ephemeralContainers", 0, "securityContext", "privileged"]
	expected := {breach("privileged", {"container": "shell"}, path)}
	shell := {"name": "shell", "securityContext": {"privileged": true}}
	criterion.deny == expected with input as workload({"ephemeralContainers": [shell]})
}

test_breaks_when_proc_is_unmasked if {
	expected := {in_container("proc_unmasked", {}, ["securityContext", "procMount"])}
	criterion.deny == expected with input as container({"securityContext": {"procMount": "Unmasked"}})
}

test_breaks_for_a_host_process_of_pod_and_container if {
	path := ["securityContext", "windowsOptions", "hostProcess"]
	of_pod := {breach("host_process", {}, path)}
	of_container := {breach("host_process", {}, array.concat(["containers", 0], path))}
	context := {"securityContext": {"windowsOptions": {"hostProcess": true}}}
	criterion.deny == of_pod with input as workload(context)
	criterion.deny == of_container with input as container(context)
}

test_breaks_at_an_unsafe_sysctl_only if {
	expected := {breach("unsafe_sysctl", {"sysctl": "kernel.msgmax"}, ["securityContext", "sysctls", 1, "name"])}
	sysctls := [{"name": "net.ipv4.tcp_syncookies", "value": "1"}, {"name": "kernel.msgmax", "value": "9"}]
	criterion.deny == expected with input as workload({"securityContext": {"sysctls": sysctls}})
}

test_breaks_at_a_raw_block_device if {
	expected := {in_container("raw_device", {}, ["volumeDevices", 0])}
	criterion.deny == expected with input as container({"volumeDevices": [{"name": "data", "devicePath": "/dev/xvda"}]})
}

test_breaks_at_a_device_of_the_host_only if {
	device := "smarter-devices/fuse"
	expected := {in_container("host_device", {"device": device}, ["resources", "limits", device])}
	limits := {device: 1, "nvidia.com/gpu": 1, "cpu": "1"}
	criterion.deny == expected with input as container({"resources": {"limits": limits}})
}

test_breaks_when_the_node_is_chosen if {
	expected := {breach("node_chosen", {"node": "worker-1"}, ["nodeName"])}
	criterion.deny == expected with input as workload({"nodeName": "worker-1"})
}

test_breaks_when_the_control_plane_is_tolerated if {
	expected := {
		breach("control_plane_tolerated", {}, ["tolerations", 1]),
		breach("control_plane_tolerated", {}, ["tolerations", 2]),
	}
	tolerations := [
		{"key": "spe/project", "operator": "Exists"},
		{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
		{"operator": "Exists"},
	]
	criterion.deny == expected with input as workload({"tolerations": tolerations})
}

test_breaks_outside_a_sandbox_where_the_profile_asks_for_one if {
	missing := {breach("not_sandboxed", {}, [])}
	other := {breach("not_sandboxed", {}, ["runtimeClassName"])}
	criterion.deny == missing with input as strict(workload({}))
	criterion.deny == other with input as strict(workload({"runtimeClassName": "runc"}))
	criterion.deny == set() with input as strict(workload({"runtimeClassName": "kata"}))
}

test_breaks_when_a_claim_is_bound_to_a_volume_of_the_node if {
	expected := {{"reason": "volume_of_the_node", "facts": {"volume": "disk"}, "path": ["spec"]}}
	by_name := volume({"local": {"path": "/data"}})
	by_claim := volume({"hostPath": {"path": "/d"}, "claimRef": {"namespace": "research", "name": "data"}})
	criterion.deny == expected with input as claim({"volumeName": "disk"}) with data.environment as by_name
	criterion.deny == expected with input as claim({}) with data.environment as by_claim
	criterion.deny == set() with input as claim({}) with data.environment as by_name
}

test_undetermined_when_a_claim_may_take_a_volume_of_the_node if {
	expected := {{"reason": "volume_may_be_of_the_node", "facts": {"volume": "disk"}, "path": ["spec"]}}
	same_class := volume({"local": {"path": "/data"}, "storageClassName": "manual"})
	asked := claim({"storageClassName": "manual"})
	criterion.undetermined == expected with input as asked with data.environment as same_class
	criterion.undetermined == expected with input as claim({"volumeName": "disk"}) with data.environment as {}
}

test_breaks_when_the_guard_lets_through_or_exempts if {
	expected := {
		of_guard("guard_lets_through", ["webhooks", 0, "failurePolicy"]),
		of_guard("guard_exempts", ["webhooks", 0, "objectSelector"]),
		of_guard("guard_exempts", ["webhooks", 0, "namespaceSelector", "matchExpressions", 1]),
	}
	webhook := {
		"name": "project.speguard.io",
		"failurePolicy": "Ignore",
		"objectSelector": {"matchLabels": {"a": "b"}},
		"namespaceSelector": {"matchExpressions": [
			{"key": "spe/project", "operator": "Exists"},
			{"key": "skip", "operator": "DoesNotExist"},
		]},
	}
	criterion.deny == expected with input as webhooks([webhook])
}

test_meets_when_only_the_webhook_for_other_namespaces_may_fail if {
	both := [{"name": "outside.speguard.io", "failurePolicy": "Ignore"}, {"name": "cluster.speguard.io"}]
	criterion.deny | criterion.undetermined == set() with input as webhooks(both)
	criterion.applies with input as webhooks(both)
	kind := "admissionregistration.k8s.io/ValidatingWebhookConfiguration"
	others := object.union(webhooks([]), {"address": [kind, "", "cert-manager"]})
	not criterion.applies with input as others
}

test_undetermined_when_the_guard_has_conditions if {
	facts := {"field": "matchConditions", "why": "CEL is not read"}
	expected := {{"reason": "field_unknown", "facts": facts, "path": ["webhooks", 0, "matchConditions"]}}
	webhook := {"name": "project.speguard.io", "matchConditions": [{"name": "a", "expression": "true"}]}
	criterion.undetermined == expected with input as webhooks([webhook])
}

test_undetermined_when_values_are_unknown if {
	expected := {
		gap("hostNetwork", "var.host", ["hostNetwork"]),
		gap("securityContext", "var.context", ["containers", 0, "securityContext"]),
	}
	shape := {
		"hostNetwork": {"$unknown": "var.host"},
		"containers": [{"name": "main", "securityContext": {"$unknown": "var.context"}}],
	}
	criterion.undetermined == expected with input as workload(shape)
	criterion.deny == set() with input as workload(shape)
}

test_undetermined_when_values_have_the_wrong_type if {
	why := "not of the expected type"
	expected := {gap("hostPID", why, ["hostPID"]), gap("volumes", why, ["volumes"])}
	criterion.undetermined == expected with input as workload({"hostPID": "true", "volumes": {}})
}

test_undetermined_when_there_is_no_pod_or_no_container if {
	unknown := {gap("spec", "no pod", [])}
	pod := {"spec": {"$unknown": "no pod"}, "path": ["spec", "template", "spec"]}
	bare := {"address": ["apps/Deployment", "a", "b"], "scope": "project", "parameters": parameters, "pod": pod}
	criterion.undetermined == unknown with input as bare
	empty := {gap("containers", "no container is stated", ["containers"])}
	criterion.undetermined == empty with input as workload({"containers": []})
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(workload({"hostNetwork": true}), {"scope": "unknown"})
	criterion.undetermined == expected with input as placed
	criterion.deny == set() with input as placed
}

test_does_not_apply_outside_projects if {
	exempt := object.union(workload({"hostNetwork": true}), {"scope": "exempt"})
	criterion.deny | criterion.undetermined == set() with input as exempt
	not criterion.applies with input as exempt
}

parameters := {"require_sandbox": false, "sandbox_runtimes": ["kata"]}

workload(spec) := {
	"address": ["apps/Deployment", "research", "notebook"],
	"scope": "project",
	"parameters": parameters,
	"pod": {"spec": object.union({"containers": [{"name": "main"}]}, spec), "path": ["spec", "template", "spec"]},
}

container(body) := workload({"containers": [object.union({"name": "main"}, body)]})

strict(workload) := object.union(workload, {"parameters": {"require_sandbox": true}})

claim(spec) := {
	"address": ["PersistentVolumeClaim", "research", "data"],
	"scope": "project",
	"parameters": parameters,
	"resource": {"spec": spec},
}

volume(spec) := {"PersistentVolume": {"": {"disk": {"spec": spec}}}}

webhooks(list) := {
	"address": ["admissionregistration.k8s.io/ValidatingWebhookConfiguration", "", "speguard"],
	"scope": "project",
	"parameters": parameters,
	"resource": {"webhooks": list},
}

breach(reason, facts, path) := {
	"reason": reason,
	"facts": facts,
	"path": array.concat(["spec", "template", "spec"], path),
}

in_container(reason, facts, path) := breach(
	reason, object.union({"container": "main"}, facts),
	array.concat(["containers", 0], path),
)

of_guard(reason, path) := {"reason": reason, "facts": {"webhook": "project.speguard.io"}, "path": path}

gap(field, why, path) := breach("field_unknown", {"field": field, "why": why}, path)
