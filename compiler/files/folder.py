"""A folder of results: what stands there, and writing into it so that nothing is lost."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from compiler.files import manifest
from compiler.files.manifest import Known
from compiler.files.parts import leftovers, parts, sweep, turn
from compiler.files.plan import Plan, Seen, candidates, planned
from dsl.text.counts import count

Wanted = Mapping[str, bytes | None]
"""Content by its path in the folder; None for what belongs there and stays as it is."""


class Refused(OSError):
    """What can't be done without losing what isn't ours; the message says all of it."""


def is_free(path: Path) -> bool:
    """Whether a new folder can be made there: nothing stands there, or an empty one."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


@dataclass(frozen=True)
class Folder:
    """A folder of results as it is found. Nothing outside it is read or written through it."""

    path: Path

    def __post_init__(self) -> None:
        """Raises `Refused` for a link: only `--out` itself may be one."""
        if why := _link(self.path):
            raise Refused(
                f"{self.path} is {why}, and nothing is written or removed behind it\n"
                "  = help: name the folder that it leads into with --out, or remove the link"
            )
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(self.path))

    @property
    def known(self) -> Known:
        """What the list says that we wrote; nothing where it is missing or was tampered with."""
        return manifest.read(self.see(manifest.NAME).data)

    def see(self, name: str) -> Seen:
        """What stands at a path of this folder."""
        path = self.path / name
        for above in reversed(path.relative_to(self.path).parents[:-1]):
            if obstacle := _no_folder(self.path / above):
                return Seen(obstacle=f"{self.path / above} is {obstacle}")
        if why := _link(path):
            return Seen(obstacle=f"it is {why}")
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return Seen()
        if not stat.S_ISREG(mode):
            return Seen(obstacle=f"it is {'a folder' if stat.S_ISDIR(mode) else 'no plain file'}")
        return Seen(path.read_bytes(), protected=not os.access(path, os.W_OK))

    def plan(self, wanted: Wanted, *, force: bool = False) -> Plan:
        """What a run does here; nothing is done yet."""
        known = self.known
        paths = [*wanted, *candidates(wanted, known)]
        plan = planned(wanted, {path: self.see(path) for path in paths}, known, force=force)
        there = self.see(manifest.NAME)
        if there.obstacle:
            plan.obstacles[manifest.NAME] = there.obstacle
        elif there.data and not manifest.replaceable(there.data) and not force:
            plan.refused[manifest.NAME] = "it isn't the compiler's list"
        return plan

    def abandoned(self, wanted: Wanted) -> list[Path]:
        """What killed runs left here."""
        return [path for folder in self._folders(wanted) for path in leftovers(folder)]

    def _folders(self, wanted: Wanted) -> list[Path]:
        """This folder and those below it that results go to; no links."""
        below = sorted({self.path / Path(name).parent for name in wanted} | {self.path})
        return [folder for folder in below if folder.is_dir() and not _no_folder(folder)]

    def refuse(self, plan: Plan) -> None:
        """Raise `Refused` where a plan can't be carried out without losing anything."""
        blocked = plan.obstacles or plan.refused
        if not blocked:
            return
        lines = [f"  {self.path / name}: {why}" for name, why in blocked.items()]
        help = "move it away" if len(lines) == 1 else "move them away"
        if not plan.obstacles:
            help = f"--force replaces what is named here; to keep it, {help}, or give another --out"
        whole = count(len(lines), "file")
        lines.insert(0, f"{whole} can't be written over, so nothing was written")
        raise Refused("\n".join([*lines, f"  = help: {help}"]))

    def put(self, wanted: Wanted, *, force: bool = False) -> Plan:
        """Make `wanted` stand here, all of it or nothing. Raises `Refused` and `OSError`.

        While files are being replaced, the list names the old content and the new, so that a run
        that is killed leaves nothing that the next one takes for somebody else's. Runs at the same
        time take turns, so that what stands here in the end is all of one.
        """
        with _made([self.path]), turn(self.path) as alone:
            return self._put(wanted, force=force, alone=alone)

    def _put(self, wanted: Wanted, *, force: bool, alone: bool) -> Plan:
        plan = self.plan(wanted, force=force)
        self.refuse(plan)
        for folder in self._folders(wanted):
            sweep(folder)
        target, there = self.path / manifest.NAME, self.see(manifest.NAME).data
        contents = [(self.path / name, data) for name, data in plan.write.items()]
        if contents or plan.remove:
            contents.insert(0, (target, manifest.written([*self.known.entries, *plan.entries])))
        if contents or not manifest.same(there, plan.entries):
            contents.append((target, manifest.written(plan.entries)))
        folders = {path.parent for path, _ in contents}
        with _made(folders), parts(contents, had=self.path if alone else None) as made:
            for part in made[:1]:
                part.put()
            for name in plan.remove:
                (self.path / name).unlink()
            for part in made[1:]:
                part.put()
        return plan


@contextmanager
def _made(folders: Iterable[Path]) -> Iterator[None]:
    """Make folders; those that are new and still empty go again where something fails."""
    new: list[Path] = []
    try:
        for folder in sorted(folders):
            new += [each for each in (*reversed(folder.parents), folder) if not each.exists()]
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in reversed(new):
            with suppress(OSError):
                folder.rmdir()
        raise


def _link(path: Path) -> str:
    """What a link is said to be; empty for anything else."""
    if path.is_symlink():
        return f"a link to {os.readlink(path)}"  # noqa: PTH115 - as it is written there.
    junction = sys.version_info >= (3, 12) and path.is_junction()
    return "a link to another folder" if junction else ""


def _no_folder(path: Path) -> str:
    """What stands where a folder should be; empty where one is, or nothing is yet."""
    if why := _link(path):
        return why
    return "not a folder" if path.exists() and not path.is_dir() else ""
