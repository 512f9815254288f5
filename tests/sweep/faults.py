"""What can go wrong between two messages of a run. All of it happens on the thread of the wire, which passes nothing on meanwhile."""
import threading
import time

from rooms import ROOMS, later
from wire import LINKS

FAULTS = (*(f"kill:{room}" for room in ROOMS), *(f"freeze:{room}" for room in ROOMS), *(f"hold:{link}" for link in LINKS), *(f"cut:{link}" for link in LINKS),
          "skip", "behind", "gone", "forbidden", "away", "slow", "burst", "die", "orphan", "late", "twice", "lost")
LONG_FAULTS = ("stall", "lag")  # of many seconds each: only by name
LATE_MS = 300
LASTS_S = {"freeze": 1.4, "stall": 12, "lag": 12, "hold": 0.3, "cut": 0.1, "behind": 0.3, "gone": 0.1, "forbidden": 0.3, "away": 0.3, "slow": 0.3,
           "burst": 0.4, "die": 0.2, "orphan": 4.2, "late": LATE_MS / 1000, "lost": LATE_MS / 1000}
LAG_S = 3.5  # longer than the resolver waits for an ACK


class Faults:
    """For a run, which has `point`, `rooms`, `wire`, `api` and `sink`. `hit`: it has happened; `over`: when it ends; `rush`: the steps that are left come at
    once, `pause_s` apart."""

    def after(self, n, link, kind):
        if self.point and n == self.point.after and not self.hit:
            what, _, which = self.point.fault.partition(":")
            seconds = LASTS_S.get(what, 0)
            self.hit, self.over = True, time.monotonic() + seconds
            getattr(self, what)(which, seconds)

    def kill(self, room, _):
        self.rooms.kill(room)

    def freeze(self, room, seconds):
        self.rooms.freeze(room, seconds)

    def stall(self, _, seconds):
        """The translator is frozen for longer than anybody waits for it, while the cluster goes on; then its answer is faster than its credit."""
        self.rooms.freeze("translator", seconds - 0.5)
        later(seconds - 1, lambda: later(1, self.wire.let_go, self.wire.hold("jobs")))
        self.rush.set()

    def hold(self, link, seconds):
        """The link stands still, and the others go on."""
        later(seconds, self.wire.let_go, self.wire.hold(link))

    def cut(self, link, seconds):
        self.wire.cut(link, seconds)

    def lag(self, *_):
        """Each ACK comes when its owner counts as lost already; that goes round for ever if a late one does not count."""
        self.wire.lag("state", LAG_S)
        self.rest_s = LAG_S + 1

    def skip(self, *_):
        """The watches are cut; what happens meanwhile is told by the newest event of each object alone."""
        self.api.skips = True
        self.api.drop()
        self.rush.set()

    def behind(self, _, seconds):
        """A new watcher meets a server that knows nothing of the last revisions; it catches up a moment later."""
        with self.api.changed:
            self.api.behind = max(self.api.version - 2, 101)
        self.rooms.kill("watcher")
        later(seconds, self.catch_up)

    def catch_up(self):
        with self.api.changed:
            self.api.behind = 0
            self.api.changed.notify_all()

    def gone(self, _, seconds):
        """What happens now is never told: the watches end with 410 in their middle."""
        self.api.mute = True
        self.rush.set()
        later(seconds, self.api.forget_what_was_muted)

    def forbidden(self, _, seconds):
        """All watches end, and for a moment nothing may be listed."""
        self.api.refuses = True
        self.api.drop()
        later(seconds, setattr, self.api, "refuses", False)

    def away(self, _, seconds):
        """The watcher is not there while all other steps happen."""
        self.rooms.kill("watcher", again_s=seconds)
        self.rush.set()

    def slow(self, _, seconds):
        """Values of Secrets are answered late, and the steps come while they are on their way."""
        self.api.late_s, self.pause_s = seconds, seconds / 3
        later(2 * seconds, setattr, self.api, "late_s", 0)
        self.rush.set()

    def burst(self, _, seconds):
        """The translator stands still while the steps come, one shortly after the other."""
        self.rooms.freeze("translator", seconds)
        self.pause_s = seconds / 10
        self.rush.set()

    def die(self, _, seconds):
        """The translator is killed with what it has in its hands."""
        self.rooms.freeze("translator", seconds)
        later(seconds / 2, self.rooms.kill, "translator")
        self.rush.set()

    def orphan(self, _, seconds):
        """The translator is killed, and what it had said comes when the next one has said more: after what nobody has acknowledged counts as lost."""
        held = self.wire.hold("configs")
        later(0.05, self.rooms.kill, "translator", again_s=seconds - 0.8)
        later(0.1, self.rush.set)
        later(seconds, self.wire.let_go, held)

    def late(self, *_):
        threading.Thread(target=self.sink.fault, args=("delay", "", 3), kwargs={"millis": LATE_MS}).start()

    def lost(self, *_):
        """Handled at once, and the answer comes late: everything about it may have changed by then."""
        threading.Thread(target=self.sink.fault, args=("lost", "Put", 3), kwargs={"millis": LATE_MS}).start()

    def twice(self, *_):
        threading.Thread(target=self.sink.fault, args=("twice", "Sync", 100)).start()
