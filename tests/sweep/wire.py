"""The links between the rooms, through our hands: each message is counted, and something may happen between any two of them."""
import asyncio
import threading

LINKS = ("objects", "jobs", "configs", "state")
GREETING = 64  # bytes of ZMTP's greeting, before the first frame
MORE, LONG, COMMAND = 1, 2, 4
NUMBERED = 0x94  # [type, seq, seen, body]; messages without a number have three items


class Wire:
    """A proxy before each link: rooms that connect find it at `folder`/LINK, those that bind stand in `behind`. `after(n, link, type)` is called
    when the n-th numbered message has passed, of all links in one row, and before anything else passes."""

    def __init__(self, folder, behind, after):
        self.folder, self.behind, self.after, self.n = folder, behind, after, 0
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

    async def connect(self, link, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self.behind / link)
        except OSError:  # nobody is there now
            writer.close()
            return
        ways = [asyncio.ensure_future(self.pass_on(link, a, b)) for a, b in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # all ends
            pass
        finally:
            for end in (writer, far_writer):
                end.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def pass_on(self, link, reader, writer):
        try:
            for _ in range(GREETING):  # each end waits for the beginning of the other's
                writer.write(await reader.readexactly(1))
            kind = None
            while True:
                head = await reader.readexactly(1)
                size = await reader.readexactly(8 if head[0] & LONG else 1)
                body = await reader.readexactly(int.from_bytes(size, "big"))
                if writer.is_closing():
                    break
                writer.write(head + size + body)
                if head[0] & COMMAND:
                    continue
                if kind is None:  # the first part says what it is
                    kind = body[1] if body[:1] == bytes([NUMBERED]) else 0
                if not head[0] & MORE:
                    if kind:
                        self.n += 1
                        self.after(self.n, link, kind)
                    kind = None
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
