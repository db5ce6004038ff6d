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


def close_everything():
    os.closerange(0, 64)
    return {"still": "here"}
