+ MAYAVERSION:2025 facetake 0.2.0 .
PYTHONPATH+:=scripts
MAYA_PLUG_IN_PATH+:=plug-ins
XBMLANGPATH+:=icons/%B

+ MAYAVERSION:2026 facetake 0.2.0 .
PYTHONPATH+:=scripts
MAYA_PLUG_IN_PATH+:=plug-ins
XBMLANGPATH+:=icons/%B

+ MAYAVERSION:2027 facetake 0.2.0 .
PYTHONPATH+:=scripts
MAYA_PLUG_IN_PATH+:=plug-ins
XBMLANGPATH+:=icons/%B
