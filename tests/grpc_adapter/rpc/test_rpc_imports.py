"""What importing the adapter costs those who do not have its extra."""

import subprocess
import sys


def test_the_package_alone_needs_nothing():
    """`import hostcore_grpc` loads neither `hpack` nor `protobuf`: without the extra it must still be importable."""
    code = "import sys, hostcore_grpc; print(sorted({'hpack', 'google.protobuf'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "[]\n"


def test_calls_need_no_protobuf():
    """HTTP/2 and calls know no protobuf: messages are bytes to them."""
    code = "import sys, hostcore_grpc.rpc; print('google.protobuf' in sys.modules, 'hpack' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "False True\n"
