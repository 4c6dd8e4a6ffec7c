"""Starting kernels behind one small interface: cold ones here, warm and jailed ones where the machine allows them."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any, Protocol

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from grader.errors import KernelFault

if TYPE_CHECKING:
    from subprocess import Popen

    from grader.kernel.workplace import Workplace
    from grader.model import Limits

AGENT = Path(__file__).resolve().parent.parent / "inside" / "agent.py"
START_SECONDS = 60.0
RECONNECT_SECONDS = 5.0
MAX_MESSAGE_BYTES = 16 * 2**20
MAX_QUEUED_MESSAGES = 16
# what a notebook may see of the grader's environment; everything else, secrets included, stays outside
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Process:
    """A kernel's process and the client that is connected to it."""

    manager: Any
    client: Any
    child: Popen[bytes]

    def interrupt(self) -> None:
        """Send SIGINT, as the stop button does."""
        _signal(self.child.pid, signal.SIGINT)

    def kill(self) -> None:
        """End the kernel and the processes of its group at once, and wait until it is gone."""
        _signal_group(self.child.pid, signal.SIGKILL)
        self.child.wait()

    async def reconnect_output(self) -> None:
        """Connect anew to the kernel's output, which libzmq cuts off for good at a message over the cap."""
        self.client.iopub_channel.stop()
        self.client._iopub_channel = None  # noqa: SLF001 -- jupyter_client offers no other way to a new one
        self.client.iopub_channel.start()
        with suppress(KernelFault):  # a kernel that answers no more is noticed at its next cell
            await _wait_until_ready(self, RECONNECT_SECONDS)

    def exit_status(self) -> int | None:
        """Return None while the process lives, else its exit status (negative: the signal that ended it)."""
        return self.child.poll()


class KernelStarter(Protocol):
    """Starts kernels of one isolation tier."""

    isolation: str
    """`isolated`, `partial` or `none`: written in every report."""

    async def start(self, workplace: Workplace, limits: Limits, *, seed: int, device: str) -> Process:
        """Return a kernel that is ready to run cells.

        Raises:
            KernelFault: no kernel came up.
        """
        ...


class ColdKernels:
    """One new Python process per kernel, with limits but without a jail."""

    isolation = "none"

    async def start(self, workplace: Workplace, limits: Limits, *, seed: int, device: str) -> Process:
        """Start a kernel and wait until it answers."""
        manager = AsyncKernelManager(
            transport="ipc",
            ip=str(workplace.run / "kernel"),
            connection_file=str(workplace.run / "kernel.json"),
        )
        manager._kernel_spec = KernelSpec(  # noqa: SLF001 -- the course's kernel, whatever the notebook names
            argv=[sys.executable, str(AGENT), "-f", "{connection_file}", "--HistoryManager.enabled=False"],
            display_name="Python",
            language="python",
        )
        environment = kernel_environment(workplace, limits, seed=seed, device=device)
        try:
            # what a notebook writes past Python's own streams must not reach the grader's terminal
            await manager.start_kernel(cwd=str(workplace.work), env=environment, stdout=DEVNULL, stderr=DEVNULL)
        except OSError as error:
            raise KernelFault(f"a kernel cannot be started: {error}") from error
        client = _guarded_client(manager)
        process = Process(manager, client, _child(manager))
        client.start_channels(stdin=False, hb=False)
        try:
            await _wait_until_ready(process, START_SECONDS)
        except BaseException:
            process.kill()
            await close(process)
            raise
        return process


async def close(process: Process) -> None:
    """Kill the kernel and give back its sockets."""
    process.kill()
    process.client.stop_channels()
    process.manager.context.destroy(linger=0)


def _guarded_client(manager: AsyncKernelManager) -> Any:
    """Return a client whose sockets hold little of what a kernel floods them with; set before they connect.

    A message over the cap ends its connection, which comes back without it; a full queue makes the kernel drop output.
    """
    client = manager.client()
    client.allow_stdin = False
    client.context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    client.context.setsockopt(zmq.RCVHWM, MAX_QUEUED_MESSAGES)
    return client


def _child(manager: AsyncKernelManager) -> Popen[bytes]:
    """Return the process that a manager's provisioner has started."""
    provisioner = manager.provisioner
    if not isinstance(provisioner, LocalProvisioner) or provisioner.process is None:
        raise KernelFault("a kernel was started without a process of its own")
    child: Popen[bytes] = provisioner.process
    return child


def kernel_environment(workplace: Workplace, limits: Limits, *, seed: int, device: str) -> dict[str, str]:
    """Return the whole environment of a kernel: little, and nothing of the grader's."""
    threads = str(limits.threads)
    work, temporary = str(workplace.work), str(workplace.temporary)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return environment | {
        "HOME": work,
        "TMPDIR": temporary,
        "IPYTHONDIR": f"{temporary}/ipython",
        "MPLCONFIGDIR": f"{temporary}/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        # a notebook that installs what is there already goes on; anything else says no at once
        "PIP_NO_INDEX": "1",
        "PIP_DRY_RUN": "1",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0") if device == "cuda" else "",
        "GRADER_PARENT": str(os.getpid()),
        "GRADER_SEED": str(seed),
        "GRADER_MEMORY_MB": str(limits.memory_mb) if device == "cpu" else "0",
        "GRADER_DISK_MB": str(limits.disk_mb),
    }


async def _wait_until_ready(process: Process, seconds: float) -> None:
    """Wait for a reply on the shell channel and a message on the output channel, so that no output is lost."""
    deadline = time.monotonic() + seconds
    client = process.client
    while time.monotonic() < deadline:
        client.kernel_info()
        if await _arrives(client.get_shell_msg, 2.0) and await _arrives(client.get_iopub_msg, 0.5):
            return
        if process.exit_status() is not None:
            raise KernelFault(f"a kernel ended at its start with status {process.exit_status()}")
    raise KernelFault(f"a kernel did not answer within {seconds:g} seconds")


async def _arrives(receive: Any, seconds: float) -> bool:
    try:
        await receive(timeout=seconds)
    except Exception as error:  # noqa: BLE001 -- queue.Empty, or whatever a malformed message raises
        return not _is_empty(error)
    return True


def _is_empty(error: Exception) -> bool:
    return type(error).__name__ == "Empty"


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
