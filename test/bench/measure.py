"""What one program costs: wall time, CPU of its whole life, peak memory; and programs beside it that are only kept alive."""
import os
import signal
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_memory():
    """MiB that nobody uses, not even as a cache."""
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("MemFree"))


class FullCache:
    """Keeps the page cache full, as it is on a machine that has run for long, by reading holes of one sparse file.

    A virtual machine gives its free memory back to the host, and the first touch of such a page costs whoever writes up to 2 s a GiB:
    chance then decides about a run (0.26 s or 2.4 s for a new GiB, in turns). Pages that come from a full cache cost the same each time.
    """
    STEP = 16 << 20

    def __init__(self, folder):
        self.file = os.open(os.path.join(folder, "holes"), os.O_CREAT | os.O_RDWR, 0o600)
        os.ftruncate(self.file, 1 << 43)
        self.at = 0

    def fill(self):
        """Reads on while a GiB that is read makes less memory free."""
        before = free_memory() + 128
        while before - free_memory() >= 128:
            before = free_memory()
            for _ in range((1 << 30) // self.STEP):
                os.pread(self.file, self.STEP, self.at)
                self.at = (self.at + self.STEP) % (1 << 43)


def cpu_seconds(pid):
    """User and system time so far of a running process, its threads included, its children not."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """(peak resident, anonymous now); zeros when it is gone."""
    peak = anonymous = 0
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("VmHWM"):
                    peak = int(line.split()[1]) / 1024
                elif line.startswith("RssAnon"):
                    anonymous = int(line.split()[1]) / 1024
    except (OSError, ProcessLookupError):
        pass
    return peak, anonymous


class Background:
    """A program that serves while another is measured. `ready` is a text of its output to wait for, or None."""

    def __init__(self, command, log, ready=None, env=None):
        self.command = command
        self.log = log
        self.file = open(log, "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.file, stderr=self.file, env=env)
        self.pid = self.process.pid
        deadline = time.monotonic() + 120
        while ready is not None and ready not in self.output():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{command[0]} did not start: {self.output()[-2000:]}")
            time.sleep(0.02)

    def output(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def cpu(self):
        return cpu_seconds(self.pid)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.file.close()


def run(command, log, folder, env, limit_seconds):
    """Runs a program to its end: {state, wall, cpu, user, sys, peak, anonymous}. Sampling every 10 ms does not disturb the wall time."""
    with open(log, "wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder, env=env, start_new_session=True)
        ended, seen = threading.Event(), {"peak": 0.0, "anonymous": 0.0, "late": False}

        def watch():
            while not ended.wait(0.01):
                peak, anonymous = memory_mib(process.pid)
                seen["peak"] = max(seen["peak"], peak)
                seen["anonymous"] = max(seen["anonymous"], anonymous)
                if time.monotonic() - began > limit_seconds:
                    seen["late"] = True
                    process.kill()
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        ended.set()
        watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    state = "late" if seen["late"] else "ok" if process.returncode == 0 else f"exit {process.returncode}"
    return {"state": state, "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "user": usage.ru_utime, "sys": usage.ru_stime,
            "peak": seen["peak"], "anonymous": seen["anonymous"]}
