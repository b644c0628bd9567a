# What the flags of a kube-apiserver say of its audit log, by reason: each a list of {facts, path}.
package lib.audit_flags

import data.lib.apiserver
import data.lib.log_classes

class := "admin_control_plane"

breaches(servers, environment, retention_days) := {
	"audit_off": [{"facts": {}, "path": server.edit} |
		some server in servers
		server.gaps == []
		apiserver.named(server.flags, "audit-policy-file") == []
	],
	"audit_without_backend": [{"facts": {}, "path": server.edit} |
		some server in servers
		server.gaps == []
		apiserver.named(server.flags, "audit-policy-file") != []
		backends(server) == []
	],
	"audit_file_expires": [{"facts": facts, "path": flag.path} |
		some server in servers
		only_file(server)
		not log_classes.kept(environment, class, retention_days)
		some flag in apiserver.named(server.flags, "audit-log-maxage")
		days := number(flag.value)
		days > 0
		days < retention_days
		facts := {"days": days, "retention_days": retention_days}
	],
}

# On the node alone the log can be rotated away, or lost with the node; a webhook's far end is not read.
unknown(servers, environment, retention_days) := {
	"audit_kept_on_node": [{"facts": {}, "path": flag.path} |
		some server in servers
		only_file(server)
		not log_classes.kept(environment, class, retention_days)
		some flag in apiserver.named(server.flags, "audit-log-path")
	],
	"audit_sent_out_of_sight": [{"facts": {}, "path": flag.path} |
		some server in servers
		not log_classes.kept(environment, class, retention_days)
		some flag in apiserver.named(server.flags, "audit-webhook-config-file")
	],
	"field_unknown": [gap | some server in servers; some gap in server.gaps],
	"flag_unknown": [{"facts": {"value": flag.value}, "path": flag.path} |
		some server in servers
		some flag in apiserver.named(server.flags, "audit-log-maxage")
		not number(flag.value)
	],
}

backends(server) := array.concat(
	apiserver.named(server.flags, "audit-log-path"),
	apiserver.named(server.flags, "audit-webhook-config-file"),
)

only_file(server) if {
	apiserver.named(server.flags, "audit-log-path") != []
	apiserver.named(server.flags, "audit-webhook-config-file") == []
}

number(text) := to_number(text) if regex.match(`^[0-9]{1,9}$`, text)
