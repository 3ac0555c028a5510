"""From triangles to pictures: rasterizers that return face ids, shading in numpy and torch, cameras, films."""
