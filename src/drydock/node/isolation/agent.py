"""The agent: a small process that makes namespaces and starts containers, as drydock with its threads cannot.

It is root of a user namespace and the first process of a pid namespace that all containers are in: when it ends,
whatever the reason, the kernel ends them all. It ends when drydock's end of its sockets closes. Single-threaded, and
nothing but the standard library: every container begins as a copy of it.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from drydock.node.blueprint import Blueprint, Program, User
from drydock.node.isolation import boot, netns, packets, program, rootfs, trial
from drydock.node.isolation.kernel import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    setns,
    unshare,
)

_ALL_BUT_USERS = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # drydock decides, not its terminal

Message = dict[str, Any]


class Agent:
    def __init__(self, control: socket.socket, calls: socket.socket, users: int | None) -> None:
        """`users` is the containers' user namespace where there are many users for them."""
        self._control = control
        self._calls = calls
        self._users = users
        self._home = netns.Spaces()
        self._pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._pods: dict[str, netns.Spaces] = {}
        self._living: dict[int, int] = {}  # a descriptor of the process, by its number here
        self._starting: dict[
            int, tuple[int, int]
        ] = {}  # question and process, by the pipe that tells
        self._unsent: deque[tuple[bytes, list[int]]] = deque()
        self._poll = select.poll()

    def run(self) -> None:
        """Until drydock closes its end."""
        woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        for descriptor in (woken, self._control.fileno(), self._calls.fileno()):
            self._poll.register(descriptor, select.POLLIN)
        self._control.settimeout(0)
        self._tell({"ready": True})
        living = True
        while living:
            for descriptor, _ in self._poll.poll():
                if descriptor == woken:
                    os.read(woken, 4096)
                    self._reap()
                elif descriptor == self._calls.fileno():
                    living &= self._give_socket()
                elif descriptor == self._control.fileno():
                    self._flush()
                    living &= self._serve()
                elif descriptor in self._starting:
                    self._conclude(descriptor)

    def _serve(self) -> bool:
        try:
            raw, descriptors = packets.receive(self._control)
        except BlockingIOError:
            return True
        if not raw:
            return False
        asked = json.loads(raw)
        try:
            self._do(asked, descriptors)
        except OSError as problem:
            self._tell({"id": asked["id"], "error": _described(problem)})
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _do(self, asked: Message, descriptors: list[int]) -> None:
        if asked["do"] == "open":
            spaces, sockets = netns.make(asked["ip"], asked["hostname"], self._home)
            self._pods[asked["pod"]] = spaces
            self._tell({"id": asked["id"]}, [door.detach() for door in sockets])
        elif asked["do"] == "close":
            if found := self._pods.pop(asked["pod"], None):
                found.close()
            self._tell({"id": asked["id"]})
        elif asked["do"] == "start":
            pod = self._pod(asked["pod"])
            unshare(CLONE_NEWPID)
            self._fork(asked["id"], lambda: self._contain(pod, *descriptors))
        else:
            beside = self._living.get(asked["beside"])
            if beside is None:
                raise ProcessLookupError(3, "the container has ended")
            setns(beside, CLONE_NEWPID)
            self._fork(asked["id"], lambda: self._join(beside, *descriptors))

    def _give_socket(self) -> bool:
        """A question that drydock stands still for: a socket of a pod's network."""
        raw = self._calls.recv(packets.LONGEST)
        if not raw:
            return False
        asked = json.loads(raw)
        answer = {"id": asked["id"]}
        try:
            with self._pod(asked["pod"]).visit(self._home):
                given = socket.socket(socket.AF_INET, asked["type"] | socket.SOCK_NONBLOCK)
        except OSError as problem:
            packets.send(self._calls, json.dumps(answer | {"error": str(problem)}).encode(), [])
            return True
        with given:
            packets.send(self._calls, json.dumps(answer).encode(), [given.fileno()])
        return True

    def _pod(self, name: str) -> netns.Spaces:
        if found := self._pods.get(name):
            return found
        raise ProcessLookupError(3, "the pod has ended")

    # Processes

    def _fork(self, question: int, work: Callable[[], None]) -> None:
        """`work` in a child, in the pid namespace that was prepared for it; it ends in another program or an error."""
        told, tell = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(told, False)
        try:
            pid = os.fork()
            if pid == 0:
                _do_in_child(work, tell)
        except OSError:
            os.close(told)
            raise
        finally:
            os.close(tell)
            setns(self._pids, CLONE_NEWPID)
        self._living[pid] = os.pidfd_open(pid)
        self._starting[told] = (question, pid)
        self._poll.register(told, select.POLLIN)

    def _conclude(self, told: int) -> None:
        """The child runs its program, for the pipe closed without a word, or it said what hindered it."""
        try:
            error = os.read(told, packets.LONGEST)
        except BlockingIOError:
            return  # the event was another's, whose number this one has got
        question, pid = self._starting.pop(told)
        self._poll.unregister(told)
        os.close(told)
        if error:
            os.close(self._living.pop(pid))
            self._tell({"id": question, "error": json.loads(error)})
        else:
            self._tell({"id": question, "pid": pid}, [os.dup(self._living[pid])])

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for told, (_, starting) in list(self._starting.items()):
                if starting == pid:
                    self._conclude(told)
            if pid in self._living:
                os.close(self._living.pop(pid))
                self._tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _contain(self, pod: netns.Spaces, plan: int, *stdio: int) -> None:
        blueprint: Blueprint = _read(plan)
        what = blueprint["program"]
        program.attach(stdio, terminal=what["terminal"])
        pod.enter()
        unshare(CLONE_NEWNS)
        rootfs.enter(blueprint["root"], what["cwd"], self._owner)
        if self._users is not None:
            program.hand_over(self._owner + what["user"]["uid"])
        self._give_up_power(what["user"])
        program.run(what)

    def _join(self, beside: int, plan: int, *stdio: int) -> None:
        what: Program = _read(plan)
        program.attach(stdio, terminal=what["terminal"])
        setns(beside, _ALL_BUT_USERS)
        if self._users is not None:
            program.hand_over(self._owner + what["user"]["uid"])
        setns(beside, CLONE_NEWUSER)
        program.become(what["user"], groups=self._users is not None)
        program.run(what)

    @property
    def _owner(self) -> int:
        """Ours for the containers' user 0."""
        return 0 if self._users is None else 1

    def _give_up_power(self, user: User) -> None:
        if self._users is None:
            program.own_users(user)
        else:
            setns(self._users, CLONE_NEWUSER)
        program.become(user, groups=self._users is not None)

    # Answers

    def _tell(self, message: Message, descriptors: list[int] | None = None) -> None:
        """The descriptors are the receiver's from here on. Never waits: drydock may be waiting for us."""
        self._unsent.append((json.dumps(message).encode(), descriptors or []))
        self._flush()

    def _flush(self) -> None:
        while self._unsent:
            raw, descriptors = self._unsent[0]
            try:
                packets.send(self._control, raw, descriptors)
            except BlockingIOError:
                self._poll.modify(self._control, select.POLLIN | select.POLLOUT)
                return
            self._unsent.popleft()
            for descriptor in descriptors:
                os.close(descriptor)
        self._poll.modify(self._control, select.POLLIN)


def _do_in_child(work: Callable[[], None], tell: int) -> None:
    try:
        signal.set_wakeup_fd(-1)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_DFL)
        work()
    except OSError as problem:
        os.write(tell, json.dumps(_described(problem)).encode())
    except BaseException as bug:  # noqa: BLE001  # the last stop: what is not told here would be a silent end
        os.write(tell, json.dumps({"errno": 0, "text": repr(bug), "program": ""}).encode())
    finally:
        os._exit(127)


def _described(problem: OSError) -> Message:
    """`program` is filled where it is the program itself that cannot be executed."""
    if isinstance(problem, program.NotExecuted):
        return {"errno": problem.errno, "text": problem.strerror, "program": problem.filename}
    return {"errno": problem.errno or 0, "text": str(problem), "program": ""}


def _read(descriptor: int) -> Any:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, "rb", closefd=False) as file:
        return json.loads(file.read())


def main() -> None:
    """Arguments: the descriptors of two sockets, an empty folder, and the first of the host's users for containers, if
    there are.
    """
    control, calls = (socket.socket(fileno=int(word)) for word in sys.argv[1:3])
    for door in (control, calls):
        door.set_inheritable(False)
    base = int(sys.argv[4]) if len(sys.argv) > 4 else None
    users = None
    try:
        boot.reborn(base)
        users = None if base is None else boot.many_users()
        lacking = trial.lacking(sys.argv[3], users)
    except OSError as problem:
        lacking = trial.described("user namespaces", problem)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # drydock has gone
        if lacking:
            packets.send(control, json.dumps({"lacking": lacking}).encode(), [])
        else:
            Agent(control, calls, users).run()
