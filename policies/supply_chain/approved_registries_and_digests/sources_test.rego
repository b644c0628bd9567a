package supply_chain.approved_registries_and_digests.sources_test

import data.supply_chain.approved_registries_and_digests.kubernetes as criterion

test_meets_when_sources_are_approved_and_fixed if {
	every subject in [
		git({"url": "ssh://git@git.spe.example:2222/apps.git", "ref": {"commit": "1f0c"}}),
		git({"url": "git@git.spe.example:apps.git", "ref": {"tag": "v1"}}),
		flux("HelmRepository", {"url": "oci://git.spe.example/charts"}),
		flux("OCIRepository", {"url": "oci://git.spe.example/m", "ref": {"digest": "sha256:12"}}),
		release({"version": "1.2.3-rc.1"}),
		of_kind("helm.toolkit.fluxcd.io/HelmRelease", {"chartRef": {"kind": "OCIRepository", "name": "m"}}),
		application({"source": {"repoURL": "https://git.spe.example/apps", "targetRevision": "v1.2.3"}}),
		allowing(["https://git.spe.example/*"], {"namespace": "heart", "server": "https://kubernetes.default.svc"}),
	] {
		criterion.deny | criterion.undetermined == set() with input as subject
	}
}

test_breaks_when_a_source_is_not_approved if {
	expected := {{"reason": "source_not_approved", "facts": {"source": "github.com/acme/apps"}, "path": ["spec", "url"]}}
	every url in ["https://github.com/acme/apps", "https://user:token@GitHub.com/acme/apps.git/", "git@github.com:acme/apps.git"] {
		criterion.deny == expected with input as git({"url": url, "ref": {"commit": "1f0c"}})
	}
	of_one := {{"reason": "source_not_approved", "facts": {"source": "github.com/a"}, "path": ["spec", "sources", 1, "repoURL"]}}
	sources := [
		{"repoURL": "https://git.spe.example/a", "targetRevision": "1.2.3"},
		{"repoURL": "https://github.com/a", "targetRevision": "1.2.3"},
	]
	criterion.deny == of_one with input as application({"sources": sources})
}

test_breaks_when_a_source_moves if {
	moves(["spec", "ref"]) == found_of(git({"url": "https://git.spe.example/a", "ref": {"branch": "main"}}))
	moves(["spec"]) == found_of(git({"url": "https://git.spe.example/a"}))
	moves(["spec", "ref"]) == found_of(flux("OCIRepository", {"url": "oci://git.spe.example/m", "ref": {"tag": "1"}}))
	moves(["spec", "chart", "spec", "version"]) == found_of(release({"version": "1.x"}))
	moves(["spec", "chart", "spec"]) == found_of(release({"chart": "m"}))
	every revision in ["HEAD", "main", "*", "1.2", ">=1.2.3"] {
		source := {"repoURL": "https://git.spe.example/a", "targetRevision": revision}
		moves(["spec", "source", "targetRevision"]) == found_of(application({"source": source}))
	}
}

test_breaks_when_everything_is_allowed if {
	sources := {{"reason": "every_source_allowed", "facts": {"field": "sourceRepos"}, "path": ["spec", "sourceRepos", 0]}}
	place := ["spec", "destinations", 0, "namespace"]
	targets := {{"reason": "every_source_allowed", "facts": {"field": "namespace"}, "path": place}}
	criterion.deny == sources with input as allowing(["*"], {"namespace": "heart"})
	criterion.deny == targets with input as allowing(["https://git.spe.example/a"], {"namespace": "*"})
}

test_undetermined_when_a_source_is_unknown if {
	every subject in [
		git({"url": unread, "ref": {"commit": "1f0c"}}),
		git({"url": "https://git.spe.example/a", "ref": unread}),
		flux("OCIRepository", {"url": "oci://git.spe.example/m", "ref": unread}),
		release(unread),
		release({"version": unread}),
		application({"source": unread}),
		application({"source": {"repoURL": "https://git.spe.example/a", "targetRevision": unread}}),
		allowing([unread], {"namespace": "heart"}),
	] {
		criterion.deny == set() with input as subject
		count(criterion.undetermined) > 0 with input as subject
	}
}

found_of(subject) := found if {
	found := criterion.deny with input as subject
}

moves(path) := {{"reason": "source_moves", "facts": {}, "path": path}}

unread := {"$unknown": "var.source"}

of_kind(kind, spec) := {
	"address": [kind, "flux", "apps"],
	"scope": "platform",
	"resource": {"spec": spec},
	"parameters": {"approved_registries": ["git.spe.example", "git.spe.example:2222"], "require_digest": true},
}

flux(kind, spec) := of_kind(concat("", ["source.toolkit.fluxcd.io/", kind]), spec)

git(spec) := flux("GitRepository", spec)

release(chart) := of_kind("helm.toolkit.fluxcd.io/HelmRelease", {"chart": {"spec": chart}})

application(spec) := of_kind("argoproj.io/Application", spec)

allowing(sources, destination) := of_kind("argoproj.io/AppProject", {"sourceRepos": sources, "destinations": [destination]})
