//! Makes the dependency a library that GStreamer loads: its entry points are exported by it as they are.
extern crate rtp as _;
