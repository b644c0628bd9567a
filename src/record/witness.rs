//! A client of C2SP tlog-witness.
