//! C2SP tlog-proof: one entry with all that shows it is in the log.
