# Who or what can change or delete a cluster's logs, by reason: each a list of {facts, path}.
package lib.log_protection

import data.lib.apiserver
import data.lib.field
import data.lib.log_writers
import data.lib.loki

breaches(subject, environment) := {
	"audit_only_on_node": [{"facts": {}, "path": log.path} |
		some server in subject.servers
		apiserver.named(server.flags, "audit-webhook-config-file") == []
		some log in apiserver.named(server.flags, "audit-log-path")
		not collected(log.value, environment)
		not stored(environment)
	],
	"logs_deletable": [found | subject.address[0] == "ConfigMap"; some found in loki.deletable(subject.resource)],
	"logs_writable": log_writers.writers(subject.resource, subject.address, environment),
}

unknown(subject, environment) := {
	"role_unknown": log_writers.unknown(subject.resource, subject.address, environment),
	"field_unknown": array.concat(
		log_writers.gaps(subject.resource, subject.address, environment),
		[gap |
			some server in subject.servers
			some gap in server.gaps
		],
	),
}

# Whether a DaemonSet reads the folder of a file on the node. Standard output lies below /var/log/pods.
collected(path, environment) if {
	some named in object.get(environment, "apps/DaemonSet", {})
	some body in named
	some volume in field.elements(field.root(body, []), ["spec", "template", "spec", "volumes"])
	folder := field.at(volume, ["hostPath", "path"]).value
	is_string(folder)
	below(file(path), trim_suffix(folder, "/"))
}

file(path) := "/var/log/pods/" if path == "-"

file(path) := path if path != "-"

below(path, folder) if startswith(path, concat("", [folder, "/"]))

below(path, folder) if path == folder

# A store of the class that the description calls immutable.
stored(environment) if {
	some description in object.get(environment, ["speguard/Environment", ""], {})
	some store in field.elements(field.root(description, []), ["spec", "log_stores"])
	field.at(store, ["immutable"]).value == true
	some class in field.elements(store, ["classes"])
	class.value == "admin_control_plane"
}

asked(subject, _) if {
	some server in subject.servers
	apiserver.named(server.flags, "audit-log-path") != []
}

asked(subject, _) if {
	subject.address[0] == "ConfigMap"
	loki.texts(subject.resource) != []
}

asked(subject, environment) if log_writers.asked(subject.address, environment)
