//! A small DER reader: as much of ASN.1 as a time-stamp token needs.
