//! C2SP tlog-tiles: paths, hash tiles, entry bundles. Pure.
