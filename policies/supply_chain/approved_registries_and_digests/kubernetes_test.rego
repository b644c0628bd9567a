package supply_chain.approved_registries_and_digests.kubernetes_test

import data.supply_chain.approved_registries_and_digests.kubernetes as criterion

test_meets_when_the_image_is_approved_and_pinned if {
criterion.deny |
	criterion.undetermined == set() with input as running([pinned])
	criterion.applies with input as running([pinned])
}

test_breaks_when_the_registry_is_not_approved if {
	every image in [
		concat("", ["registry.spe.example.evil.net/a", digest]),
		concat("", ["registry.spe.example:5000/a", digest]),
		concat("", ["a", digest]),
		concat("", ["team/a", digest]),
		concat("", ["localhost/a", digest]),
		concat("", ["quay.io/registry.spe.example/a", digest]),
	] {
		expected := {found("image_not_approved", image, 0)}
		criterion.deny == expected with input as running([image])
	}
}

test_meets_by_whole_parts_of_the_path if {
	every image in ["docker.io/library/a", "a", "Registry.SPE.example/a/b:1", "docker.io/a", "index/a"] {
		whole := concat("", [image, digest])
		criterion.deny == set() with input as approving(["registry.spe.example/", "docker.io"], [whole])
	}
	team := approving(["registry.spe.example/team"], [concat("", ["registry.spe.example/teams/a", digest])])
	count(criterion.deny) == 1 with input as team
	library := approving(["docker.io/library"], [concat("", ["a:1", digest])])
	criterion.deny == set() with input as library
}

test_breaks_when_the_image_has_no_digest if {
	every image in [
		"registry.spe.example/a", "registry.spe.example/a:1", "registry.spe.example/a@sha256:abc",
		"registry.spe.example/a@md5:abc",
	] {
		expected := {found("image_not_pinned", image, 0)}
		criterion.deny == expected with input as running([image])
	}
}

test_breaks_at_the_newest_where_tags_are_let_through if {
	loose := {"require_digest": false}
	expected := {found("image_newest", "registry.spe.example/b:latest", 1), found("image_newest", "registry.spe.example:80/c", 2)}
	images := ["registry.spe.example/a:1", "registry.spe.example/b:latest", "registry.spe.example:80/c", pinned]
	approved := approving(["registry.spe.example", "registry.spe.example:80"], images)
	criterion.deny == expected with input as weighed(approved, loose)
}

test_breaks_at_a_tag_from_the_nodes_cache_where_tags_are_let_through if {
	image := "registry.spe.example/a:1"
	expected := {found("image_cached", image, 0)}
	every policy in ["IfNotPresent", "Never"] {
		container := {"name": "main", "image": image, "imagePullPolicy": policy}
		criterion.deny == expected with input as weighed(pod({"containers": [container]}), {"require_digest": false})
	}
	always := pod({"containers": [{"name": "main", "image": image, "imagePullPolicy": "Always"}]})
	criterion.deny == set() with input as weighed(always, {"require_digest": false})
	fixed := pod({"containers": [{"name": "main", "image": pinned, "imagePullPolicy": "Never"}]})
	criterion.deny == set() with input as weighed(fixed, {"require_digest": false})
}

test_breaks_in_every_list_and_in_volumes if {
	spec := {
		"containers": [{"name": "main", "image": pinned}],
		"initContainers": [{"name": "first", "image": "registry.spe.example/a:1"}],
		"volumes": [{"name": "scratch", "emptyDir": {}}, {"name": "model", "image": {"reference": "registry.spe.example/m:1"}}],
	}
	expected := {
		at_path("image_not_pinned", "registry.spe.example/a:1", ["spec", "initContainers", 0, "image"]),
		at_path("image_not_pinned", "registry.spe.example/m:1", ["spec", "volumes", 1, "image", "reference"]),
	}
	criterion.deny == expected with input as pod(spec)
}

test_undetermined_when_no_registry_is_stated if {
	expected := {{"reason": "registries_not_stated", "facts": {}, "path": ["spec"]}}
	criterion.undetermined == expected with input as approving([], ["a"])
	unpinned := {found("image_not_pinned", "a", 0)}
	criterion.deny == unpinned with input as approving([], ["a"])
	criterion.undetermined == expected with input as weighed(git({"commit": "x"}), {"approved_registries": []})
}

test_undetermined_when_the_image_is_unknown_or_missing if {
	criterion.undetermined == {gap("image", "var.image", ["containers", 0, "image"])} with input as running([unread])
	criterion.undetermined == {gap("image", "not of the expected type", ["containers", 0, "image"])} with input as running([5])
	criterion.undetermined == {gap("image", "it is not stated", ["containers", 0])} with input as running([null])
	criterion.deny == set() with input as running([unread, 5, null])
	criterion.undetermined == {gap("volumes", "var.image", ["volumes"])} with input as pod({
		"containers": [{"name": "main", "image": pinned}],
		"volumes": unread,
	})
	criterion.undetermined == {gap("image", "var.image", ["volumes", 0, "image"])} with input as pod({
		"containers": [{"name": "main", "image": pinned}],
		"volumes": [{"name": "model", "image": unread}],
	})
	criterion.undetermined == {gap("containers", "no container is stated", ["containers"])} with input as pod({"containers": []})
}

test_does_not_apply_in_exempt_namespaces if {
	exempt := object.union(running(["a"]), {"scope": "exempt"})
	criterion.deny | criterion.undetermined == set() with input as exempt
	not criterion.applies with input as exempt
	source := object.union(git({}), {"scope": "exempt"})
	criterion.deny | criterion.undetermined == set() with input as source
}

address := ["Pod", "research", "notebook"]

digest := "@sha256:8f0d1c0d5a3a3a0b9e3f7f9f7c1d4a0b6f4e0a6f1c2b3d4e5f60718293a4b5c6"

pinned := concat("", ["registry.spe.example/team/a:1", digest])

unread := {"$unknown": "var.image"}

pod(spec) := {
	"address": address,
	"scope": "project",
	"resource": {},
	"parameters": {"approved_registries": ["registry.spe.example"], "require_digest": true},
	"pod": {"spec": spec, "path": ["spec"]},
}

running(images) := pod({"containers": [{"name": "main", "image": image} | some image in images]})

approving(registries, images) := weighed(running(images), {"approved_registries": registries})

weighed(subject, parameters) := object.union(subject, {"parameters": object.union(subject.parameters, parameters)})

git(ref) := {
	"address": ["source.toolkit.fluxcd.io/GitRepository", "flux", "apps"],
	"scope": "platform",
	"resource": {"spec": {"url": "https://git.spe.example/apps", "ref": ref}},
	"parameters": {"approved_registries": ["git.spe.example"], "require_digest": true},
}

found(reason, image, at) := at_path(reason, image, ["spec", "containers", at, "image"])

at_path(reason, image, path) := {"reason": reason, "facts": {"image": image}, "path": path}

gap(name, why, path) := {"reason": "field_unknown", "facts": {"field": name, "why": why}, "path": array.concat(["spec"], path)}
