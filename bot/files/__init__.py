"""The config's letters and organisations' files, taken in at each start and again when asked to."""
