"""Functions that misbehave, run by `test_isolation` in processes of their own."""

import os
import signal
import subprocess
import sys
import time


def answer(**payload):
    return {"answer": payload, "pid": os.getpid()}


def environment(*, names):
    return {name: os.environ.get(name) for name in names}


def hog():
    kept = []
    while True:
        kept.append(bytearray(16 * 2**20))


def hang():
    time.sleep(600)


def spin():
    while True:
        pass


def hang_deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(600)


def segfault():
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(600)


def killed():
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)


def leave(*, code):
    sys.exit(code)


def vanish():
    os._exit(3)


def fail():
    raise ValueError("the number\nis odd")


def nothing_finite():
    return {"quality": float("nan")}


def shout():
    line = "x" * 2**20
    for _ in range(100):
        sys.stdout.write(line)
    print("the last line", flush=True)
    return {}


def breed(*, count, new_session):
    sleepers = [
        subprocess.Popen(["sleep", "600"], start_new_session=new_session) for _ in range(count)
    ]
    return {"pids": [sleeper.pid for sleeper in sleepers]}


def daemonise():
    """The usual double fork: the grandchild has a session of its own and no parent."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writer, f"{os.getpid()}\n".encode())
            time.sleep(600)
        os._exit(0)
    os.wait()
    return {"pids": [int(os.read(reader, 32))]}


def run_away(*, count):
    for _ in range(count):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    time.sleep(600)


def hog_in_children(*, count, each_bytes):
    for _ in range(count):
        if os.fork() == 0:
            kept = bytearray(each_bytes)
            kept[::4096] = b"x" * len(kept[::4096])
            time.sleep(600)
    time.sleep(600)


def read_nowhere():
    import ctypes

    ctypes.string_at(0)


def processors():
    return {"cpus": sorted(os.sched_getaffinity(0))}


def close_everything():
    os.closerange(0, 64)
    return {"still": "here"}
