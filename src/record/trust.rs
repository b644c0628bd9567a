//! trust.policy (C2SP tlog-policy): whom a verifier believes, and how many witnesses.
