package network.no_internet_egress.kubernetes_test

import data.network.no_internet_egress.kubernetes as criterion

test_meets_when_no_way_leads_out if {
criterion.deny |
	criterion.undetermined == set() with input as notebook([]) with data.reach as facts([])
	criterion.applies with input as notebook([]) with data.reach as facts([])
}

test_breaks_at_the_rule_that_opens_the_way if {
	expected := {{
		"reason": "way_open",
		"facts": {"to": "0.0.0.0/0", "ports": "tcp/443"},
		"at": ["networking.k8s.io/NetworkPolicy", "research", "web"],
		"path": ["spec", "egress", 0],
	}}
	criterion.deny == expected with input as notebook([]) with data.reach as facts([open_way])
}

test_breaks_once_for_each_way if {
	on_host := object.union(open_way, {"at": address, "path": ["spec", "template", "spec", "hostNetwork"]})
	count(criterion.deny) == 2 with input as notebook([]) with data.reach as facts([open_way, on_host])
}

test_breaks_when_a_proxy_is_not_allowed if {
	expected := {{
		"reason": "proxy_not_allowed",
		"facts": {"container": "main", "proxy": "free.proxy.test"},
		"path": ["spec", "template", "spec", "containers", 0, "env", 1, "value"],
	}}
	env := [{"name": "LANG", "value": "nb"}, {"name": "https_proxy", "value": "http://me:x@free.proxy.test:3128/"}]
	criterion.deny == expected with input as notebook(env) with data.reach as facts([])
}

test_meets_when_the_proxy_is_allowed_by_name_or_address if {
	by_name := [{"name": "HTTP_PROXY", "value": "proxy.spe.example:3128"}, {"name": "ALL_PROXY", "value": ""}]
	by_address := [{"name": "HTTPS_PROXY", "value": "http://10.0.0.9:3128"}]
	criterion.deny | criterion.undetermined == set() with input as notebook(by_name) with data.reach as facts([])
	criterion.deny | criterion.undetermined == set() with input as notebook(by_address) with data.reach as facts([])
}

test_breaks_when_the_allowed_proxies_are_taken_away if {
	env := [{"name": "HTTP_PROXY", "value": "proxy.spe.example:3128"}]
	emptied := object.union(notebook(env), {"parameters": {"allowed_proxies": []}})
	expected := {{
		"reason": "proxy_not_allowed",
		"facts": {"container": "main", "proxy": "proxy.spe.example"},
		"path": ["spec", "template", "spec", "containers", 0, "env", 0, "value"],
	}}
	criterion.deny == expected with input as emptied with data.reach as facts([])
}

test_undetermined_when_the_proxy_is_unknown_or_taken_from_elsewhere if {
	path := ["spec", "template", "spec", "containers", 0, "env"]
	expected := {
		field_unknown("value", "var.proxy", array.concat(path, [0, "value"])),
		field_unknown("valueFrom", "it is taken from elsewhere", array.concat(path, [1, "valueFrom"])),
	}
	env := [
		{"name": "HTTP_PROXY", "value": {"$unknown": "var.proxy"}},
		{"name": "ALL_PROXY", "valueFrom": {"configMapKeyRef": {"name": "proxy", "key": "all"}}},
	]
	criterion.undetermined == expected with input as notebook(env) with data.reach as facts([])
}

test_undetermined_when_the_environment_variables_have_the_wrong_type if {
	path := ["spec", "template", "spec", "containers", 0, "env"]
	expected := {field_unknown("env", "not of the expected type", path)}
	criterion.undetermined == expected with input as notebook({"HTTP_PROXY": "x"}) with data.reach as facts([])
}

test_undetermined_when_the_network_is_unread if {
	unread := {"answer": "unknown", "why": "NetworkPolicy could not be listed", "at": address, "path": []}
	expected := {way_unknown("NetworkPolicy could not be listed")}
	criterion.undetermined == expected with input as notebook([]) with data.reach as facts([unread])
}

test_undetermined_when_nothing_was_derived if {
	expected := {way_unknown("it was not derived")}
	criterion.undetermined == expected with input as notebook([]) with data.reach as {"internet": {}}
	criterion.undetermined == expected with input as notebook([]) with data.reach as {}
}

test_undetermined_when_the_pod_has_no_name_yet if {
	expected := {object.union(way_unknown("it was not derived"), {"at": ["apps/Deployment", "research", ""]})}
	nameless := object.union(notebook([]), {"address": ["apps/Deployment", "research", ""]})
	criterion.undetermined == expected with input as nameless with data.reach as facts([])
}

test_undetermined_when_the_scope_is_unknown if {
	expected := {{"reason": "scope_unknown", "facts": {}, "path": ["metadata"]}}
	placed := object.union(notebook([]), {"scope": "unknown"})
	criterion.undetermined == expected with input as placed with data.reach as facts([open_way])
	criterion.deny == set() with input as placed with data.reach as facts([open_way])
}

test_does_not_apply_outside_projects if {
	exempt := object.union(notebook([]), {"scope": "platform"})
	criterion.deny | criterion.undetermined == set() with input as exempt with data.reach as facts([open_way])
	not criterion.applies with input as exempt with data.reach as facts([open_way])
}

test_asks_the_environment_what_closes_each_cluster if {
	closed := {"name": "a", "node_route": {"closed_by": "fw-1", "owner": "drift"}}
	whole := {{"reason": "node_route_unknown", "facts": {"cluster": "of this scan"}, "path": ["spec"]}}
	one := {{"reason": "node_route_unknown", "facts": {"cluster": "b"}, "path": ["spec", "clusters", 1]}}
	criterion.undetermined == set() with input as environment({"clusters": [closed]})
	criterion.undetermined == whole with input as environment({})
	criterion.undetermined == one with input as environment({"clusters": [closed, {"name": "b"}]})
}

address := ["apps/Deployment", "research", "notebook"]

notebook(env) := {
	"address": address,
	"scope": "project",
	"parameters": {"allowed_proxies": [{"host": "proxy.spe.example"}, {"cidr": "10.0.0.9/32"}]},
	"pod": {"spec": {"containers": [{"name": "main", "env": env}]}, "path": ["spec", "template", "spec"]},
}

environment(spec) := {
	"address": ["speguard/Environment", "", "environment"],
	"scope": "project",
	"parameters": {"allowed_proxies": []},
	"resource": {"spec": spec},
}

open_way := {
	"answer": "open",
	"to": "0.0.0.0/0",
	"ports": "tcp/443",
	"at": ["networking.k8s.io/NetworkPolicy", "research", "web"],
	"path": ["spec", "egress", 0],
}

way_unknown(why) := {"reason": "way_unknown", "facts": {"why": why}, "at": address, "path": []}

field_unknown(name, why, path) := {"reason": "field_unknown", "facts": {"field": name, "why": why}, "path": path}

facts(ways) := {"internet": {"apps/Deployment": {"research": {"notebook": ways}}}}
