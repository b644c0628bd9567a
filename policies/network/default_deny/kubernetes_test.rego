package network.default_deny.kubernetes_test

import data.network.default_deny.kubernetes as criterion

test_meets_when_both_directions_are_isolated if {
	seen := facts([])
	criterion.deny | criterion.undetermined == set() with input as notebook with data.reach as seen
	criterion.applies with input as notebook with data.reach as seen
}

test_breaks_in_each_direction_that_no_policy_isolates if {
	expected := {
		breach("not_selected", {"direction": "ingress"}, ["metadata", "name"]),
		breach("not_selected", {"direction": "egress"}, ["metadata", "name"]),
	}
	seen := facts([
		way("ingress", "not_selected", ["metadata", "name"]),
		way("egress", "not_selected", ["metadata", "name"]),
	])
	criterion.deny == expected with input as notebook with data.reach as seen
}

test_breaks_at_the_rule_that_allows_all if {
	policy := ["networking.k8s.io/NetworkPolicy", "research", "web"]
	path := ["spec", "egress", 0]
	expected := {{"reason": "allows_all", "facts": {"direction": "egress"}, "at": policy, "path": path}}
	seen := facts([object.union(way("egress", "allows_all", path), {"at": policy})])
	criterion.deny == expected with input as notebook with data.reach as seen
}

test_breaks_once_on_the_host_network if {
	path := ["spec", "template", "spec", "hostNetwork"]
	expected := {breach("host_network", {}, path)}
	seen := facts([way("ingress", "host_network", path), way("egress", "host_network", path)])
	criterion.deny == expected with input as notebook with data.reach as seen
}

test_undetermined_when_isolation_is_unknown if {
	expected := {breach("isolation_unknown", {"why": "a policy is not read"}, [])}
	seen := facts([{"answer": "unknown", "why": "a policy is not read", "at": notebook.address, "path": []}])
	criterion.undetermined == expected with input as notebook with data.reach as seen
	criterion.deny == set() with input as notebook with data.reach as seen
}

test_undetermined_when_nothing_was_derived if {
	expected := {breach("isolation_unknown", {"why": "it was not derived"}, [])}
	criterion.undetermined == expected with input as notebook with data.reach as {"isolation": {}}
	criterion.undetermined == expected with input as notebook with data.reach as {}
}

test_undetermined_when_a_way_has_a_new_cause if {
	expected := {breach("isolation_unknown", {"why": "its cause is new"}, ["spec"])}
	seen := facts([way("egress", "tunnel", ["spec"])])
	criterion.undetermined == expected with input as notebook with data.reach as seen
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(notebook, {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.reach as facts([])
}

test_does_not_apply_outside_projects if {
	exempt := object.union(notebook, {"scope": "exempt"})
	seen := facts([way("egress", "not_selected", [])])
	criterion.deny | criterion.undetermined == set() with input as exempt with data.reach as seen
	not criterion.applies with input as exempt with data.reach as seen
}

test_meets_when_a_stated_plugin_enforces if {
criterion.deny | criterion.undetermined == set() with input as environment({"network_plugin": "calico"})
	with data.environment as {}}

test_meets_when_a_running_plugin_enforces_beside_one_that_does_not if {
	running := daemons(["kube-flannel-ds", "platform:calico-node"])
	criterion.deny | criterion.undetermined == set() with input as environment({}) with data.environment as running
}

test_breaks_when_the_plugin_does_not_enforce if {
	expected := {{"reason": "plugin_does_not_enforce", "facts": {"plugin": "flannel"}, "path": ["spec"]}}
	running := daemons(["kube-flannel-ds"])
	criterion.deny == expected with input as environment({}) with data.environment as running
	criterion.deny == expected with input as environment({"network_plugin": "flannel"}) with data.environment as {}
}

test_breaks_when_the_profile_takes_a_plugin_off_the_list if {
	expected := {{"reason": "plugin_does_not_enforce", "facts": {"plugin": "calico"}, "path": ["spec"]}}
	narrowed := object.union(environment({"network_plugin": "calico"}), {"parameters": {"enforcing_network_plugins": []}})
	criterion.deny == expected with input as narrowed with data.environment as {}
}

test_judges_each_cluster_by_its_own_plugin if {
	broken := {{"reason": "plugin_does_not_enforce", "facts": {"plugin": "flannel"}, "path": ["spec", "clusters", 0]}}
	clusters := [{"name": "a", "network_plugin": "flannel"}, {"name": "b"}]
	asked := environment({"network_plugin": "calico", "clusters": clusters})
	criterion.deny == broken with input as asked with data.environment as {}
}

test_undetermined_when_no_plugin_is_known if {
	whole := {{"reason": "plugin_unknown", "facts": {"cluster": "of this scan"}, "path": ["spec"]}}
	one := {{"reason": "plugin_unknown", "facts": {"cluster": "a"}, "path": ["spec", "clusters", 0]}}
	unknown := {"network_plugin": {"$unknown": "a template"}}
	criterion.undetermined == whole with input as environment({}) with data.environment as {}
	criterion.undetermined == whole with input as environment(unknown) with data.environment as {}
	criterion.undetermined == one with input as environment({"clusters": [{"name": "a"}]}) with data.environment as {}
}

notebook := {"address": ["apps/Deployment", "research", "notebook"], "scope": "project", "pod": {}}

environment(spec) := {
	"address": ["speguard/Environment", "", "environment"],
	"scope": "project",
	"parameters": {"enforcing_network_plugins": ["calico", "cilium"]},
	"resource": {"spec": spec},
}

daemons(names) := {"apps/DaemonSet": {"kube-system": {name: {} | some name in names}}}

facts(ways) := {"isolation": {"apps/Deployment": {"research": {"notebook": ways}}}}

way(direction, cause, path) := {
	"answer": "open",
	"direction": direction,
	"cause": cause,
	"at": notebook.address,
	"path": path,
}

breach(reason, facts, path) := {"reason": reason, "facts": facts, "at": notebook.address, "path": path}
