package {package}.kubernetes

import data.lib.known

deny contains {"reason": "label_missing", "facts": {"label": label}, "path": ["metadata"]} if {
	label := input.parameters.label
	readable(input.resource.metadata)
	readable(labels)
	object.get(labels, label, "") == ""
}

undetermined contains {"reason": "labels_unknown", "facts": {"why": known.why(part)}, "path": ["metadata"]} if {
	some part in [input.resource.metadata, labels]
	not readable(part)
}

undetermined contains {"reason": "labels_unknown", "facts": {"why": known.why(owner)}, "path": ["metadata", "labels"]} if {
	readable(labels)
	owner := labels[input.parameters.label]
	not is_string(owner)
}

labels := object.get(input.resource.metadata, "labels", {})

readable(value) if {
	is_object(value)
	not known.is_unknown(value)
}
