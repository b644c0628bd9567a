package {package}.kubernetes_test

import data.{package}.kubernetes as criterion

test_meets_when_the_owner_is_named if {
	criterion.deny == set() with input as namespace({"labels": {"owner": "heart"}})
	criterion.undetermined == set() with input as namespace({"labels": {"owner": "heart"}})
}

test_breaks_when_no_owner_is_named if {
	expected := {{"reason": "label_missing", "facts": {"label": "owner"}, "path": ["metadata"]}}
	criterion.deny == expected with input as namespace({"labels": {"team": "heart"}})
	criterion.deny == expected with input as namespace({"labels": {"owner": ""}})
	criterion.deny == expected with input as namespace({})
}

test_undetermined_when_labels_are_not_known if {
	expected := {{"reason": "labels_unknown", "facts": {"why": "not read"}, "path": ["metadata"]}}
	criterion.undetermined == expected with input as namespace({"labels": {"$unknown": "not read"}})
	criterion.undetermined == expected with input as namespace({"$unknown": "not read"})
	criterion.deny == set() with input as namespace({"labels": {"$unknown": "not read"}})
	criterion.deny == set() with input as namespace({"$unknown": "not read"})
}

test_undetermined_when_a_value_is_of_another_type if {
	why := "not of the expected type"
	criterion.undetermined == {unread(why, ["metadata"])} with input as namespace({"labels": "heart"})
	criterion.undetermined == {unread(why, ["metadata", "labels"])} with input as namespace({"labels": {"owner": 1}})
}

test_another_label_can_be_asked_for if {
	asked := object.union(namespace({"labels": {"owner": "heart"}}), {"parameters": {"label": "team"}})
	expected := {{"reason": "label_missing", "facts": {"label": "team"}, "path": ["metadata"]}}
	criterion.deny == expected with input as asked
}

unread(why, path) := {"reason": "labels_unknown", "facts": {"why": why}, "path": path}

namespace(metadata) := {
	"address": ["Namespace", "", "heart"],
	"parameters": {"label": "owner"},
	"resource": {"metadata": metadata},
}
