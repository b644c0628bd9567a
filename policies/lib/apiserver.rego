# The flags of a kube-apiserver: of its pod (command and arguments), or of kubeadm's ClusterConfiguration.
package lib.apiserver

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

kubeadm := "kubeadm.k8s.io/ClusterConfiguration"

# Containers of a pod that run it.
servers(pod) := [container |
	mentioned(pod.spec)
	some container in pods.containers(pod)
	some word in words(container)
	regex.match(`(^|/)kube-apiserver$`, word.value)
]

# Whether any word of a pod names it: of nearly all that are asked about, none does.
mentioned(spec) if {
	some list in pods.lists
	some container in spec[list]
	some key in ["command", "args"]
	some word in container[key]
	is_string(word)
	contains(word, "kube-apiserver")
}

# The words of a container's command and arguments, in order; a shell's own line is taken apart at its spaces.
words(container) := [{"value": word, "path": element.path} |
	some key in ["command", "args"]
	some element in field.elements(container, [key])
	is_string(element.value)
	some word in split(element.value, " ")
	word != ""
]

# Flags as {name, value, path}: `--flag=value`, `--flag value`, and `--flag` alone, which means true.
of_pod(pod) := [flag |
	some server in servers(pod)
	list := words(server)
	some i, word in list
	startswith(word.value, "--")
	flag := {"name": name(word.value), "value": value(list, i), "path": word.path}
]

name(word) := trim_prefix(split(word, "=")[0], "--")

value(list, i) := substring(list[i].value, indexof(list[i].value, "=") + 1, -1) if contains(list[i].value, "=")

value(list, i) := list[i + 1].value if {
	not contains(list[i].value, "=")
	not startswith(list[i + 1].value, "--")
}

value(list, i) := "true" if {
	not contains(list[i].value, "=")
	not followed(list, i)
}

followed(list, i) if not startswith(list[i + 1].value, "--")

# kubeadm writes a map up to v1beta3, and a list of names and values after it.
of_kubeadm(body) := array.concat(
	[{"name": field.name(entry.path), "value": entry.value, "path": entry.path} |
		some entry in field.entries(field.root(body, []), ["apiServer", "extraArgs"])
		is_string(entry.value)
	],
	[{"name": entry.value.name, "value": entry.value.value, "path": entry.path} |
		some entry in field.elements(field.root(body, []), ["apiServer", "extraArgs"])
		is_string(entry.value.name)
		is_string(entry.value.value)
	],
)

# The values of a flag, in order; none where it is not set.
values(flags, flag) := [set_flag.value | some set_flag in flags; set_flag.name == flag]

named(flags, flag) := [set_flag | some set_flag in flags; set_flag.name == flag]

# What keeps the flags from being read: {facts, path}.
gaps_of_pod(pod) := [gap |
	some server in servers(pod)
	some list in [
		unread.gaps([server], [[["command"], "list"], [["args"], "list"]]),
		unread.gaps(field.elements(server, ["command"]), [[[], "text"]]),
		unread.gaps(field.elements(server, ["args"]), [[[], "text"]]),
	]
	some gap in list
]

gaps_of_kubeadm(body) := array.concat(
	[{"facts": {"field": "extraArgs", "why": "not of the expected type"}, "path": args.edit} |
		args := field.at(field.root(body, []), ["apiServer", "extraArgs"])
		args.value != null
		not is_array(args.value)
		not field.is_map(args.value)
	],
	unread.gaps(field.entries(field.root(body, []), ["apiServer", "extraArgs"]), [[[], "text"]]),
)
