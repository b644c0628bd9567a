package network.no_public_exposure.kubernetes_test

import data.network.no_public_exposure.kubernetes as criterion

test_meets_when_the_load_balancer_is_internal_or_a_front_door if {
	inside := object.union(service({"type": "LoadBalancer"}), annotated({"lb.example/internal": "True"}))
	door := at_door(service({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false}))
	criterion.deny | criterion.undetermined == set() with input as inside
	criterion.deny | criterion.undetermined == set() with input as door
	criterion.applies with input as inside
}

test_breaks_when_a_load_balancer_is_public if {
	expected := {breach("load_balancer_public", {}, ["spec", "type"])}
	asked := object.union(service({"type": "LoadBalancer"}), annotated({"lb.example/internal": "false"}))
	criterion.deny == expected with input as asked
}

test_breaks_at_a_node_port_outside_a_front_door if {
	expected := {breach("node_port", {}, ["spec", "type"])}
	criterion.deny == expected with input as service({"type": "NodePort"})
	criterion.deny == set() with input as at_door(service({"type": "NodePort"}))
}

test_breaks_when_a_front_door_opens_node_ports_beside_it if {
	expected := {breach("node_ports_beside", {}, ["spec"])}
	criterion.deny == expected with input as at_door(service({"type": "LoadBalancer"}))
}

test_breaks_when_a_front_door_for_known_networks_answers_everybody if {
	spec := {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false}
	known := breach("open_beyond_its_networks", {"networks": "192.0.2.0/24"}, ["spec"])
	criterion.deny == {known} with input as for_networks(spec)
	wide := breach("open_beyond_its_networks", {"networks": "192.0.2.0/24"}, ["spec", "loadBalancerSourceRanges", 1])
	ranges := object.union(spec, {"loadBalancerSourceRanges": ["192.0.2.0/24", "0.0.0.0/0"]})
	criterion.deny == {wide} with input as for_networks(ranges)
	criterion.deny == set() with input as at_door(service(ranges))
}

test_meets_when_a_front_door_answers_its_networks_only if {
	spec := {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false}
	limited := for_networks(object.union(spec, {"loadBalancerSourceRanges": ["192.0.2.0/24"]}))
	criterion.deny | criterion.undetermined == set() with input as limited
	key := "service.beta.kubernetes.io/azure-allowed-ip-ranges"
	criterion.deny == set() with input as object.union(for_networks(spec), annotated({key: "192.0.2.0/24"}))
	unknown := for_networks(object.union(spec, {"loadBalancerSourceRanges": {"$unknown": "u"}}))
	expected := {gap("loadBalancerSourceRanges", "u", ["spec", "loadBalancerSourceRanges"])}
	criterion.undetermined == expected with input as unknown
	criterion.deny == set() with input as unknown
	hidden := object.union(for_networks(spec), annotated({key: {"$unknown": "u"}}))
	criterion.undetermined == {gap(key, "u", ["metadata", "annotations", key])} with input as hidden
	criterion.deny == set() with input as hidden
}

test_breaks_at_an_external_address if {
	expected := {breach("external_address", {"address": "192.0.2.7"}, ["spec", "externalIPs", 0])}
	criterion.deny == expected with input as service({"externalIPs": ["192.0.2.7"]})
}

test_does_not_apply_to_a_service_that_only_the_cluster_reaches if {
criterion.deny |
	criterion.undetermined == set() with input as service({"externalIPs": []})
	not criterion.applies with input as service({"type": "ClusterIP"})
}

test_meets_when_every_host_is_a_front_door if {
	exact := ingress([{"host": "Desk.spe.example"}])
	wildcard := ingress([{"host": "heart.desks.example"}])
	by_namespace := at_door(ingress([{"host": "other.example"}, {}]))
	criterion.deny | criterion.undetermined == set() with input as exact
	criterion.deny | criterion.undetermined == set() with input as wildcard
	criterion.deny | criterion.undetermined == set() with input as by_namespace
	criterion.applies with input as exact
}

test_breaks_at_a_host_that_is_no_front_door if {
	expected := {
		breach("host_no_front_door", {"host": "open.example"}, ["spec", "rules", 0, "host"]),
		breach("host_no_front_door", {"host": "a.b.desks.example"}, ["spec", "rules", 1, "host"]),
		breach("host_no_front_door", {"host": "*.example"}, ["spec", "rules", 2, "host"]),
	}
	hosts := ["open.example", "a.b.desks.example", "*.example"]
	criterion.deny == expected with input as ingress([{"host": host} | some host in hosts])
}

test_breaks_when_an_ingress_takes_every_host if {
	expected := {
		breach("every_host", {}, ["spec", "rules", 0]),
		breach("default_backend", {}, ["spec", "defaultBackend"]),
	}
	asked := object.union(ingress([{"http": {}}]), {"resource": {"spec": {"defaultBackend": {"service": {}}}}})
	criterion.deny == expected with input as asked
}

test_breaks_when_the_front_doors_are_taken_away if {
	expected := {breach("host_no_front_door", {"host": "desk.spe.example"}, ["spec", "rules", 0, "host"])}
	asked := object.union(ingress([{"host": "desk.spe.example"}]), {"parameters": {"front_doors": []}})
	criterion.deny == expected with input as asked
}

test_meets_when_a_gateway_is_a_door_or_internal if {
	door := gateway([{"name": "https", "hostname": "desk.spe.example"}])
	inside := object.union(gateway([{"name": "https"}]), annotated({"lb.example/internal": "true"}))
	by_infrastructure := {"resource": {"spec": {"infrastructure": {"annotations": {"lb.example/internal": "true"}}}}}
	criterion.deny | criterion.undetermined == set() with input as door
	criterion.deny | criterion.undetermined == set() with input as inside
	criterion.deny == set() with input as object.union(gateway([{"name": "a"}]), by_infrastructure)
}

test_breaks_when_a_gateway_is_no_door if {
	expected := {breach("gateway_no_front_door", {}, ["spec"])}
	criterion.deny == expected with input as gateway([{"name": "a", "hostname": "desk.spe.example"}, {"name": "b"}])
	criterion.deny == expected with input as gateway([])
}

test_breaks_when_routes_from_everywhere_may_join if {
	path := ["spec", "listeners", 0, "allowedRoutes", "namespaces", "from"]
	expected := {breach("routes_from_everywhere", {"listener": "https"}, path)}
	listener := {"name": "https", "allowedRoutes": {"namespaces": {"from": "All"}}}
	criterion.deny == expected with input as at_door(gateway([listener]))
}

test_breaks_when_a_project_publishes_itself if {
	expected := {breach("route_at_public_gateway", {"gateway": "edge/main"}, ["spec", "parentRefs", 0])}
	asked := route({"parentRefs": [{"name": "main", "namespace": "edge"}]})
	criterion.deny == expected with input as asked with data.environment as gateways({})
	inside := gateways({"metadata": {"annotations": {"lb.example/internal": "true"}}})
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as inside
}

test_meets_when_the_route_is_a_declared_door_or_of_the_mesh if {
	door := route({"parentRefs": [{"name": "main", "namespace": "edge"}], "hostnames": ["desk.spe.example"]})
	mesh := route({"parentRefs": [{"name": "notebook", "kind": "Service"}]})
	criterion.deny | criterion.undetermined == set() with input as door with data.environment as gateways({})
	criterion.deny | criterion.undetermined == set() with input as mesh with data.environment as gateways({})
	criterion.applies with input as door
}

test_does_not_apply_to_a_route_of_the_platform if {
	asked := object.union(route({"parentRefs": [{"name": "main", "namespace": "edge"}]}), {"scope": "platform"})
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as gateways({})
	not criterion.applies with input as asked
}

test_undetermined_when_the_gateway_is_not_in_sight if {
	expected := {breach("gateway_unknown", {"gateway": "research/main"}, ["spec", "parentRefs", 0])}
	criterion.undetermined == expected with input as route({"parentRefs": [{"name": "main"}]}) with data.environment as {}
}

test_undetermined_when_the_scope_of_a_route_is_unknown if {
	expected := {breach("scope_unknown", {}, ["metadata"])}
	criterion.undetermined == expected with input as object.union(route({}), {"scope": "unknown"})
		with data.environment as {}
}

test_undetermined_for_kinds_that_are_not_read if {
	expected := {breach("kind_unread", {}, ["spec"])}
	criterion.undetermined == expected with input as subject("route.openshift.io/Route", {"host": "a.example"})
	criterion.undetermined == expected with input as subject("networking.istio.io/Gateway", {})
}

test_breaks_at_a_host_port_and_a_tunnel if {
	expected := {
		breach("host_port", {"container": "main", "port": 443}, ["spec", "containers", 0, "ports", 0, "hostPort"]),
		breach(
			"tunnel", {"container": "main", "image": "docker.io/cloudflare/cloudflared:2026.1"},
			["spec", "containers", 0, "image"],
		),
	}
	container := {
		"name": "main",
		"image": "docker.io/cloudflare/cloudflared:2026.1",
		"ports": [{"containerPort": 8443, "hostPort": 443}],
	}
	criterion.deny == expected with input as pod([container])
}

test_meets_when_an_image_only_sounds_like_a_tunnel if {
	images := ["registry.example/frpython:1", "registry.example/chiseled-base:9", "registry.example/r:inlets"]
	containers := [{"name": "main", "image": image} | some image in images]
	criterion.deny | criterion.undetermined == set() with input as pod(containers)
	criterion.applies with input as pod(containers)
}

test_undetermined_when_values_are_unknown_or_of_another_type if {
	unknown := {"$unknown": "values.yaml"}
	type := {gap("type", "values.yaml", ["spec", "type"])}
	host := {gap("host", "values.yaml", ["spec", "rules", 0, "host"])}
	listeners := {gap("listeners", "not of the expected type", ["spec", "listeners"])}
	image := {gap("image", "values.yaml", ["spec", "containers", 0, "image"])}
	criterion.undetermined == type with input as service({"type": unknown})
	criterion.undetermined == host with input as ingress([{"host": unknown}])
	criterion.undetermined == listeners with input as at_door(gateway("https"))
	criterion.undetermined == image with input as pod([{"name": "main", "image": unknown}])
	parents := {gap("parentRefs", "not of the expected type", ["spec", "parentRefs"])}
	criterion.undetermined == parents with input as route({"parentRefs": "main"}) with data.environment as {}
}

parameters := {
	"front_doors": [{"host": "desk.spe.example"}, {"host": "*.desks.example"}, {"namespace": "edge"}],
	"internal_lb_annotations": ["lb.example/internal=true"],
}

subject(kind, spec) := {
	"address": [kind, "research", "main"],
	"scope": "project",
	"parameters": parameters,
	"resource": {"metadata": {"name": "main"}, "spec": spec},
}

service(spec) := subject("Service", spec)

ingress(rules) := subject("networking.k8s.io/Ingress", {"rules": rules})

gateway(listeners) := subject("gateway.networking.k8s.io/Gateway", {"listeners": listeners})

route(spec) := subject("gateway.networking.k8s.io/HTTPRoute", spec)

pod(containers) := object.union(subject("Pod", {}), {"pod": {"spec": {"containers": containers}, "path": ["spec"]}})

at_door(asked) := object.union(asked, {"address": [asked.address[0], "edge", "main"]})

for_networks(spec) := object.union(at_door(service(spec)), {"parameters": object.union(parameters, {"front_doors": [door]})}) if {
	door := {"namespace": "edge", "networks": ["192.0.2.0/24"]}
}

annotated(annotations) := {"resource": {"metadata": {"annotations": annotations}}}

gateways(body) := {"gateway.networking.k8s.io/Gateway": {"edge": {"main": body}}}

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}

gap(field, why, path) := breach("field_unknown", {"field": field, "why": why}, path)
