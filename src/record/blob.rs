//! Result sets and documents beside the log: content addressed, erasable.
