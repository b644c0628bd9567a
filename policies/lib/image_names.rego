# References of images and sources: where they lead, and whether what they name can change.
package lib.image_names

# Where an image lies, as registries are approved: registry and path, without tag and digest. The registry is the first
# part where that has a dot or a port or is localhost; else it is Docker Hub (the distribution project's reference rules).
location(image) := lower(concat("/", parts)) if {
	parts := split(untagged(image), "/")
	has_registry(parts)
}

location(image) := lower(concat("/", ["docker.io", untagged(image)])) if {
	parts := split(untagged(image), "/")
	count(parts) > 1
	not has_registry(parts)
}

location(image) := lower(concat("/", ["docker.io/library", untagged(image)])) if count(split(untagged(image), "/")) == 1

has_registry(parts) if {
	count(parts) > 1
	regex.match(`[.:]|^localhost$`, parts[0])
}

untagged(image) := regex.replace(split(image, "@")[0], `:[^/:]*$`, "")

# A digest names one content for ever.
pinned(image) if regex.match(`@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`, image)

# No tag, or the one that stands for the newest.
newest(image) if {
	not contains(image, "@")
	regex.match(`(^|/)[^/:]+(:latest)?$`, image)
}

# Where an address leads: without its scheme and who asks. `git@host:path` is a path too.
address(url) := lower(trim_suffix(trim_suffix(cleaned, "/"), ".git")) if {
	bare := regex.replace(url, `^[a-zA-Z][a-zA-Z0-9+.-]*://`, "")
	anonymous := regex.replace(bare, `^[^/@]*@`, "")
	cleaned := regex.replace(anonymous, `^([^/:]+):([^/0-9])`, "$1/$2")
}

approved(location, registries) if {
	some registry in registries
	inside(location, lower(trim_suffix(registry, "/")))
}

inside(location, registry) if location == registry

inside(location, registry) if startswith(location, concat("", [registry, "/"]))
