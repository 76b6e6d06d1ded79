"""Generate the code of `labeler/rpc/wire` from its `.proto` files.

    python -m pip install 'grpcio-tools==1.81.1' 'mypy-protobuf==5.1.0'
    python packaging/generate_rpc.py

The code is put into a descriptor pool of its own, so that it can be loaded beside other generated
code for the same protocol, and the well-known types are generated along for the same reason.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc_tools

WIRE = Path(__file__).parent.parent / "labeler" / "rpc" / "wire"
WELL_KNOWN = [
    "google/protobuf/" + name for name in ("any.proto", "field_mask.proto", "struct.proto", "timestamp.proto")
]
PACKAGE = "labeler.rpc.wire"


def into_own_pool(code: str) -> str:
    """Generated Python, made to register in and import from the package's own pool."""
    code = code.replace(
        "from google.protobuf import descriptor_pool as _descriptor_pool", f"from {PACKAGE}.pool import POOL as _pool"
    )
    code = code.replace("_descriptor_pool.Default()", "_pool")
    code = re.sub(r"^_sym_db = .*\n", "", code, flags=re.M)
    code = re.sub(r"^from google\.protobuf import symbol_database.*\n", "", code, flags=re.M)
    return re.sub(
        r"^from ((?:app|proto|labeler|google\.protobuf)(?:\.\w+)*) import (\w+_pb2)",
        rf"from {PACKAGE}.\1 import \2",
        code,
        flags=re.M,
    )


def into_own_stubs(code: str) -> str:
    """Generated type stubs, made to refer to the package's own modules."""
    module = r"(?:app|proto|labeler|google\.protobuf)(?:\.\w+)*\.?\w*_pb2"
    code = re.sub(rf"^import ({module})$", rf"import {PACKAGE}.\1", code, flags=re.M)
    code = re.sub(
        r"^from ((?:app|proto|labeler|google\.protobuf)(?:\.\w+)*) import (\w+_pb2)",
        rf"from {PACKAGE}.\1 import \2",
        code,
        flags=re.M,
    )
    return re.sub(rf"(?<![\w.])({module})\.", rf"{PACKAGE}.\1.", code)


def main() -> None:
    protos = sorted(str(path.relative_to(WIRE)) for path in WIRE.rglob("*.proto"))
    includes = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        outs = [f"--{kind}_out={folder}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{WIRE}", f"-I{includes}", *outs, *protos, *WELL_KNOWN]
        subprocess.run(command, check=True)
        for path in Path(folder).rglob("*_pb2*.py*"):
            code = path.read_text(encoding="utf-8")
            if path.stem.endswith("_grpc") and "Stub" not in code:
                continue
            target = WIRE / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((into_own_stubs if path.suffix == ".pyi" else into_own_pool)(code), encoding="utf-8")
    for folder_path in {path.parent for path in WIRE.rglob("*_pb2.py")}:
        while folder_path != WIRE:
            (folder_path / "__init__.py").touch()
            folder_path = folder_path.parent


if __name__ == "__main__":
    main()
