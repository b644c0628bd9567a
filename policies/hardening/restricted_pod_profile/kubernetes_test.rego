package hardening.restricted_pod_profile.kubernetes_test

import data.hardening.restricted_pod_profile.kubernetes as criterion

test_meets_when_the_restricted_standard_is_followed if {
criterion.deny |
	criterion.undetermined == set() with input as workload({}, {}) with data.environment as {}
	criterion.applies with input as workload({}, {}) with data.environment as {}
}

test_meets_when_the_pod_says_it_for_its_containers if {
	of_pod := {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "Localhost"}}}
	silent := {"securityContext": {"runAsNonRoot": null, "seccompProfile": null}}
	criterion.deny | criterion.undetermined == set() with input as workload(of_pod, silent) with data.environment as {}
}

test_breaks_when_a_container_overrides_the_pod if {
	expected := {in_container("may_run_as_root", {}, ["securityContext", "runAsNonRoot"])}
	of_pod := {"securityContext": {"runAsNonRoot": true}}
	of_container := {"securityContext": {"runAsNonRoot": false}}
	criterion.deny == expected with input as workload(of_pod, of_container) with data.environment as {}
}

test_breaks_for_all_that_a_bare_container_leaves_out if {
	expected := {
		in_container("may_run_as_root", {}, []),
		in_container("may_escalate", {}, []),
		in_container("capabilities_kept", {}, []),
		in_container("seccomp_off", {}, []),
		in_container("unlimited", {"resource": "cpu"}, []),
		in_container("unlimited", {"resource": "memory"}, []),
	}
	criterion.deny == expected with input as pod({"containers": [{"name": "main"}]}) with data.environment as {}
}

test_breaks_for_the_root_user_of_pod_and_container if {
	expected := {
		breach("root_user", {}, ["securityContext", "runAsUser"]),
		breach("root_user", {}, ["containers", 0, "securityContext", "runAsUser"]),
	}
	root := {"securityContext": {"runAsUser": 0}}
	criterion.deny == expected with input as workload(root, root) with data.environment as {}
}

test_breaks_when_privileges_may_grow if {
	expected := {in_container("may_escalate", {}, ["securityContext", "allowPrivilegeEscalation"])}
	body := {"securityContext": {"allowPrivilegeEscalation": true}}
	criterion.deny == expected with input as workload({}, body) with data.environment as {}
}

test_breaks_when_capabilities_are_kept_or_added if {
	expected := {
		in_container("capabilities_kept", {}, ["securityContext", "capabilities", "drop"]),
		in_container("capability_added", {"capability": "SYS_PTRACE"}, ["securityContext", "capabilities", "add", 1]),
	}
	body := {"securityContext": {"capabilities": {"drop": ["NET_RAW"], "add": ["NET_BIND_SERVICE", "SYS_PTRACE"]}}}
	criterion.deny == expected with input as workload({}, body) with data.environment as {}
}

test_breaks_when_no_calls_are_filtered if {
	expected := {in_container("seccomp_off", {}, ["securityContext", "seccompProfile", "type"])}
	body := {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}
	criterion.deny == expected with input as workload({}, body) with data.environment as {}
}

test_breaks_at_a_volume_of_another_type if {
	expected := {breach("volume_type", {"volume": "share", "type": "nfs"}, ["volumes", 1, "nfs"])}
	volumes := [{"name": "scratch", "emptyDir": {}}, {"name": "share", "nfs": {"server": "filer"}}, {"name": "bare"}]
	criterion.deny == expected with input as workload({"volumes": volumes}, {}) with data.environment as {}
}

test_breaks_at_selinux_options_of_its_own if {
	path := ["securityContext", "seLinuxOptions"]
	expected := {
		breach("selinux_option", {"option": "type"}, array.concat(path, ["type"])),
		breach("selinux_option", {"option": "user"}, array.concat(path, ["user"])),
		breach("selinux_option", {"option": "role"}, array.concat(path, ["role"])),
	}
	options := {"type": "spc_t", "user": "system_u", "role": "sysadm_r"}
	criterion.deny == expected with input as workload({"securityContext": {"seLinuxOptions": options}}, {})
		with data.environment as {}
	allowed := {"securityContext": {"seLinuxOptions": {"type": "container_t", "user": ""}}}
	criterion.deny == set() with input as workload({}, allowed) with data.environment as {}
}

test_breaks_when_apparmor_is_off if {
	expected := {breach("apparmor_off", {}, ["containers", 0, "securityContext", "appArmorProfile", "type"])}
	body := {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}
	criterion.deny == expected with input as workload({}, body) with data.environment as {}
}

test_breaks_when_the_old_annotation_turns_apparmor_off if {
	key := "container.apparmor.security.beta.kubernetes.io/main"
	path := ["spec", "template", "metadata", "annotations", key]
	expected := {{"reason": "apparmor_annotated_off", "facts": {}, "path": path}}
	off := object.union(workload({}, {}), annotated({key: "unconfined"}))
	on := object.union(workload({}, {}), annotated({key: "localhost/strict"}))
	criterion.deny == expected with input as off with data.environment as {}
	criterion.deny == set() with input as on with data.environment as {}
}

test_breaks_when_a_probe_or_hook_goes_elsewhere if {
	expected := {
		in_container("probe_elsewhere", {"host": "10.0.0.1"}, ["livenessProbe", "httpGet", "host"]),
		in_container("probe_elsewhere", {"host": "db"}, ["lifecycle", "preStop", "tcpSocket", "host"]),
	}
	body := {
		"livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}},
		"readinessProbe": {"httpGet": {"host": "", "port": 80}},
		"lifecycle": {"preStop": {"tcpSocket": {"host": "db", "port": 80}}},
	}
	criterion.deny == expected with input as workload({}, body) with data.environment as {}
}

test_breaks_when_the_root_is_writable_where_the_profile_asks if {
	expected := {in_container("root_writable", {}, ["securityContext"])}
	strict := {"parameters": {"require_read_only_root": true}}
	asked := object.union(workload({}, {}), strict)
	read_only := object.union(workload({}, {"securityContext": {"readOnlyRootFilesystem": true}}), strict)
	criterion.deny == expected with input as asked with data.environment as {}
	criterion.deny == set() with input as read_only with data.environment as {}
}

test_meets_when_a_limit_range_or_the_pod_gives_the_limits if {
	unlimited := {"resources": {"limits": {"cpu": null, "memory": null}}}
	limited := {"resources": {"limits": {"cpu": "4", "memory": "4Gi"}}}
	range := limit_range([
		{"type": "Container", "default": {"cpu": "1"}, "max": {"memory": "2Gi"}},
		{"type": "Pod", "max": {"memory": "4Gi"}},
	])
	criterion.deny == set() with input as workload({}, unlimited) with data.environment as range
	criterion.deny == set() with input as workload(limited, unlimited) with data.environment as {}
}

test_breaks_when_the_limit_range_bounds_only_pods_or_requests if {
	expected := {in_container("unlimited", {"resource": "memory"}, ["resources", "limits"])}
	unlimited := {"resources": {"limits": {"memory": null}}}
	range := limit_range([
		{"type": "Pod", "max": {"memory": "4Gi"}},
		{"type": "Container", "defaultRequest": {"memory": "1Gi"}},
	])
	criterion.deny == expected with input as workload({}, unlimited) with data.environment as range
}

test_undetermined_when_the_limit_range_is_unknown if {
	expected := {gap("limits", "not rendered", [])}
	unlimited := {"resources": {"limits": {"memory": null}}}
	range := limit_range({"$unknown": "not rendered"})
	criterion.undetermined == expected with input as workload({}, unlimited) with data.environment as range
	criterion.deny == set() with input as workload({}, unlimited) with data.environment as range
	criterion.undetermined == set() with input as workload({}, {}) with data.environment as range
}

test_meets_without_the_fields_that_windows_does_not_know if {
	windows := {"os": {"name": "windows"}}
	linux_only := {"securityContext": {"allowPrivilegeEscalation": null, "capabilities": null, "seccompProfile": null}}
	criterion.deny == set() with input as workload(windows, linux_only) with data.environment as {}
}

test_judges_init_and_ephemeral_containers_too if {
	bare := [{"name": "extra"}]
	init := {breach("may_escalate", {"container": "extra"}, ["initContainers", 0])}
	ephemeral := {breach("may_escalate", {"container": "extra"}, ["ephemeralContainers", 0])}
	count(init - criterion.deny) == 0 with input as workload({"initContainers": bare}, {}) with data.environment as {}
	count(ephemeral - criterion.deny) == 0 with input as workload({"ephemeralContainers": bare}, {})
		with data.environment as {}
}

test_undetermined_when_values_are_unknown if {
	unknown := {"$unknown": "var.x"}
	expected := {
		gap("drop", "var.x", ["containers", 0, "securityContext", "capabilities", "drop", 0]),
		gap("runAsNonRoot", "var.x", ["containers", 0, "securityContext", "runAsNonRoot"]),
		gap("volumes", "var.x", ["volumes"]),
	}
	body := {"securityContext": {"runAsNonRoot": unknown, "capabilities": {"drop": [unknown]}}}
	criterion.undetermined == expected with input as workload({"volumes": unknown}, body) with data.environment as {}
	criterion.deny == set() with input as workload({"volumes": unknown}, body) with data.environment as {}
}

test_undetermined_when_values_have_the_wrong_type if {
	why := "not of the expected type"
	expected := {gap("runAsUser", why, ["containers", 0, "securityContext", "runAsUser"])}
	body := {"securityContext": {"runAsUser": "0"}}
	criterion.undetermined == expected with input as workload({}, body) with data.environment as {}
}

test_undetermined_when_there_are_no_containers if {
	expected := {gap("containers", "no container is stated", ["containers"])}
	criterion.undetermined == expected with input as pod({"containers": []}) with data.environment as {}
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(workload({}, {}), {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.environment as {}
}

test_does_not_apply_outside_projects if {
	exempt := object.union(pod({}), {"scope": "exempt"})
	criterion.deny | criterion.undetermined == set() with input as exempt with data.environment as {}
	not criterion.applies with input as exempt with data.environment as {}
}

workload(of_pod, of_container) := pod(object.union({"containers": [object.union(good, of_container)]}, of_pod))

pod(spec) := {
	"address": ["apps/Deployment", "research", "notebook"],
	"scope": "project",
	"parameters": {"require_read_only_root": false, "pod_security_level": "restricted"},
	"resource": {"spec": {"template": {"metadata": {}, "spec": spec}}},
	"pod": {"spec": spec, "path": ["spec", "template", "spec"]},
}

good := {
	"name": "main",
	"securityContext": {
		"runAsNonRoot": true,
		"allowPrivilegeEscalation": false,
		"capabilities": {"drop": ["ALL"]},
		"seccompProfile": {"type": "RuntimeDefault"},
	},
	"resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
}

annotated(annotations) := {"resource": {"spec": {"template": {"metadata": {"annotations": annotations}}}}}

limit_range(limits) := {"LimitRange": {"research": {"bounds": {"spec": {"limits": limits}}}}}

breach(reason, facts, path) := {
	"reason": reason,
	"facts": facts,
	"path": array.concat(["spec", "template", "spec"], path),
}

in_container(reason, facts, path) := breach(
	reason, object.union({"container": "main"}, facts),
	array.concat(["containers", 0], path),
)

gap(field, why, path) := breach("field_unknown", {"field": field, "why": why}, path)
