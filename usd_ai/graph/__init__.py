"""The asset graph: generations, published versions and lineage in one ledger, files by what they contain."""
