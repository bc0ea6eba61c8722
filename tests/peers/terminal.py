"""Runs a program on a terminal: `terminal.py LINES… -- PROGRAM…`. Each line is typed once `WAIT>` of it has been shown, and what the
terminal shows is printed at the end.

A line is `WAIT>TYPED`, with Python's escapes in it.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

arguments = sys.argv[1:]
split = arguments.index("--")
lines = [line.encode().decode("unicode_escape").encode("latin-1") for line in arguments[:split]]
process, terminal = pty.fork()
if process == 0:
    os.environ.update(TERM="xterm", PS1="ready$ ")
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.execvp(arguments[split + 1], arguments[split + 1 :])
shown, begin = b"", 0
while True:
    if lines:
        wait, _, typed = lines[0].partition(b">")
        found = shown.find(wait, begin)
        if found >= 0:
            begin = found + len(wait)
            os.write(terminal, typed)
            lines.pop(0)
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    shown += read
_, status = os.waitpid(process, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
