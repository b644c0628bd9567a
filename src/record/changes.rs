//! What changed between two result sets of one scope.
