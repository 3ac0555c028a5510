"""Video and photographs as upright pictures at even times in standard colours; drawing and compositing."""
