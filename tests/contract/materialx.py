"""MaterialX's own library as the judge of our networks. Needs MaterialX of the dev extra."""

from __future__ import annotations

from typing import Any

from pxr import Usd, UsdShade

_TYPES = {"float2": "vector2", "vector3f": "vector3", "int": "integer", "bool": "boolean", "color3f": "color3"}
_CLOSURES = {"vdf": "VDF", "edf": "EDF"}  # plain tokens in USD


def document_of(material: Usd.Prim, names: list[str], mx: Any) -> Any:  # noqa: ANN401 - MaterialX has no stubs
    """A MaterialX document with the named shaders of a Material, as a renderer's translator makes it from USD."""
    library = mx.createDocument()
    mx.loadLibraries(mx.getDefaultDataLibraryFolders(), mx.getDefaultDataSearchPath(), library)
    document = mx.createDocument()
    document.setDataLibrary(library)
    for prim in [material.GetChild(name) for name in names]:
        identifier = str(UsdShade.Shader(prim).GetShaderId())
        definition = library.getNodeDef(identifier)
        assert definition is not None, identifier
        node = document.addNodeInstance(definition, prim.GetName())
        for given in UsdShade.Shader(prim).GetInputs():
            wanted = definition.getActiveInput(given.GetBaseName())
            assert wanted is not None, f"{identifier} has no input {given.GetBaseName()}"
            kind = _TYPES.get(str(given.GetTypeName()), str(given.GetTypeName()))
            kind = _CLOSURES.get(given.GetBaseName(), kind)
            assert kind == wanted.getType(), given.GetFullName()
            sources = given.GetConnectedSources()[0]
            port = node.addInput(given.GetBaseName(), kind)
            if sources:
                assert sources[0].source.GetPrim(), given.GetFullName()
                port.setNodeName(sources[0].source.GetPrim().GetName())
            else:
                value = given.Get()
                parts = value if hasattr(value, "__len__") and not isinstance(value, str) else [value]
                told = str(value).lower() if isinstance(value, bool) else ", ".join(str(part) for part in parts)
                port.setValueString(told)
    return document
