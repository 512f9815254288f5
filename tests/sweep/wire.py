"""The links between the rooms, through our hands: each message is counted, and something may happen between any two of them."""
import asyncio
import threading
import time

LINKS = ("objects", "jobs", "configs", "state")
GREETING = 64  # bytes of ZMTP's greeting, before the first frame
MORE, LONG, COMMAND = 1, 2, 4
NUMBERED = 0x94  # [type, seq, seen, body]; messages without a number have three items


class Connection:
    """One of a link, in both directions. While it is not free, what comes waits."""

    def __init__(self, link, ends):
        self.link, self.ends, self.free, self.was_held = link, ends, asyncio.Event(), False
        self.free.set()


class Wire:
    """A proxy before each link: rooms that connect find it at `folder`/LINK, those that bind stand in `behind`. `after(n, link, type)` is called
    when the n-th numbered message has passed, of all links in one row, and before anything else passes; what is below `what goes wrong` may be called there."""

    def __init__(self, folder, behind, after):
        self.folder, self.behind, self.after, self.n = folder, behind, after, 0
        self.open, self.lags, self.refused = set(), {}, {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.folder.mkdir(mode=0o700)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.serve(), self.loop).result(5)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def endpoints(self, *links):
        return [word for link in links for word in (f"--{link}-endpoint", f"ipc://{self.folder}/{link}")]

    async def serve(self):
        for link in LINKS:
            await asyncio.start_unix_server(lambda r, w, link=link: self.begin(link, r, w), self.folder / link)

    def begin(self, link, reader, writer):
        asyncio.ensure_future(self.connect(link, reader, writer))

    async def end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- what goes wrong ----

    def hold(self, link):
        """What is said on its connections waits, until it is let go; those that are made from now on are free. From any thread."""
        held = [c for c in list(self.open) if c.link == link]
        for connection in held:
            connection.was_held = True
            connection.free.clear()
        return held

    def let_go(self, held):
        """From any thread."""
        for connection in held if self.loop.is_running() else ():
            self.loop.call_soon_threadsafe(connection.free.set)

    def cut(self, link, seconds):
        """Its connections end, what is in them is lost, and for so long there are no others."""
        self.refused[link] = time.monotonic() + seconds
        for connection in [c for c in self.open if c.link == link]:
            for end in connection.ends:
                end.transport.abort()

    def lag(self, link, seconds):
        """What the end that binds says comes so much later, from now on."""
        self.lags[link] = seconds

    # ---- what passes ----

    async def connect(self, link, reader, writer):
        try:
            if time.monotonic() < self.refused.get(link, 0):
                raise ConnectionRefusedError
            far_reader, far_writer = await asyncio.open_unix_connection(self.behind / link)
        except OSError:  # nobody is there now
            writer.close()
            return
        connection = Connection(link, (writer, far_writer))
        self.open.add(connection)
        there = asyncio.ensure_future(self.pass_on(connection, reader, far_writer))
        back = asyncio.ensure_future(self.pass_on(connection, far_reader, writer, self.lags))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            if connection.was_held:  # who spoke may be dead; what it has said comes all the same
                await asyncio.wait((there,), timeout=5)
        except asyncio.CancelledError:  # all ends
            pass
        finally:
            self.open.discard(connection)
            for end in connection.ends:
                end.close()
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)

    async def pass_on(self, connection, reader, writer, lags=None):
        try:
            for _ in range(GREETING):  # each end waits for the beginning of the other's
                writer.write(await reader.readexactly(1))
            kind = None
            while True:
                head = await reader.readexactly(1)
                size = await reader.readexactly(8 if head[0] & LONG else 1)
                body = await reader.readexactly(int.from_bytes(size, "big"))
                await connection.free.wait()
                if writer.is_closing():
                    break
                ends = 0
                if not head[0] & COMMAND:
                    if kind is None:  # the first part says what it is
                        kind = body[1] if body[:1] == bytes([NUMBERED]) else 0
                    if not head[0] & MORE:
                        ends, kind = kind, None
                seconds = (lags or {}).get(connection.link)
                if seconds:
                    self.loop.call_later(seconds, self.write, connection.link, writer, head + size + body, ends)
                else:
                    self.write(connection.link, writer, head + size + body, ends)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    def write(self, link, writer, data, ends):
        """`ends`: the type of the message that this part ends, 0: none that is numbered."""
        if writer.is_closing():
            return
        writer.write(data)
        if ends:
            self.n += 1
            self.after(self.n, link, ends)
