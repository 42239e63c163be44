"""Find every system call of a piece of work that changes a file, and kill the work at one of them.

A child of this process runs the work under ptrace, with a seccomp filter that stops it only at the calls that matter,
so it runs at nearly full speed. Calls are found by the kernel, whoever makes them: Python, SQLite, any library.
Linux on x86-64 and 64-bit ARM; needs no privileges and nothing installed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_TRACEME, _CONT, _SYSCALL, _SETOPTIONS, _GETREGSET, _SETREGSET = 0, 7, 24, 0x4200, 0x4204, 0x4205
_OPTIONS = 0x100000 | 0x1 | 0x2 | 0x4 | 0x8 | 0x80  # kill with tracer; see system calls, forks, vforks, clones; seccomp
_SECCOMP_EVENT = 7
_EVERY_THREAD = 0x40000000  # __WALL
_PRSTATUS = 1
_CREATE = os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class _Machine:
    """Where a processor keeps a system call: audit number, registers in all, and the index of number and arguments."""

    audit: int
    registers: int
    number: int
    arguments: tuple[int, int, int]
    calls: dict[int, str]


_X86_64 = _Machine(
    0xC000003E,
    27,
    15,
    (14, 13, 12),
    {
        1: "write", 2: "open", 18: "pwrite64", 20: "writev", 40: "sendfile", 73: "flock", 74: "fsync", 75: "fdatasync",
        76: "truncate", 77: "ftruncate", 82: "rename", 83: "mkdir", 84: "rmdir", 86: "link", 87: "unlink", 90: "chmod",
        91: "fchmod", 257: "openat", 258: "mkdirat", 263: "unlinkat", 264: "renameat", 265: "linkat", 268: "fchmodat",
        285: "fallocate", 296: "pwritev", 316: "renameat2", 326: "copy_file_range",
    },
)  # fmt: skip
_AARCH64 = _Machine(
    0xC00000B7,
    34,
    8,
    (0, 1, 2),
    {
        32: "flock", 34: "mkdirat", 35: "unlinkat", 37: "linkat", 38: "renameat", 45: "truncate", 46: "ftruncate",
        47: "fallocate", 52: "fchmod", 53: "fchmodat", 56: "openat", 64: "write", 66: "writev", 68: "pwrite64",
        70: "pwritev", 71: "sendfile", 82: "fsync", 83: "fdatasync", 276: "renameat2", 285: "copy_file_range",
    },
)  # fmt: skip
_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}

_ON_DESCRIPTOR = frozenset(
    {"write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "ftruncate", "fchmod", "fallocate", "flock"}
)
_WITH_LENGTH = frozenset({"write", "pwrite64"})

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long


@dataclass(slots=True)
class Run:
    """What became of the work: the calls it made in order (``fsync ledger.sqlite``), and how it ended."""

    calls: list[str] = field(default_factory=list)
    killed: bool = False
    torn: bool = False
    answer: bytes = b""
    code: int = 0


def supported() -> str:
    """Why work cannot be traced on this machine, or "" when it can."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return f"tracing knows Linux on {' and '.join(_MACHINES)}"
    try:
        return "" if trace(lambda: b"yes").answer == b"yes" else "ptrace is not permitted here"
    except OSError as error:
        return f"ptrace is not permitted here: {error}"


def trace(work: Callable[[], bytes], *, kill_at: int = 0, tear: bool = False) -> Run:
    """Run ``work`` in a child and collect its calls; kill it with SIGKILL just before call number ``kill_at`` (from 1).

    With ``tear``, a call that writes is cut to half its length, carried out, and then the child is killed. The child's
    answer is what it could write to a pipe before it ended. To be called from a process with one thread.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_traced(work, writer)
    os.close(writer)
    run = Run()
    try:
        _follow(child, run, kill_at, tear)
    finally:
        with os.fdopen(reader, "rb") as stream:
            run.answer = stream.read()
    return run


def _be_traced(work: Callable[[], bytes], writer: int) -> None:
    """The child: from here to its end every call that matters stops it."""
    code = 1
    try:
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _install_filter(_MACHINES[platform.machine()])
        os.write(writer, work())
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the code of the parent
        traceback.print_exc()
    finally:
        os._exit(code)


def _follow(child: int, run: Run, kill_at: int, tear: bool) -> None:
    """The tracer's loop, until the child has ended."""
    machine = _MACHINES[platform.machine()]
    os.waitpid(child, _EVERY_THREAD)
    _ptrace(_SETOPTIONS, child, 0, _OPTIONS)
    _ptrace(_CONT, child, 0, 0)
    while True:
        pid, status = os.waitpid(-1, _EVERY_THREAD)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if pid == child:
                run.killed, run.code = os.WIFSIGNALED(status), os.waitstatus_to_exitcode(status)
                return
            continue
        passed_on = 0
        if status >> 8 == signal.SIGTRAP | (_SECCOMP_EVENT << 8):
            if _counts(machine, pid, run) and len(run.calls) == kill_at:
                run.torn = tear and _tear(machine, pid)
                os.kill(child, signal.SIGKILL)
                continue
        elif status >> 16 == 0 and os.WSTOPSIG(status) not in {signal.SIGTRAP, signal.SIGSTOP}:
            passed_on = os.WSTOPSIG(status)
        _ptrace(_CONT, pid, 0, passed_on)


def _counts(machine: _Machine, pid: int, run: Run) -> bool:
    """Note the call that a thread is about to make. Opening without creating changes nothing and does not count."""
    registers = _registers(machine, pid)
    name = machine.calls[registers[machine.number]]
    first, second, third = (registers[index] for index in machine.arguments)
    if name in {"open", "openat"} and not (second if name == "open" else third) & _CREATE:
        return False
    where = ""
    if name in _ON_DESCRIPTOR:
        where = Path(f"/proc/{pid}/fd/{first}").readlink().name
    run.calls.append(f"{name} {where}".rstrip())
    return True


def _tear(machine: _Machine, pid: int) -> bool:
    """Let a write happen by half; whether this call is one."""
    registers = _registers(machine, pid)
    length = registers[machine.arguments[2]]
    if machine.calls[registers[machine.number]] not in _WITH_LENGTH or length < 2:
        return False
    registers[machine.arguments[2]] = length // 2
    _registers(machine, pid, registers)
    _ptrace(_SYSCALL, pid, 0, 0)
    os.waitpid(pid, _EVERY_THREAD)
    return True


def _registers(machine: _Machine, pid: int, new: list[int] | None = None) -> list[int]:
    size = machine.registers * 8
    memory = ctypes.create_string_buffer(struct.pack(f"{machine.registers}Q", *new) if new else b"", size)
    vector = struct.pack("PQ", ctypes.addressof(memory), size)
    held = ctypes.create_string_buffer(vector, len(vector))
    _ptrace(_SETREGSET if new else _GETREGSET, pid, _PRSTATUS, ctypes.addressof(held))
    return list(struct.unpack(f"{machine.registers}Q", memory.raw))


def _ptrace(request: int, pid: int, address: int, data: int) -> None:
    if _libc.ptrace(request, pid, address, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace({request}): {os.strerror(error)}")


def _install_filter(machine: _Machine) -> None:
    """Have the kernel stop this process at the calls that matter and let all others through."""
    load, equal, answer = 0x20, 0x15, 0x06
    allow, stop = 0x7FFF0000, 0x7FF00000
    count = len(machine.calls)
    program = [(load, 0, 0, 4), (equal, 0, count + 1, machine.audit), (load, 0, 0, 0)]
    program += [(equal, count - index, 0, number) for index, number in enumerate(sorted(machine.calls))]
    program += [(answer, 0, 0, allow), (answer, 0, 0, stop)]
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    memory = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(memory)))
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if _libc.prctl(no_new_privileges, 1, 0, 0, 0) or _libc.prctl(
        set_seccomp, filter_mode, ctypes.c_void_p(ctypes.addressof(header)), 0, 0
    ):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
