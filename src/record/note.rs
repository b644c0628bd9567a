//! C2SP signed notes and checkpoints: written, read, verified. Pure.
