package encryption.external_connections_encrypted.kubernetes_test

import data.encryption.external_connections_encrypted.kubernetes as criterion

test_meets_when_every_host_of_an_ingress_has_tls if {
	tls := [{"hosts": ["Desk.example", "*.heart.example"]}]
	named := ingress({"tls": tls, "rules": hosts(["desk.example", "a.heart.example"])})
	for_all := ingress({"tls": [{"secretName": "cert"}], "rules": hosts(["desk.example"])})
	criterion.deny | criterion.undetermined == set() with input as named
		with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as for_all
		with data.environment as {}
	criterion.applies with input as named
}

test_breaks_when_an_ingress_has_no_tls if {
	expected := {breach("tls_missing", {}, ["spec"])}
	empty := {breach("tls_missing", {}, ["spec", "tls"])}
	criterion.deny == expected with input as ingress({"rules": hosts(["desk.example"])})
		with data.environment as {}
	criterion.deny == empty with input as ingress({"tls": []})
		with data.environment as {}
}

test_breaks_at_a_host_that_no_entry_covers if {
	expected := {
		breach("host_without_tls", {"host": "other.example"}, ["spec", "rules", 0, "host"]),
		breach("host_without_tls", {"host": "a.b.heart.example"}, ["spec", "rules", 1, "host"]),
	}
	spec := {"tls": [{"hosts": ["*.heart.example"]}], "rules": hosts(["other.example", "a.b.heart.example"])}
	criterion.deny == expected with input as ingress(spec)
		with data.environment as {}
}

test_breaks_when_the_redirect_is_turned_off if {
	key := "nginx.ingress.kubernetes.io/force-ssl-redirect"
	expected := {breach("redirect_off", {"annotation": key}, ["metadata", "annotations", key])}
	off := object.union(ingress({"tls": [{}]}), annotated({key: "false"}))
	on := object.union(ingress({"tls": [{}]}), annotated({key: "true"}))
	plain := "kubernetes.io/ingress.allow-http"
	allowed := {breach("redirect_off", {"annotation": plain}, ["metadata", "annotations", plain])}
	asked := object.union(ingress({"tls": [{}]}), annotated({plain: "true"}))
	criterion.deny == allowed with input as asked with data.environment as {}
	criterion.deny == expected with input as off
		with data.environment as {}
	criterion.deny == set() with input as on
		with data.environment as {}
}

test_undetermined_when_the_certificate_is_on_the_clouds_load_balancer if {
	key := "alb.ingress.kubernetes.io/certificate-arn"
	expected := {breach("tls_elsewhere", {"annotation": key}, ["metadata", "annotations", key])}
	asked := object.union(ingress({}), annotated({key: "arn:aws:acm:eu-north-1:1:certificate/1"}))
	criterion.undetermined == expected with input as asked
	criterion.deny == set() with input as asked
		with data.environment as {}
}

test_meets_when_a_plain_listener_only_sends_on if {
	seen := routes("edge", sending_on("main", null))
	criterion.deny | criterion.undetermined == set() with input as gateway("HTTP") with data.environment as seen
	criterion.deny | criterion.undetermined == set() with input as gateway("HTTPS") with data.environment as {}
	criterion.applies with input as gateway("HTTPS") with data.environment as {}
}

test_breaks_at_a_plain_listener if {
	expected := {breach("plain_listener", {"listener": "web"}, ["spec", "listeners", 0, "protocol"])}
	elsewhere := routes("edge", sending_on("other", null))
	of_another_namespace := routes("heart", sending_on("main", null))
	serving := routes("edge", {"parentRefs": [{"name": "main"}], "rules": [{"backendRefs": [{"name": "desk"}]}]})
	criterion.deny == expected with input as gateway("HTTP") with data.environment as {}
	criterion.deny == expected with input as gateway("HTTP") with data.environment as elsewhere
	criterion.deny == expected with input as gateway("HTTP") with data.environment as of_another_namespace
	criterion.deny == expected with input as gateway("HTTP") with data.environment as serving
}

test_breaks_when_a_route_of_another_namespace_serves_the_listener if {
	expected := {breach("plain_listener", {"listener": "web"}, ["spec", "listeners", 0, "protocol"])}
	serving := {"parentRefs": [{"name": "main", "namespace": "edge"}], "rules": [{"backendRefs": [{"name": "desk"}]}]}
	seen := object.union(routes("edge", sending_on("main", null)), routes("heart", serving))
	criterion.deny == expected with input as gateway("HTTP") with data.environment as seen
}

test_breaks_when_nginx_speaks_an_old_protocol if {
	path := ["data", "ssl-protocols"]
	expected := {breach("old_protocol", {"version": "TLSv1.1"}, path)}
	stricter := {breach("old_protocol", {"version": "TLSv1.2"}, path)}
	asked := config("TLSv1.2 TLSv1.3")
	criterion.deny == expected with input as config("TLSv1.1 TLSv1.2")
		with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as asked
		with data.environment as {}
	criterion.deny == stricter with input as object.union(asked, {"parameters": {"min_tls": "1.3"}})
		with data.environment as {}
	criterion.applies with input as asked
}

test_undetermined_at_a_protocol_that_is_not_known if {
	expected := {breach("protocol_unknown", {"version": "{{"}, ["data", "ssl-protocols"])}
	criterion.undetermined == expected with input as config("{{ TLSv1.3")
}

test_breaks_at_a_plain_port_that_the_outside_reaches if {
	expected := {breach("plain_port", {"port": 5900}, ["spec", "ports", 0, "port"])}
	doubt := {breach("port_may_be_plain", {"port": 80}, ["spec", "ports", 1, "port"])}
	spec := {"type": "LoadBalancer", "ports": [{"port": 5900}, {"port": 80}, {"port": 443}]}
	criterion.deny == expected with input as subject("Service", {"spec": spec})
		with data.environment as {}
	criterion.undetermined == doubt with input as subject("Service", {"spec": spec})
	criterion.applies with input as subject("Service", {"spec": spec})
}

test_breaks_when_a_key_is_weak_or_a_certificate_not_ready if {
	weak := {breach("weak_key", {"bits": 1024}, ["spec", "privateKey", "size"])}
	expired := {breach("certificate_not_ready", {}, ["status", "conditions", 0])}
	kind := "cert-manager.io/Certificate"
	condition := {"type": "Ready", "status": "False"}
	criterion.deny == weak with input as subject(kind, {"spec": {"privateKey": {"size": 1024}}})
		with data.environment as {}
	criterion.deny == expired with input as subject(kind, {"spec": {}, "status": {"conditions": [condition]}})
		with data.environment as {}
	criterion.deny == set() with input as subject(kind, {"spec": {"privateKey": {"algorithm": "ECDSA", "size": 256}}})
		with data.environment as {}
	criterion.applies with input as subject(kind, {"spec": {}})
}

test_undetermined_for_kinds_that_are_not_read if {
	expected := {breach("kind_unread", {}, ["spec"])}
	criterion.undetermined == expected with input as subject("route.openshift.io/Route", {"spec": {}})
}

test_undetermined_when_values_are_unknown_or_of_another_type if {
	unknown := {"$unknown": "values.yaml"}
	tls := {gap("tls", "values.yaml", ["spec", "tls"])}
	host := {gap("hosts", "not of the expected type", ["spec", "tls", 0, "hosts"])}
	protocol := {gap("protocol", "values.yaml", ["spec", "listeners", 0, "protocol"])}
	criterion.undetermined == tls with input as ingress({"tls": unknown, "rules": hosts(["desk.example"])})
	criterion.deny == set() with input as ingress({"tls": unknown, "rules": hosts(["desk.example"])})
		with data.environment as {}
	criterion.undetermined == host with input as ingress({"tls": [{"hosts": "desk.example"}]})
	criterion.undetermined == protocol with input as gateway(unknown) with data.environment as {}
}

test_does_not_apply_to_what_the_outside_does_not_reach if {
	inside := subject("Service", {"spec": {"ports": [{"port": 80}]}})
	other := subject("ConfigMap", {"data": {"motd": "hei"}})
	criterion.deny | criterion.undetermined == set() with input as inside
		with data.environment as {}
	not criterion.applies with input as inside
	not criterion.applies with input as other
}

subject(kind, body) := {
	"address": [kind, "edge", "main"],
	"parameters": {"min_tls": "1.2"},
	"resource": body,
}

ingress(spec) := subject("networking.k8s.io/Ingress", {"spec": spec})

hosts(names) := [{"host": name} | some name in names]

annotated(annotations) := {"resource": {"metadata": {"annotations": annotations}}}

gateway(protocol) := subject(
	"gateway.networking.k8s.io/Gateway",
	{"spec": {"listeners": [{"name": "web", "protocol": protocol}]}},
)

routes(namespace, spec) := {"gateway.networking.k8s.io/HTTPRoute": {namespace: {"route": {"spec": spec}}}}

sending_on(parent, namespace) := {
	"parentRefs": [{"name": parent, "namespace": namespace}],
	"rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}],
}

config(protocols) := subject("ConfigMap", {"data": {"ssl-protocols": protocols}})

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}

gap(field, why, path) := breach("field_unknown", {"field": field, "why": why}, path)
