# How an object of its own lets the outside in, whatever its kind, by reason: each a list of {facts, path}.
package lib.exposure

import data.lib.exposure_gateway as gateway
import data.lib.exposure_ingress as ingress
import data.lib.exposure_service as service

service_kind := "Service"

ingress_kind := "networking.k8s.io/Ingress"

gateway_kind := "gateway.networking.k8s.io/Gateway"

judged := {service_kind, ingress_kind, gateway_kind}

# Kinds that let the outside in, and are not read yet.
unread := {"networking.istio.io/Gateway", "route.openshift.io/Route"}

routes := {"gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/TLSRoute"}

breaches(object, address, parameters) := service.breaches(object, address, parameters) if address[0] == service_kind

breaches(object, address, parameters) := ingress.breaches(object, address, parameters) if address[0] == ingress_kind

breaches(object, address, parameters) := gateway.breaches(object, address, parameters) if {
	address[0] == gateway_kind
}

breaches(_, address, _) := {} if not address[0] in judged

gaps(object, address) := service.gaps(object) if address[0] == service_kind

gaps(object, address) := ingress.gaps(object) if address[0] == ingress_kind

gaps(object, address) := gateway.gaps(object) if address[0] == gateway_kind

gaps(_, address) := [] if not address[0] in judged
