"""Draws what a command shows on a terminal of 80 columns, as an SVG.

    pictures.py FILE [--until PATTERN [--type TEXT]]… -- COMMAND…

The picture is of the screen when the last PATTERN has come, and the command is
then interrupted; without one, of the screen when the command has ended. It is
text, in the colours of the reader's own light or dark page. scripts/pictures.sh
takes those of the README.
"""

import argparse
import fcntl
import html
import os
import pty
import re
import select
import shlex
import signal
import struct
import sys
import termios
import time

import pyte

COLUMNS, ROWS = 80, 200
PATIENCE = 60  # seconds without a sign of what is awaited
CELL, LINE, EDGE = 8.4, 18, 14  # pixels

# Names are those of a terminal's colours, "brown" being its yellow.
COLOURS = {
    "fore": ("#1f2328", "#e6edf3"),
    "back": ("#f6f8fa", "#0d1117"),
    "edge": ("#d0d7de", "#30363d"),
    "faint": ("#59636e", "#9198a1"),
    "red": ("#cf222e", "#ff7b72"),
    "green": ("#116329", "#3fb950"),
    "brown": ("#8a5a00", "#d29922"),
    "blue": ("#0550ae", "#79c0ff"),
    "magenta": ("#8250df", "#bc8cff"),
    "cyan": ("#1b7c83", "#39c5cf"),
}


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvp(command[0], command)

    def until(self, pattern):
        """Reads until the screen shows the pattern, or, without one, to the end."""
        deadline = time.monotonic() + PATIENCE
        while pattern is None or not re.search(pattern, "\n".join(self.screen.display)):
            if time.monotonic() > deadline:
                sys.exit(f"waited in vain for {pattern!r}:\n" + "\n".join(self.lines()))
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                read = os.read(self.fd, 65536)
            except OSError:  # the other end is closed
                read = b""
            if not read:
                if pattern is None:
                    return
                sys.exit(f"ended without {pattern!r}:\n" + "\n".join(self.lines()))
            self.stream.feed(read)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        os.kill(self.pid, signal.SIGINT)
        self.until(None)
        os.waitpid(self.pid, 0)

    def lines(self):
        """The lines up to the last that is not empty."""
        shown = [line.rstrip() for line in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown


def runs(row, length):
    """Takes a line apart into texts of one look, and where they begin."""
    begin = 0
    for at in range(1, length + 1):
        if at == length or look(row[at]) != look(row[begin]):
            yield begin, "".join(row[i].data for i in range(begin, at)), row[begin]
            begin = at


def look(char):
    return char.fg, char.bold, char.underscore


def draw(title, lines, screen):
    width = COLUMNS * CELL + 2 * EDGE
    height = (len(lines) + 2) * LINE + 2 * EDGE
    rules = {"light": [], "dark": []}
    for name, (light, dark) in COLOURS.items():
        rules["light"].append(f".{name}{{fill:{light}}}")
        rules["dark"].append(f".{name}{{fill:{dark}}}")
    light_edge, dark_edge = COLOURS["edge"]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f"<style>text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}.bold{{font-weight:bold}}.frame{{stroke:{light_edge}}}",
        "".join(rules["light"]),
        "@media(prefers-color-scheme:dark){.frame{stroke:" + dark_edge + "}" + "".join(rules["dark"]) + "}</style>",
        f'<rect class="back frame" x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="8"/>',
        text(0, 0, f"$ {title}", "faint"),
    ]
    for y, line in enumerate(lines):
        for x, words, char in runs(screen.buffer[y], len(line)):
            if words.strip():
                lead = len(words) - len(words.lstrip())
                colour = char.fg.removeprefix("bright") if char.fg != "default" else "fore"
                classes = (colour if colour in COLOURS else "faint") + (" bold" if char.bold else "")
                out.append(text(x + lead, y + 2, words.strip(), classes))
    return "\n".join(out) + "\n</svg>\n"


def text(x, y, words, classes):
    """Words at a place of the grid, as wide as they are on a terminal."""
    return (
        f'<text class="{classes}" x="{EDGE + x * CELL:g}" y="{EDGE + (y + 0.75) * LINE:g}"'
        f' textLength="{len(words) * CELL:g}" lengthAdjust="spacingAndGlyphs">{html.escape(words, quote=False)}</text>'
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--until", action="append", default=[])
    parser.add_argument("--type", action="append", default=[])
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()

    terminal = Terminal(args.command)
    for number, pattern in enumerate(args.until):
        terminal.until(pattern)
        if number < len(args.type):
            terminal.type(args.type[number])
    if not args.until:
        terminal.until(None)
    picture = draw(shlex.join([os.path.basename(args.command[0]), *args.command[1:]]), terminal.lines(), terminal.screen)
    with open(args.file, "w", encoding="utf-8") as out:
        out.write(picture)
    if args.until:
        terminal.end()


main()
